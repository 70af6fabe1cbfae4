import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Addressable } from "ethers";
import { ethers } from "hardhat";
import type { ERC1271WalletMock } from "../../.build/typechain";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { deployProtocol, launchModel } from "../../scripts/dev/world/protocol";
import { DAY } from "../../scripts/dev/world/units";

const OTHER = ethers.getAddress(ethers.toBeHex(1, 20));

/** The protocol as it is shipped, with a model that has a pool. */
async function launched() {
  const protocol = await deployProtocol();
  const oracleAttestation = await ethers.getContractAt("OracleAttestation", protocol.method.address);
  return { ...protocol, oracleAttestation, launch: await launchModel(protocol) };
}

type Context = Awaited<ReturnType<typeof launched>>;

/** A call for each role that a contract asks the registry for, and who holds the role after the deployment. */
const ASKED = [
  {
    contract: "factory",
    role: "POOL_CREATOR_ROLE",
    holder: "poolCreator",
    // The role is checked first, so that a holder meets the next refusal.
    call: ({ factory, launch }: Context) => factory.createPool.populateTransaction(launch.modelId, launch.token),
    next: "PoolAlreadyExists",
  },
  {
    contract: "factory",
    role: "GUARDIAN_ROLE",
    holder: "guardian",
    call: ({ factory, launch }: Context) => factory.pauseBuys.populateTransaction(launch.id, DAY),
  },
  {
    contract: "factory",
    role: "DEFAULT_ADMIN_ROLE",
    holder: "admin",
    call: ({ factory }: Context) => factory.setTreasury.populateTransaction(OTHER),
  },
  {
    contract: "infrastructureReserve",
    role: "PAYER_ROLE",
    holder: "payer",
    call: ({ infrastructureReserve }: Context) => infrastructureReserve.payMany.populateTransaction([]),
  },
  {
    contract: "infrastructureReserve",
    role: "DEFAULT_ADMIN_ROLE",
    holder: "admin",
    call: ({ infrastructureReserve, reserveToken }: Context) =>
      infrastructureReserve.rescueSurplus.populateTransaction(reserveToken, OTHER, 0n),
  },
  {
    contract: "oracleAttestation",
    role: "DEFAULT_ADMIN_ROLE",
    holder: "admin",
    call: ({ oracleAttestation }: Context) => oracleAttestation.addAttester.populateTransaction(OTHER),
  },
] as const;

describe("RegistryAuthorised", () => {
  let context: Context;

  beforeEach(async () => {
    context = await loadFixture(launched);
  });

  for (const { contract, role, holder, call, ...more } of ASKED) {
    describe(`${contract}, when a function requires ${role}`, () => {
      const send = async (sender: HardhatEthersSigner) => sender.sendTransaction(await call(context));

      /** Anybody tells the contract to call. */
      const sendBy = async (wallet: ERC1271WalletMock, signer: HardhatEthersSigner) => {
        const { to, data } = await call(context);
        return wallet.connect(signer).execute(to, data);
      };

      const expectLetThrough = async (transaction: Promise<unknown>) => {
        if ("next" in more) {
          const { launch } = context;
          await expect(transaction)
            .to.be.revertedWithCustomError(context[contract], more.next)
            .withArgs(launch.id, launch.pool);
        } else await expect(transaction).to.not.be.reverted;
      };
      const expectRefused = (transaction: Promise<unknown>, caller: Addressable) =>
        expect(transaction)
          .to.be.revertedWithCustomError(context[contract], "AccessControlUnauthorizedAccount")
          .withArgs(caller, roleId(role));

      it("lets only the holder of the role in the registry call", async () => {
        for (const [name, sender] of signersIn(context)) {
          if (name !== holder) await expectRefused(send(sender), sender);
        }
        await expectLetThrough(send(context[holder]));
      });

      it("refuses an account that holds the role only in the TokenManager", async () => {
        const { tokenManager, admin, alice } = context;
        if (role === "DEFAULT_ADMIN_ROLE") {
          await tokenManager.connect(admin).beginDefaultAdminTransfer(alice);
          await ethers.provider.send("evm_increaseTime", [Number(await tokenManager.defaultAdminDelay()) + 1]);
          await tokenManager.connect(alice).acceptDefaultAdminTransfer();
        } else {
          await tokenManager.connect(admin).grantRole(roleId(role), alice);
        }
        expect(await tokenManager.hasRole(roleId(role), alice)).to.equal(true);
        await expectRefused(send(alice), alice);
      });

      it("follows changes of the role in the registry at once", async () => {
        const { registry, admin, guardian, alice } = context;
        if (role === "DEFAULT_ADMIN_ROLE") {
          await registry.connect(admin).beginDefaultAdminTransfer(alice);
          await ethers.provider.send("evm_increaseTime", [Number(await registry.defaultAdminDelay()) + 1]);
          await registry.connect(alice).acceptDefaultAdminTransfer();
          await expectRefused(send(admin), admin);
          await expectLetThrough(send(alice));
          return;
        }
        await registry.connect(admin).grantRole(roleId(role), alice);
        await expectLetThrough(send(alice));
        if (role === "GUARDIAN_ROLE") await registry.connect(admin).revokeRole(roleId(role), alice);
        else await registry.connect(guardian).suspendRole(roleId(role), alice);
        await expectRefused(send(alice), alice);
      });

      it("judges by the account or contract that calls, not by whoever signed the transaction", async () => {
        const { registry, admin, mallory } = context;
        const wallet = await ethers.deployContract("ERC1271WalletMock");
        await expectRefused(sendBy(wallet, context[holder]), wallet);
        if (role === "DEFAULT_ADMIN_ROLE") return;

        await registry.connect(admin).grantRole(roleId(role), wallet);
        await expectLetThrough(sendBy(wallet, mallory));
      });
    });
  }

  it("publishes the same role ids as the registry", async () => {
    const { registry, factory, infrastructureReserve } = context;
    expect(await factory.POOL_CREATOR_ROLE()).to.equal(await registry.POOL_CREATOR_ROLE());
    expect(await infrastructureReserve.PAYER_ROLE()).to.equal(await registry.PAYER_ROLE());
  });

  it("has only the error for a missing role in its ABI, and no functions that manage roles", async () => {
    const access = (await ethers.getContractFactory("ModelRegistry")).interface;
    for (const contract of ["factory", "infrastructureReserve", "oracleAttestation"] as const) {
      const { interface: own } = context[contract];
      for (const name of ["hasRole", "grantRole", "defaultAdmin", "suspendRole"]) {
        expect(access.hasFunction(name)).to.equal(true);
        expect(own.hasFunction(name), `${contract}.${name}`).to.equal(false);
      }
      expect(own.getError("AccessControlUnauthorizedAccount")).to.not.equal(null);
    }
  });

  it("refuses zero as the registry", async () => {
    const factory = await ethers.getContractFactory("OracleAttestation");
    await expect(factory.deploy(ethers.ZeroAddress, [OTHER], 1))
      .to.be.revertedWithCustomError(factory, "ZeroAddress")
      .withArgs();
  });
});
