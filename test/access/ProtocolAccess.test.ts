import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { ProtocolAccess } from "../../.build/typechain";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { inOneBlock } from "../fees/fees.support";
import { deployProtocol, type Protocol } from "../../scripts/dev/world/protocol";
import { ADMIN_DELAY, PAYOUT_DELAY } from "../../scripts/dev/world/units";

const DEFAULT_ADMIN_ROLE = "DEFAULT_ADMIN_ROLE";
const GUARDIAN_ROLE = "GUARDIAN_ROLE";
const SALT = ethers.id("salt");

/** Who holds what after the deployment, and whose word grants it. The operational roles are those a guardian may suspend. */
const CONTRACTS = {
  registry: [
    { role: "REGISTRAR_ROLE", holder: "registrar", grantor: "admin", grantorRole: DEFAULT_ADMIN_ROLE },
    { role: "POOL_CREATOR_ROLE", holder: "poolCreator", grantor: "admin", grantorRole: DEFAULT_ADMIN_ROLE },
    { role: "PAYER_ROLE", holder: "payer", grantor: "admin", grantorRole: DEFAULT_ADMIN_ROLE },
  ],
  tokenManager: [
    { role: "OPERATOR_ROLE", holder: "operator", grantor: "admin", grantorRole: DEFAULT_ADMIN_ROLE },
    { role: "DEPLOYER_ROLE", holder: "launcher", grantor: "operator", grantorRole: "OPERATOR_ROLE" },
    { role: "DISTRIBUTOR_ROLE", holder: "distributor", grantor: "admin", grantorRole: DEFAULT_ADMIN_ROLE },
  ],
} as const;

/** Roles held by accounts, from the events alone. */
async function rolesFromEvents(contract: ProtocolAccess): Promise<string[]> {
  const granted = await contract.queryFilter(contract.filters.RoleGranted);
  const revoked = await contract.queryFilter(contract.filters.RoleRevoked);
  expect(revoked).to.have.length(0);
  return granted.map(({ args }) => `${args.role} ${args.account}`).sort();
}

for (const name of Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[]) {
  describe(`ProtocolAccess of ${name}`, () => {
    let protocol: Protocol;
    let contract: ProtocolAccess;
    let admin: HardhatEthersSigner;
    let guardian: HardhatEthersSigner;
    let alice: HardhatEthersSigner;

    beforeEach(async () => {
      protocol = await loadFixture(deployProtocol);
      contract = protocol[name] as unknown as ProtocolAccess;
      ({ admin, guardian, alice } = protocol);
    });

    const strangersTo = (...holders: HardhatEthersSigner[]) =>
      signersIn(protocol)
        .map(([, signer]) => signer)
        .filter((signer) => !holders.includes(signer));

    describe("given a new deployment", () => {
      it("A1: has the timelock as its only admin", async () => {
        expect(await contract.defaultAdmin()).to.equal(protocol.timelock);
        expect(await contract.owner()).to.equal(protocol.timelock);
        expect(await contract.defaultAdminDelay()).to.equal(ADMIN_DELAY);
      });

      it("A2: has granted exactly the declared roles, and none to the deploying key", async () => {
        const declared = [
          `${roleId(DEFAULT_ADMIN_ROLE)} ${admin.address}`,
          `${roleId(GUARDIAN_ROLE)} ${guardian.address}`,
          ...CONTRACTS[name].map(({ role, holder }) => `${roleId(role)} ${protocol[holder].address}`),
        ].sort();
        expect(await rolesFromEvents(contract)).to.deep.equal(declared);
        expect(declared.join()).to.not.contain(protocol.deployer.address);
      });

      it("publishes the ids of its roles", async () => {
        for (const role of [DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, ...CONTRACTS[name].map((row) => row.role)]) {
          expect(await contract.getFunction(role).staticCall()).to.equal(roleId(role));
        }
      });
    });

    for (const { role, holder, grantor, grantorRole } of CONTRACTS[name]) {
      describe(`when ${role} is granted or revoked`, () => {
        it(`lets the ${grantor} do both`, async () => {
          const sender = protocol[grantor];
          expect(await contract.getRoleAdmin(roleId(role))).to.equal(roleId(grantorRole));
          await expect(contract.connect(sender).grantRole(roleId(role), alice))
            .to.emit(contract, "RoleGranted")
            .withArgs(roleId(role), alice, sender);
          await expect(contract.connect(sender).revokeRole(roleId(role), alice))
            .to.emit(contract, "RoleRevoked")
            .withArgs(roleId(role), alice, sender);
          expect(await contract.hasRole(roleId(role), alice)).to.equal(false);
        });

        it("refuses everybody else", async () => {
          for (const stranger of strangersTo(protocol[grantor])) {
            for (const change of ["grantRole", "revokeRole"] as const) {
              await expect(contract.connect(stranger)[change](roleId(role), stranger))
                .to.be.revertedWithCustomError(contract, "AccessControlUnauthorizedAccount")
                .withArgs(stranger, roleId(grantorRole));
            }
          }
        });
      });

      describe(`when ${role} is suspended`, () => {
        it("lets the guardian revoke it from its holder, and the grantor grant it again", async () => {
          const account = protocol[holder];
          await expect(contract.connect(guardian).suspendRole(roleId(role), account))
            .to.emit(contract, "RoleRevoked")
            .withArgs(roleId(role), account, guardian);
          expect(await contract.hasRole(roleId(role), account)).to.equal(false);

          await contract.connect(protocol[grantor]).grantRole(roleId(role), account);
          expect(await contract.hasRole(roleId(role), account)).to.equal(true);
        });

        it("changes nothing for an account without the role", async () => {
          await expect(contract.connect(guardian).suspendRole(roleId(role), alice)).to.not.emit(
            contract,
            "RoleRevoked",
          );
          expect(await contract.hasRole(roleId(role), protocol[holder])).to.equal(true);
        });

        it("refuses everybody but the guardian", async () => {
          for (const stranger of strangersTo(guardian)) {
            await expect(contract.connect(stranger).suspendRole(roleId(role), protocol[holder]))
              .to.be.revertedWithCustomError(contract, "AccessControlUnauthorizedAccount")
              .withArgs(stranger, roleId(GUARDIAN_ROLE));
          }
        });
      });
    }

    describe("given a guardian that is a contract", () => {
      it("judges by the contract that calls, not by whoever signed the transaction", async () => {
        const { role, holder } = CONTRACTS[name][0];
        const wallet = await ethers.deployContract("ERC1271WalletMock");
        const suspend = (signer: HardhatEthersSigner) =>
          wallet
            .connect(signer)
            .execute(
              contract,
              contract.interface.encodeFunctionData("suspendRole", [roleId(role), protocol[holder].address]),
            );
        await expect(suspend(guardian))
          .to.be.revertedWithCustomError(contract, "AccessControlUnauthorizedAccount")
          .withArgs(wallet, roleId(GUARDIAN_ROLE));

        await contract.connect(admin).grantRole(roleId(GUARDIAN_ROLE), wallet);
        await expect(suspend(alice)).to.emit(contract, "RoleRevoked").withArgs(roleId(role), protocol[holder], wallet);
      });
    });

    describe("when a guardian acts against the admin or another guardian", () => {
      for (const role of [DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE]) {
        it(`refuses to suspend ${role}`, async () => {
          for (const account of [admin, guardian]) {
            await expect(contract.connect(guardian).suspendRole(roleId(role), account))
              .to.be.revertedWithCustomError(contract, "RoleNotSuspendable")
              .withArgs(roleId(role));
          }
        });
      }

      it("lets only the admin grant and revoke GUARDIAN_ROLE", async () => {
        for (const stranger of strangersTo(admin)) {
          for (const change of ["grantRole", "revokeRole"] as const) {
            await expect(contract.connect(stranger)[change](roleId(GUARDIAN_ROLE), guardian))
              .to.be.revertedWithCustomError(contract, "AccessControlUnauthorizedAccount")
              .withArgs(stranger, roleId(DEFAULT_ADMIN_ROLE));
          }
        }
        await contract.connect(admin).revokeRole(roleId(GUARDIAN_ROLE), guardian);
        expect(await contract.hasRole(roleId(GUARDIAN_ROLE), guardian)).to.equal(false);
      });
    });

    describe("when the admin changes", () => {
      /** Begins the transfer to alice; the second after which she may accept. */
      async function beginTransfer(): Promise<bigint> {
        const schedule = BigInt(await time.latest()) + 1n + ADMIN_DELAY;
        await time.setNextBlockTimestamp(schedule - ADMIN_DELAY);
        await expect(contract.connect(admin).beginDefaultAdminTransfer(alice))
          .to.emit(contract, "DefaultAdminTransferScheduled")
          .withArgs(alice, schedule);
        return schedule;
      }

      it("refuses zero as the next admin", async () => {
        await expect(contract.connect(admin).beginDefaultAdminTransfer(ethers.ZeroAddress))
          .to.be.revertedWithCustomError(contract, "AccessControlInvalidDefaultAdmin")
          .withArgs(ethers.ZeroAddress);
        expect(await contract.pendingDefaultAdmin()).to.deep.equal([ethers.ZeroAddress, 0n]);
      });

      it("refuses to let the admin renounce, with and without a pending transfer", async () => {
        const renounce = () => contract.connect(admin).renounceRole(roleId(DEFAULT_ADMIN_ROLE), admin);
        await expect(renounce())
          .to.be.revertedWithCustomError(contract, "AccessControlEnforcedDefaultAdminDelay")
          .withArgs(0);
        const schedule = await beginTransfer();
        await time.increaseTo(schedule + 1n);
        await expect(renounce())
          .to.be.revertedWithCustomError(contract, "AccessControlEnforcedDefaultAdminDelay")
          .withArgs(schedule);
        expect(await contract.defaultAdmin()).to.equal(admin);
      });

      it("refuses to grant or revoke the admin's role directly", async () => {
        for (const change of ["grantRole", "revokeRole"] as const) {
          await expect(
            contract.connect(admin)[change](roleId(DEFAULT_ADMIN_ROLE), alice),
          ).to.be.revertedWithCustomError(contract, "AccessControlEnforcedDefaultAdminRules");
        }
      });

      it("completes only when the new admin accepts after the delay", async () => {
        const schedule = await beginTransfer();
        await time.setNextBlockTimestamp(schedule);
        await expect(contract.connect(alice).acceptDefaultAdminTransfer())
          .to.be.revertedWithCustomError(contract, "AccessControlEnforcedDefaultAdminDelay")
          .withArgs(schedule);
        expect(await contract.defaultAdmin()).to.equal(admin);

        await time.setNextBlockTimestamp(schedule + 1n);
        await contract.connect(alice).acceptDefaultAdminTransfer();
        expect(await contract.defaultAdmin()).to.equal(alice);
        expect(await contract.hasRole(roleId(DEFAULT_ADMIN_ROLE), admin)).to.equal(false);
      });

      it("refuses acceptance by anybody but the new admin", async () => {
        const schedule = await beginTransfer();
        await time.increaseTo(schedule + 1n);
        for (const stranger of strangersTo(alice)) {
          await expect(contract.connect(stranger).acceptDefaultAdminTransfer())
            .to.be.revertedWithCustomError(contract, "AccessControlInvalidDefaultAdmin")
            .withArgs(stranger);
        }
      });

      it("lets the admin cancel the transfer", async () => {
        const schedule = await beginTransfer();
        await expect(contract.connect(admin).cancelDefaultAdminTransfer()).to.emit(
          contract,
          "DefaultAdminTransferCanceled",
        );
        await time.increaseTo(schedule + 1n);
        await expect(contract.connect(alice).acceptDefaultAdminTransfer())
          .to.be.revertedWithCustomError(contract, "AccessControlInvalidDefaultAdmin")
          .withArgs(alice);
      });

      it("lets nobody but the admin begin or cancel a transfer or change the delay", async () => {
        for (const stranger of strangersTo(admin)) {
          const asStranger = contract.connect(stranger);
          for (const call of [
            () => asStranger.beginDefaultAdminTransfer(stranger),
            () => asStranger.cancelDefaultAdminTransfer(),
            () => asStranger.changeDefaultAdminDelay(0),
            () => asStranger.rollbackDefaultAdminDelay(),
          ]) {
            await expect(call())
              .to.be.revertedWithCustomError(contract, "AccessControlUnauthorizedAccount")
              .withArgs(stranger, roleId(DEFAULT_ADMIN_ROLE));
          }
        }
      });
    });

    describe("when the multisig acts through the timelock", () => {
      it("A3: grants a role only after the delay", async () => {
        const { timelock, multisig } = protocol;
        const operation = [
          await contract.getAddress(),
          0n,
          contract.interface.encodeFunctionData("grantRole", [roleId(GUARDIAN_ROLE), alice.address]),
          ethers.ZeroHash,
          SALT,
        ] as const;
        await timelock.connect(multisig).schedule(...operation, ADMIN_DELAY);
        const ready = BigInt(await time.latest()) + ADMIN_DELAY;

        await time.setNextBlockTimestamp(ready - 1n);
        await expect(timelock.connect(multisig).execute(...operation)).to.be.revertedWithCustomError(
          timelock,
          "TimelockUnexpectedOperationState",
        );
        expect(await contract.hasRole(roleId(GUARDIAN_ROLE), alice)).to.equal(false);

        await time.setNextBlockTimestamp(ready);
        await timelock.connect(multisig).execute(...operation);
        expect(await contract.hasRole(roleId(GUARDIAN_ROLE), alice)).to.equal(true);
      });
    });
  });
}

describe("ProtocolAccess of tokenManager, when a deployer of models is suspended", () => {
  const DEPLOYER_ROLE = roleId("DEPLOYER_ROLE");
  const OPERATOR_ROLE = roleId("OPERATOR_ROLE");

  it("A3: lets an operator, but not the admin, give the role back in the same block", async () => {
    const { tokenManager, admin, guardian, operator, launcher } = await loadFixture(deployProtocol);
    await inOneBlock(
      () => tokenManager.connect(guardian).suspendRole(DEPLOYER_ROLE, launcher),
      () => tokenManager.connect(operator).grantRole(DEPLOYER_ROLE, launcher, { gasLimit: 100_000 }),
    );
    const [revoked, granted] = await Promise.all([
      tokenManager.queryFilter(tokenManager.filters.RoleRevoked(DEPLOYER_ROLE, launcher)),
      tokenManager.queryFilter(tokenManager.filters.RoleGranted(DEPLOYER_ROLE, launcher, operator)),
    ]);
    expect(granted.map(({ blockNumber }) => blockNumber)).to.deep.equal(revoked.map(({ blockNumber }) => blockNumber));
    expect(revoked).to.have.length(1);
    expect(await tokenManager.hasRole(DEPLOYER_ROLE, launcher)).to.equal(true);

    await tokenManager.connect(guardian).suspendRole(DEPLOYER_ROLE, launcher);
    await expect(tokenManager.connect(admin).grantRole(DEPLOYER_ROLE, launcher))
      .to.be.revertedWithCustomError(tokenManager, "AccessControlUnauthorizedAccount")
      .withArgs(admin, OPERATOR_ROLE);
  });

  it("refuses an operator that has been suspended too", async () => {
    const { tokenManager, guardian, operator, launcher } = await loadFixture(deployProtocol);
    await tokenManager.connect(guardian).suspendRole(OPERATOR_ROLE, operator);
    await tokenManager.connect(guardian).suspendRole(DEPLOYER_ROLE, launcher);
    await expect(tokenManager.connect(operator).grantRole(DEPLOYER_ROLE, launcher))
      .to.be.revertedWithCustomError(tokenManager, "AccessControlUnauthorizedAccount")
      .withArgs(operator, OPERATOR_ROLE);
    expect(await tokenManager.hasRole(DEPLOYER_ROLE, launcher)).to.equal(false);
  });
});

describe("ProtocolAccess constructor", () => {
  it("refuses zero as the admin", async () => {
    const { wirer } = await loadFixture(deployProtocol);
    const factory = await ethers.getContractFactory("ModelRegistry");
    await expect(factory.deploy(ADMIN_DELAY, ethers.ZeroAddress, [], [], [], [], wirer, PAYOUT_DELAY))
      .to.be.revertedWithCustomError(factory, "AccessControlInvalidDefaultAdmin")
      .withArgs(ethers.ZeroAddress);
  });

  it("grants GUARDIAN_ROLE to each guardian", async () => {
    const { admin, wirer, alice, bob } = await loadFixture(deployProtocol);
    const registry = await ethers.deployContract("ModelRegistry", [
      ADMIN_DELAY,
      admin,
      [alice, bob],
      [],
      [],
      [],
      wirer,
      PAYOUT_DELAY,
    ]);
    for (const guardian of [alice, bob]) {
      expect(await registry.hasRole(roleId(GUARDIAN_ROLE), guardian)).to.equal(true);
    }
  });
});
