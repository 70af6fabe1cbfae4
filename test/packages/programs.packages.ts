// Programs on the library, as docs/integrating.md shows them.

import { expect } from "chai";
import { basename } from "node:path";
import { priceImpact } from "../../sdk/client/trade";
import type { PerformanceReport } from "../../sdk/tracking/tracker";
import {
  documented,
  ETHERS,
  lend,
  localChain,
  packed,
  projectWith,
  run,
  scoreOf,
  SPENT,
  succeed,
  write,
  type Chain,
} from "./support";

/** As strict as a compiler can be, declarations of packages included. */
const STRICT = {
  compilerOptions: {
    ...{ target: "es2022", module: "nodenext", strict: true, skipLibCheck: false, types: ["node"] },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  },
  files: ["trade.ts"],
};

describe("program that uses the packages @uninstrumented", () => {
  let folder: string;
  let chain: Chain;

  before(async () => {
    const { protocol, sdk } = await packed();
    folder = await projectWith(protocol, sdk, ETHERS);
    chain = await localChain();
  });

  /** Whom a number of the chain's accounts belongs to, what its purchase will give, and what it has then. */
  async function buyer(index: number) {
    const account = (await chain.provider.listAccounts())[index]!.address;
    const before = await chain.balanceOf(account);
    const tokens = await chain.pool.quoteBuy(SPENT);
    const impact = priceImpact(SPENT, tokens, await chain.pool.spotPrice());
    return { tokens, impact, gained: async () => (await chain.balanceOf(account)) - before };
  }

  it("installs nothing except the library, ethers and the protocol's package", async () => {
    const listed = JSON.parse(await succeed(folder, "npm", ["ls", "--json"])) as { dependencies: object };

    expect(Object.keys(listed.dependencies).sort()).to.deep.equal(["@hokusai/sdk", "ethers", "hokusai-contracts"]);
  });

  it("compiles in TypeScript as an ES module, quotes, trades and replays", async () => {
    lend(folder, "typescript");
    write(folder, {
      "package.json": JSON.stringify({ private: true, type: "module" }),
      "tsconfig.json": JSON.stringify(STRICT),
      "trade.ts": documented("trade.ts"),
    });
    await succeed(folder, process.execPath, ["node_modules/typescript/bin/tsc"]);
    const { tokens, impact, gained } = await buyer(1);

    const { code, stdout, stderr } = await run(folder, process.execPath, ["trade.js", chain.url, chain.record]);

    expect(stderr).to.equal("");
    expect({ code, lines: stdout.trim().split("\n") }).to.deep.equal({
      code: 0,
      lines: [
        `quoted ${tokens} for ${SPENT}, price impact ${impact} bps`,
        `bought ${tokens} for ${SPENT}`,
        `sentiment-v2 is DEPLOYED at ${await scoreOf(chain)} bps`,
      ],
    });
    expect(await gained()).to.equal(tokens);
  });

  it("reports on a launched model with the installed command from its node alone", async () => {
    const command = ["report", "--model", "sentiment-v2", "--deployment", chain.record, "--timeframe", "all", "--json"];

    const { code, stdout, stderr } = await run(folder, "node_modules/.bin/hokusai", command, {
      HOKUSAI_RPC_URL: chain.url,
    });

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const { model, summary } = JSON.parse(stdout) as PerformanceReport;
    expect(model).to.deep.include({ modelId: "sentiment-v2", status: "DEPLOYED", pool: await chain.pool.getAddress() });
    expect(summary).to.deep.include({ score: Number(await scoreOf(chain)), improvements: 0 });
  });

  it("trades and replays in CommonJS", async () => {
    write(folder, { "trade.cjs": documented("trade.cjs") });
    const { tokens, gained } = await buyer(2);

    const { code, stdout, stderr } = await run(folder, process.execPath, ["trade.cjs", chain.url, chain.record]);

    expect(stderr).to.equal("");
    expect({ code, lines: stdout.trim().split("\n") }).to.deep.equal({
      code: 0,
      lines: [`bought ${tokens} for ${SPENT}`, `sentiment-v2 is DEPLOYED at ${await scoreOf(chain)} bps`],
    });
    expect(await gained()).to.equal(tokens);
  });

  it("loads every entry of the library with import and with require", async () => {
    const list = `Object.keys(require("@hokusai/sdk/package.json").exports).filter((name) => !name.endsWith(".json"))`;
    const names = JSON.parse(await succeed(folder, process.execPath, ["-p", `JSON.stringify(${list})`])) as string[];
    const specifiers = names.map((name) => JSON.stringify(`@hokusai/sdk/${basename(name)}`));
    write(folder, {
      "all.mjs": specifiers.map((name, index) => `import * as a${index} from ${name};\n`).join(""),
      "all.cjs": specifiers.map((name) => `require(${name});\n`).join(""),
    });

    expect(names).to.have.length(13);
    for (const program of ["all.mjs", "all.cjs"]) {
      const loaded = await run(folder, process.execPath, [program]);
      expect(loaded, program).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    }
  });

  it("finds ABIs as constants and as JSON, and addresses, in the protocol's package", async () => {
    write(folder, {
      "abi.cjs": [
        `const { HokusaiAMM } = require("hokusai-contracts/abi");`,
        `const { addresses } = require("hokusai-contracts/addresses");`,
        `require("node:assert").deepStrictEqual(require("hokusai-contracts/abi/HokusaiAMM.json"), HokusaiAMM);`,
        `console.log(HokusaiAMM.some(({ name }) => name === "quoteBuy"), typeof addresses);`,
      ].join("\n"),
    });

    expect(await run(folder, process.execPath, ["abi.cjs"])).to.deep.equal({
      code: 0,
      stdout: "true object\n",
      stderr: "",
    });
  });
});
