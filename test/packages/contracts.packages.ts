// Contracts of others against the interfaces, as docs/integrating.md shows them.

import { expect } from "chai";
import { join } from "node:path";
import {
  documented,
  lend,
  localChain,
  OPENZEPPELIN,
  packed,
  projectWith,
  ROOT,
  SPENT,
  succeed,
  write,
  type Chain,
} from "./support";

/** The compiler that the repository has, where a project would download the same version. */
const COMPILER = `
const { subtask } = require("hardhat/config");
const solc = ${JSON.stringify(join(ROOT, "node_modules/solc/soljson.js"))};
subtask("compile:solidity:solc:get-build", async () => ({
  compilerPath: solc, isSolcJs: true, version: "0.8.30", longVersion: "0.8.30+commit.73712a01",
}));
`;

const FORGE = require.resolve(
  `@foundry-rs/forge-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/forge`,
);

/** The key of the fifth development account. */
const KEY = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";

describe("contract that uses the packages @uninstrumented", () => {
  let folder: string;
  let chain: Chain;
  let env: Record<string, string>;

  before(async () => {
    folder = await projectWith((await packed()).protocol, OPENZEPPELIN);
    write(folder, { "contracts/Buyer.sol": documented("Buyer.sol") });
    chain = await localChain();
    env = { URL: chain.url, POOL: await chain.pool.getAddress() };
  });

  /** What an account of the chain gets of a purchase. */
  async function gainOf(index: number, purchase: () => Promise<unknown>) {
    const account = (await chain.provider.listAccounts())[index]!.address;
    const before = await chain.balanceOf(account);
    const quoted = await chain.pool.quoteBuy(SPENT);
    await purchase();
    return { quoted, gained: (await chain.balanceOf(account)) - before };
  }

  it("compiles in a Hardhat project, and trades at the quote", async () => {
    lend(folder, "hardhat", "@nomicfoundation/hardhat-ethers", "ethers");
    write(folder, {
      "hardhat.config.cjs": `${documented("hardhat.config.cjs")}${COMPILER}`,
      "buy.cjs": documented("buy.cjs"),
    });

    const { quoted, gained } = await gainOf(3, () =>
      succeed(
        folder,
        process.execPath,
        ["node_modules/hardhat/internal/cli/bootstrap.js", "run", "buy.cjs", "--network", "local"],
        env,
      ),
    );

    expect(gained).to.equal(quoted);
  });

  it("compiles in a forge project, and trades at the quote", async () => {
    write(folder, { "foundry.toml": documented("foundry.toml"), "Buy.s.sol": documented("Buy.s.sol") });
    const args = ["script", "Buy.s.sol", "--rpc-url", chain.url, "--private-key", KEY, "--broadcast"];
    const offline = { FOUNDRY_SOLC: join(ROOT, "scripts/dev/solc.mjs"), FOUNDRY_OFFLINE: "true" };

    const { quoted, gained } = await gainOf(4, () => succeed(folder, FORGE, args, { ...env, ...offline }));

    expect(gained).to.equal(quoted);
  });
});
