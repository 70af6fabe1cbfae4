import { ethers } from "hardhat";
import { namedSigners } from "../../scripts/dev/world/protocol";
import { TOKEN } from "../../scripts/dev/world/units";

/** Constructor arguments of the fixtures' token. */
export const TOKEN_ARGUMENTS = {
  name: "Sentiment Model",
  symbol: "SENT",
  supplierAllocation: 400_000n * TOKEN,
  investorAllocation: 600_000n * TOKEN,
  rewardAllocation: 10_000_000n * TOKEN,
};

/** A token alone; `tokenManager` is a key. */
export type TokenContext = Awaited<ReturnType<typeof deployToken>>;

/** A token before it has a pool. */
export async function deployToken() {
  const { launcher: tokenManager, poolCreator: pool, supplier, alice, bob, mallory } = await namedSigners();
  const token = await ethers.deployContract(
    "ModelToken",
    [
      TOKEN_ARGUMENTS.name,
      TOKEN_ARGUMENTS.symbol,
      supplier,
      TOKEN_ARGUMENTS.supplierAllocation,
      TOKEN_ARGUMENTS.investorAllocation,
      TOKEN_ARGUMENTS.rewardAllocation,
    ],
    tokenManager,
  );
  return { tokenManager, pool, supplier, alice, bob, mallory, token };
}

/** A token whose pool is a key. */
export async function deployTokenWithPool() {
  const context = await deployToken();
  await context.token.connect(context.tokenManager).setPool(context.pool);
  return context;
}
