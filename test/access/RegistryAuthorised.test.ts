import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { anyValue } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { roleId, signersIn } from "../helpers/guarded.behavior";
import { deployProtocol, launchModel } from "../helpers/protocol";

const OTHER = ethers.getAddress(ethers.toBeHex(1, 20));

/** The protocol as it is shipped, with a model that has a pool. */
async function launched() {
  const protocol = await deployProtocol();
  const oracleAttestation = await ethers.getContractAt("OracleAttestation", protocol.method.address);
  return { ...protocol, oracleAttestation, launch: await launchModel(protocol) };
}

type Context = Awaited<ReturnType<typeof launched>>;

/** A function for each role that a contract asks the registry for, and who holds the role after the deployment. */
const ASKED = [
  {
    contract: "factory",
    role: "POOL_CREATOR_ROLE",
    holder: "poolCreator",
    // The role is checked first, so that a holder meets the next refusal.
    call: ({ factory, launch }: Context, sender: HardhatEthersSigner) =>
      factory.connect(sender).createPool(launch.modelId, launch.token),
    next: "PoolAlreadyExists",
  },
  {
    contract: "factory",
    role: "GUARDIAN_ROLE",
    holder: "guardian",
    call: ({ factory, launch }: Context, sender: HardhatEthersSigner) =>
      factory.connect(sender).pauseBuys(launch.id, 1n),
  },
  {
    contract: "factory",
    role: "DEFAULT_ADMIN_ROLE",
    holder: "admin",
    call: ({ factory }: Context, sender: HardhatEthersSigner) => factory.connect(sender).setTreasury(OTHER),
  },
  {
    contract: "infrastructureReserve",
    role: "PAYER_ROLE",
    holder: "payer",
    call: ({ infrastructureReserve }: Context, sender: HardhatEthersSigner) =>
      infrastructureReserve.connect(sender).payMany([]),
  },
  {
    contract: "infrastructureReserve",
    role: "DEFAULT_ADMIN_ROLE",
    holder: "admin",
    call: ({ infrastructureReserve, reserveToken }: Context, sender: HardhatEthersSigner) =>
      infrastructureReserve.connect(sender).rescueSurplus(reserveToken, OTHER, 0n),
  },
  {
    contract: "oracleAttestation",
    role: "DEFAULT_ADMIN_ROLE",
    holder: "admin",
    call: ({ oracleAttestation }: Context, sender: HardhatEthersSigner) =>
      oracleAttestation.connect(sender).addAttester(OTHER),
  },
] as const;

describe("RegistryAuthorised", () => {
  let context: Context;

  beforeEach(async () => {
    context = await loadFixture(launched);
  });

  for (const { contract, role, holder, call, ...more } of ASKED) {
    describe(`${contract}, what ${role} may`, () => {
      const expectLetThrough = async (sender: HardhatEthersSigner) => {
        if ("next" in more)
          await expect(call(context, sender)).to.be.revertedWithCustomError(context[contract], more.next);
        else await expect(call(context, sender)).to.not.be.reverted;
      };
      const expectRefused = (sender: HardhatEthersSigner) =>
        expect(call(context, sender))
          .to.be.revertedWithCustomError(context[contract], "AccessControlUnauthorizedAccount")
          .withArgs(sender, roleId(role));

      it("is for the registry's holder alone", async () => {
        for (const [name, sender] of signersIn(context)) {
          if (name !== holder) await expectRefused(sender);
        }
        await expectLetThrough(context[holder]);
      });

      it("is not for who holds the role in the TokenManager", async () => {
        const { tokenManager, admin, alice } = context;
        if (role === "DEFAULT_ADMIN_ROLE") {
          await tokenManager.connect(admin).beginDefaultAdminTransfer(alice);
          await ethers.provider.send("evm_increaseTime", [Number(await tokenManager.defaultAdminDelay()) + 1]);
          await tokenManager.connect(alice).acceptDefaultAdminTransfer();
        } else {
          await tokenManager.connect(admin).grantRole(roleId(role), alice);
        }
        expect(await tokenManager.hasRole(roleId(role), alice)).to.equal(true);
        await expectRefused(alice);
      });

      it("begins and ends with the registry's word, at once", async () => {
        const { registry, admin, guardian, alice } = context;
        if (role === "DEFAULT_ADMIN_ROLE") {
          await registry.connect(admin).beginDefaultAdminTransfer(alice);
          await ethers.provider.send("evm_increaseTime", [Number(await registry.defaultAdminDelay()) + 1]);
          await registry.connect(alice).acceptDefaultAdminTransfer();
          await expectRefused(admin);
          await expectLetThrough(alice);
          return;
        }
        await registry.connect(admin).grantRole(roleId(role), alice);
        await expectLetThrough(alice);
        if (role === "GUARDIAN_ROLE") await registry.connect(admin).revokeRole(roleId(role), alice);
        else await registry.connect(guardian).suspendRole(roleId(role), alice);
        await expectRefused(alice);
      });
    });
  }

  it("asks for the account that calls, not for the one that signed the transaction", async () => {
    const { registry, factory, admin, guardian, launch } = context;
    const caller = await ethers.deployContract("TimelockController", [0, [guardian], [guardian], ethers.ZeroAddress]);
    const pause = factory.interface.encodeFunctionData("pauseBuys", [launch.id, 1n]);
    const operation = [factory, 0, pause, ethers.ZeroHash, ethers.ZeroHash] as const;
    await caller.connect(guardian).schedule(...operation, 0);
    const execute = () => caller.connect(guardian).execute(...operation);
    await expect(execute())
      .to.be.revertedWithCustomError(factory, "AccessControlUnauthorizedAccount")
      .withArgs(caller, roleId("GUARDIAN_ROLE"));

    await registry.connect(admin).grantRole(roleId("GUARDIAN_ROLE"), caller);
    await registry.connect(admin).revokeRole(roleId("GUARDIAN_ROLE"), guardian);
    await expect(execute()).to.emit(factory, "BuysPaused").withArgs(launch.id, anyValue, caller);
  });

  it("publishes the ids of the roles where they are asked for, as the registry has them", async () => {
    const { registry, factory, infrastructureReserve } = context;
    expect(await factory.POOL_CREATOR_ROLE()).to.equal(await registry.POOL_CREATOR_ROLE());
    expect(await infrastructureReserve.PAYER_ROLE()).to.equal(await registry.PAYER_ROLE());
  });

  it("has no roles of its own: nothing of OpenZeppelin's is in the ABI but the error", async () => {
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

  it("needs a registry", async () => {
    const factory = await ethers.getContractFactory("OracleAttestation");
    await expect(factory.deploy(ethers.ZeroAddress, [OTHER], 1)).to.be.revertedWithCustomError(factory, "ZeroAddress");
  });
});
