import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../scripts/launch";
import { developmentKey } from "../../sdk/base/accounts";
import { runMain } from "../../scripts/dev/world/live";
import { freePort, rpc, runScript, startAnvil } from "../../scripts/dev/world/process";
import { BUYS, CREDIT_DEFAULT, expectConsistent, launch, launchJson, MODELS, numbersIn, STEPS } from "./launch.support";

const USAGE = ["approve payee", "mint usage fees", "approve the router", "deposit usage fees", "pay invoice"];

/** Launches as users do, in a process of its own. */
const launchAlone = (args: string[]) => runScript("scripts/launch.ts", args);

describe("npm run launch @uninstrumented", () => {
  describe("given a network in its own process", () => {
    it("prints one JSON document whose figures agree with each other", async () => {
      const document = await launchJson([], {}, launchAlone);

      expect(document.network).to.deep.equal({ name: "hardhat", chainId: 31_337 });
      expect(numbersIn({ ...document, network: {} })).to.deep.equal([]);
      expect(document.model).to.include({ id: "sentiment-v2", status: "DEPLOYED" });
      expect(document.protocol).to.include.keys(
        "TimelockController",
        "ModelRegistry",
        "TokenManager",
        "HokusaiAMMFactory",
      );
      expect(document.found).to.deep.equal([]);
      expect(document.steps.map(({ name }) => name)).to.deep.equal([
        "deploy vesting wallet",
        ...STEPS,
        "mint reserve tokens",
        "approve the pool",
        ...BUYS,
        "sell",
        ...USAGE,
      ]);
      for (const { hash, gasUsed } of [...document.deployment, ...document.steps]) {
        expect(hash).to.match(/^0x[0-9a-f]{64}$/);
        expect(Number(gasUsed)).to.be.greaterThan(21_000);
      }
      expectConsistent(document);
      expect(document.trades.map(({ name }) => name)).to.deep.equal([...BUYS, "sell"]);
      expect(document.supply.supplier).to.deep.equal({ minted: `4${"0".repeat(23)}`, cap: `4${"0".repeat(23)}` });
      expect(document.refused.name).to.equal("InvestorAllocationExceeded");
      expect(document.refused.args.remaining).to.equal("0");
      const usage = document.usage!;
      expect(BigInt(usage.infrastructure) + BigInt(usage.pool)).to.equal(BigInt(usage.fee));
      expect(usage.invoice.amount).to.equal(usage.infrastructure);
      expect(usage.priceBefore).to.equal(document.trades.at(-1)?.priceAfter);
      expect(BigInt(usage.priceAfter) > BigInt(usage.priceBefore)).to.equal(true);
      expect(document.dilution).to.deep.equal({
        rewards: `5${"0".repeat(23)}`,
        supply: `15${"0".repeat(23)}`,
        bps: "3334",
      });
    });

    it("shows each step with its transaction, and the final market", async () => {
      const { code, stdout, stderr } = await launch(["--model", CREDIT_DEFAULT]);

      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      for (const step of ["ModelRegistry.wire", "deploy vesting wallet", ...STEPS, ...BUYS, "sell", ...USAGE]) {
        expect(stdout).to.match(new RegExp(`✓ ${step} +[\\d,]+ gas  0x[0-9a-f]{64}\\n`));
      }
      expect(stdout).to.match(
        /refused: .*\(InvestorAllocationExceeded: requested [\d.,]+ CRDEF, remaining 0 CRDEF\)\n/,
      );
      expect(stdout).to.match(/supplier +400,000 +400,000 +0\n/);
      expect(stdout).to.match(/investor, net of sells +480,000 +600,000 +120,000\n/);
      expect(stdout).to.contain("roc_auc 0.749352 → 0.798857 on 1000 examples: 494 bps, at least 291 with");
      expect(stdout.match(/✓ attest\n/g)).to.have.length(2);
      expect(stdout).to.match(
        /score 7494 → 7988, 4,940 CRDEF wait until [^:]+:\d\d:\d\d UTC: 1,482 for the owner, 3,458 for the contributors\n/,
      );
      expect(stdout).to.match(/refused: .*\(EvaluationAlreadyUsed: id /);
      expect(stdout).to.match(/✓ reward waits\n {4}4,940 CRDEF from .* UTC: 1,482 to 0x\w{40}, 2,420\.6 to /);
      expect(stdout).to.match(
        /✗ release before its time\n {4}refused: .*PayoutWaits: releasableFrom [\d-]+ [\d:]+ UTC/,
      );
      expect(stdout).to.match(
        /✓ release reward +[\d,]+ gas  0x[0-9a-f]{64}\n {4}by 0x\w{40}, who has no role: 4,940 CRDEF minted\n/,
      );
      expect(stdout).to.match(/✓ pass time\n {4}it is .* UTC on this chain; sells are open\n/);
      expect(stdout).to.match(/payable in two days\n.*✓ pass time\n/);
      expect(stdout).to.match(/✓ attest\n {4}0x\w{40}, signature 2 of the 2 needed, from 3 attesters\n/);
      expect(stdout).to.match(/0x\w{40} +400,000 +401,482\n/);
      expect(stdout).to.contain("1,000 USDC: 500 to infrastructure, 500 to the pool's stream");
      expect(stdout).to.match(/streamed to the pool +500\n/);
      expect(stdout).to.contain("12 DeltaOnes expected in two years would mint 12,000 CRDEF: 1.19 %");
    });

    it("shows that a candidate below the benchmark's target is refused and paid nothing", async () => {
      const document = await launchJson(["--model", join(MODELS, "credit-default-target.json")]);

      expect(document.belowTarget).to.deep.equal({
        candidateScore: "7988",
        targetScore: "8000",
        message: "the candidate's score is 7988, credit-default-target pays for 8000 or better, its target.",
      });
      expect([document.improvement, document.release]).to.deep.equal([undefined, undefined]);
      expect(document.supply.reward.minted).to.equal("0");
      expect(document.history.improvements).to.deep.equal([]);
    });
  });

  describe("when it is called with something wrong", () => {
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "model-"));
    });

    afterEach(() => rmSync(folder, { recursive: true }));

    function writeModel(change: (text: string) => string): string {
      const path = join(folder, "model.json");
      writeFileSync(path, change(readFileSync(CREDIT_DEFAULT, "utf8")));
      return path;
    }

    const cases: [string, () => Promise<string[]> | string[], RegExp, Record<string, string>?][] = [
      ["an unknown option", () => ["--modle", "x"], /^launch: Unknown option '--modle': see --help\.$/],
      [
        "an invalid chain id",
        () => ["--network", "mainnet", "--confirm-chain", "one"],
        /^launch: options: --confirm-chain is "one", expected an integer from 1 to 9007199254740991\.$/,
      ],
      [
        "an argument without --report",
        () => ["report.html"],
        /^launch: unexpected argument "report\.html", expected options: see --help\.$/,
      ],
      [
        "a second argument with --report",
        () => ["--report", "report.html", "other.html"],
        /^launch: unexpected argument "other\.html", expected options: see --help\.$/,
      ],
      ["a missing model file", () => ["--model", "absent.json"], /^launch: there is no file absent\.json$/],
      [
        "a model file that is not JSON",
        () => ["--model", writeModel((text) => text.slice(1))],
        /^launch: .*model\.json is not JSON: /,
      ],
      [
        "a public network without its address",
        () => ["--network", "mainnet"],
        /^launch: RPC_URL_MAINNET must be the network's RPC address, or several with commas between; set it in the environment\.$/,
      ],
      [
        "unfilled parameters together with everything else that is wrong",
        () => ["--network", "sepolia"],
        /governor is 0x\w+, a development account.*sepolia\.json5: to be filled in: \$global\.deployer, .*Market\.treasury/,
        { RPC_URL_SEPOLIA: "http://127.0.0.1:1" },
      ],
    ];
    for (const [name, args, message, env] of cases) {
      it(`refuses ${name} in one line with exit code 1`, async () => {
        const { code, stdout, stderr } = await launch(await args(), env);

        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
        expect(stderr.trimEnd().split("\n")).to.have.length(1);
        expect(stderr.trimEnd()).to.match(message);
      });
    }

    it("names the attesters that a local chain of ten accounts lacks, and sends nothing", async () => {
      const small = await startAnvil(["--accounts", "10"]);
      const { code, stderr } = await runMain(main, ["--network", "localhost", "--model", CREDIT_DEFAULT], small.env);
      const block = await rpc(small.url, "eth_blockNumber");
      await small.stop();
      const missing = [10, 11].map((index) => developmentKey(index).address).join(", ");
      expect({ code, stderr, block }).to.deep.equal({
        code: 1,
        stderr:
          `launch: localhost has 10 accounts, and of the attesters, of whom 2 must sign, these are missing: ${missing}; ` +
          "start it with 20 accounts, as npx hardhat node does and anvil with --accounts 20. Nothing was sent.\n",
        block: "0x0",
      });
    });

    it("refuses an unknown network in one line with exit code 1, in a process of its own", async () => {
      expect(await launchAlone(["--network", "nowhere"])).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: "launch: HH100: Network nowhere doesn't exist\n",
      });
    });

    it("reports a network that does not answer, with a stack only with --verbose", async () => {
      const env = { RPC_URL_LOCALHOST: `http://127.0.0.1:${await freePort()}` };
      const quiet = await launch(["--network", "localhost"], env);
      const verbose = await launch(["--network", "localhost", "--verbose"], env);

      expect(quiet.code).to.equal(2);
      expect(quiet.stderr).to.equal(
        "launch: the network localhost does not answer: start it (npx hardhat node) or correct its address.\n",
      );
      expect(verbose.code).to.equal(2);
      expect(verbose.stderr).to.match(/\n {4}at /);
    });

    it("prints its options with --help", async () => {
      const { code, stdout } = await launch(["--help"]);

      expect(code).to.equal(0);
      expect(stdout).to.match(/^usage: npm run launch/);
    });
  });
});
