import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { roleId } from "../helpers/guarded.behavior";
import { DAY, MAX_UINT256, USDC } from "../../scripts/dev/world/units";
import { protocolInUse, type World } from "./authority.fixture";

const LONGEST_PAUSE = 7n * DAY;

/** Everything that a guardian can stop or take away, done. */
async function pausedEverywhere() {
  const world = await protocolInUse();
  const { registry, tokenManager, factory, infrastructureReserve, oracleAttestation, model, keys, payee } = world;
  await factory.connect(keys.guardian).pauseBuys(model.id, LONGEST_PAUSE);
  await tokenManager.connect(keys.guardian).pauseLaunches(LONGEST_PAUSE);
  await registry.connect(keys.guardian).pauseSubmissions(LONGEST_PAUSE);
  await oracleAttestation.connect(keys.guardian).removeAttester(world.attesters[2]!);
  await infrastructureReserve.connect(keys.guardian).revokePayee(model.id, payee);
  for (const [contract, role, holder] of [
    [registry, "REGISTRAR_ROLE", keys.registrar],
    [tokenManager, "OPERATOR_ROLE", keys.operator],
    [tokenManager, "DEPLOYER_ROLE", keys.launcher],
    [tokenManager, "DISTRIBUTOR_ROLE", keys.distributor],
    [registry, "POOL_CREATOR_ROLE", keys.poolCreator],
    [registry, "PAYER_ROLE", keys.payer],
  ] as const) {
    await contract.connect(keys.guardian).suspendRole(roleId(role), holder);
    expect(await contract.hasRole(roleId(role), holder)).to.equal(false);
  }
  return world;
}

describe("the protocol, after a guardian has paused and revoked everything", () => {
  let world: World;

  beforeEach(async () => {
    world = await loadFixture(pausedEverywhere);
  });

  it("refuses buys", async () => {
    const { pool, holder } = world;
    await expect(pool.connect(holder).buy(USDC, 0, holder, MAX_UINT256))
      .to.be.revertedWithCustomError(pool, "Paused")
      .withArgs(await pool.buysPausedUntil());
  });

  it("P9: lets every holder sell everything", async () => {
    const { pool, model, usdc, holder, keys } = world;
    for (const seller of [holder, keys.attacker]) {
      const tokens = await model.token.balanceOf(seller);
      expect(tokens).to.be.greaterThan(0);
      const before = await usdc.balanceOf(seller);
      await pool.connect(seller).sell(tokens, 0, seller, MAX_UINT256);
      expect(await model.token.balanceOf(seller)).to.equal(0);
      expect(await usdc.balanceOf(seller)).to.be.greaterThan(before);
    }
    expect(await model.token.totalSupply()).to.equal(0);
    await expect(pool.collectFees()).to.emit(pool, "FeesCollected");
    await expect(world.feeRouter.connect(holder).depositFee(model.id, USDC)).to.emit(world.feeRouter, "FeeDeposited");
  });
});

describe("the admin of the registry and of the token manager", () => {
  it("can neither be set to zero nor renounce", async () => {
    const { registry, tokenManager, keys } = await loadFixture(protocolInUse);
    for (const contract of [registry, tokenManager]) {
      const asAdmin = contract.connect(keys.admin);
      await expect(asAdmin.beginDefaultAdminTransfer(ZeroAddress))
        .to.be.revertedWithCustomError(contract, "AccessControlInvalidDefaultAdmin")
        .withArgs(ZeroAddress);
      await expect(asAdmin.renounceRole(roleId("DEFAULT_ADMIN_ROLE"), keys.admin))
        .to.be.revertedWithCustomError(contract, "AccessControlEnforcedDefaultAdminDelay")
        .withArgs(0);
      expect(await contract.defaultAdmin()).to.equal(keys.admin);
    }
  });
});
