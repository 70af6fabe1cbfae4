import { expect } from "chai";
import { id } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { journaledContracts } from "../../deploy/journal";
import { openSteps, planDeployment } from "../../deploy/plan";
import { readDeclaration } from "../../deploy/declaration";
import { readParameters, type Parameters } from "../../deploy/parameters";
import { readRecord, type DeploymentRecord } from "../../deploy/record";
import { environmentFor } from "../../deploy/rehearsal";
import { main as deploy } from "../../scripts/deploy";
import { main as doctor } from "../../scripts/doctor";
import { vestingModuleId } from "../../ignition/modules/Vesting";
import { developmentKey } from "../../sdk/base/accounts";
import { runMain, withVariables } from "../../scripts/dev/world/live";
import { startAnvil, type Node } from "../../scripts/dev/world/process";
import { runTasks, taskDocuments, type TaskCall } from "../helpers/tasks";

const ROOT = resolve(__dirname, "../..");
const MODELS = join(ROOT, "deploy/models");
const LOCAL = { chainId: 31_337 };
/** The names of the later two mean something to objects: records must not take them for it. */
const [FIRST, SECOND, THIRD] = ["first-model", "__proto__", "constructor"] as const;
const [GOVERNOR, OWNER, NEXT_GOVERNOR, NEXT_OWNER] = [12, 13, 18, 19];

/** The same protocol with everybody replaced, one more signature asked for and another delay. */
function rotated(born: Parameters, account: (index: number) => string): Parameters {
  const { $global, Models } = born;
  const of = (...indices: number[]) => indices.map(account);
  return {
    $global: { ...$global, guardians: of(16), adminDelay: 259_200 },
    Governance: { proposers: of(6, 7), executors: of(7) },
    Models: { ...Models, registrars: of(18), poolCreators: of(3), payers: of(5) },
    Methods: { attesters: of(10, 0, 2, 14), threshold: 3 },
    Tokens: { operators: of(17), deployers: of(4), distributors: of(19) },
    Market: { treasury: account(7) },
  };
}

describe("rotation of every role of a live deployment @uninstrumented", () => {
  /** The first model's supplier is an account, which can hand its part over; the second one's a vesting wallet. */
  const OWNED = { recipient: developmentKey(OWNER).address, beneficiary: undefined };
  let folder: string;
  let file: string;
  let node: Node;
  let env: HardhatRuntimeEnvironment;
  let born: Parameters;
  let first: DeploymentRecord;

  const account = (index: number) => developmentKey(index).address;
  /** A local chain's file leaves the reserve token to the deployment. */
  const declare = ({ $global, ...others }: Parameters) =>
    writeFileSync(file, JSON.stringify({ $global: { ...$global, reserveToken: undefined }, ...others }));
  const variables = () => ({ DEPLOYMENTS: node.env.DEPLOYMENTS, NO_COLOR: "1" });
  const kept = <T>(action: () => Promise<T>) => withVariables(variables(), action);
  const tasks = (...calls: TaskCall[]) => kept(() => taskDocuments(env, ...calls));
  const record = () => kept(async () => readRecord(LOCAL) as DeploymentRecord);
  const run = (...args: string[]) => runMain(deploy, ["--network", "localhost", "--json", ...args], node.env);
  const diagnose = () => runMain(doctor, ["--network", "localhost"], node.env);

  /** A model file of this test's own: the repository declares nothing of its model. */
  function declareModel(id: string, governor: string, receiver: object = {}): string {
    const model = JSON.parse(readFileSync(join(MODELS, "credit-default.json"), "utf8")) as Record<string, unknown>;
    const { license, benchmark } = model as Record<string, Record<string, string>>;
    const at = (path: string | undefined) => resolve(MODELS, path as string);
    const path = join(folder, `${id}.json`);
    const changed = {
      ...{ id, name: id, symbol: id.toUpperCase(), governor, improvement: undefined, ...receiver },
      license: { ...license, file: at(license?.["file"]) },
      benchmark: { ...benchmark, spec: at(benchmark?.["spec"]), evaluationData: at(benchmark?.["evaluationData"]) },
    };
    writeFileSync(path, JSON.stringify({ ...model, ...changed }));
    return path;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rotation-"));
    file = join(folder, "declared.json5");
    node = await startAnvil();
    env = environmentFor(hre, "localhost", { url: node.url });
    born = await readParameters({ name: "localhost", isLocal: true });
    declare(born);
    const { code, stderr } = await run("--parameters", file, "--model", declareModel(FIRST, account(GOVERNOR), OWNED));
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    first = await record();
  });

  after(async () => {
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  describe("given a deployment with a parameter file of its own", () => {
    it("the record names the parameter file by its path from the root of the project", () => {
      expect(first.parameters).to.equal(relative(ROOT, file));
    });

    it("tasks, doctor and deploy find the parameter file from any folder", async () => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        const [roles] = await tasks(["roles:list", {}]);
        expect(roles).to.have.property("roles");
        expect(await kept(() => readDeclaration(env))).to.have.property("file", file);
        expect((await diagnose()).code).to.equal(0);
      } finally {
        process.chdir(before);
      }
    });

    it("roles:apply has nothing to do while the chain is as declared", async () => {
      const [outcome] = await kept(() => runTasks(env, ["roles:apply", {}]));
      const shown = relative(process.cwd(), file);
      expect(outcome).to.deep.equal({ code: 0, stdout: `Everything is as ${shown} declares.\n`, stderr: "" });
    });
  });

  describe("when other holders are declared", () => {
    before(() => declare(rotated(born, account)));

    it("the doctor reports that they do not hold their roles yet", async () => {
      const { code, stdout } = await diagnose();
      expect(code).to.equal(1);
      expect(stdout).to.contain(`or change Tokens.deployers of ${relative(process.cwd(), file)}`);
    });

    it("roles:apply grants and revokes the roles, through the operators and the timelock, and then has nothing to do", async () => {
      const [applied, again] = await tasks(["roles:apply", {}], ["roles:apply", {}]);
      expect(applied!.steps.map(({ name }) => name)).to.deep.equal([
        `grant DEPLOYER_ROLE of TokenManager to ${account(4)}`,
        `revoke DEPLOYER_ROLE of TokenManager from ${account(0)}`,
        "schedule roles",
        "apply roles",
      ]);
      expect(again).to.deep.include({ changes: [], steps: [] });
    });

    it("the doctor passes once the delays of the admins have changed too", async () => {
      await tasks(["pass-time", { duration: "5d" }]);
      const { code, stdout } = await diagnose();
      expect(stdout).to.match(/\d+ checks pass\n$/);
      expect(code).to.equal(0);
    });

    it("deploy finds everything, and launches another model by the new holders", async () => {
      const { code, stdout, stderr } = await run("--model", declareModel(SECOND, account(GOVERNOR)));
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      const { plan } = JSON.parse(stdout) as { plan: { steps: { name: string; model?: string; from?: string }[] } };
      const open = plan.steps.filter(({ from }) => from !== undefined);
      expect(open.map(({ name, from }) => [name, from])).to.deep.equal([
        ["deploy vesting wallet", account(4)],
        ["deploy token", account(4)],
        ["register model", account(18)],
        ["distribute supplier allocation", account(19)],
        ["create pool", account(3)],
      ]);
      expect((await diagnose()).code).to.equal(0);
    });

    it("the record keeps the parameters of the first deployment and the name of the parameter file", async () => {
      const { contracts, parameters, models } = await record();
      expect({ contracts, parameters }).to.deep.equal({ contracts: first.contracts, parameters: first.parameters });
      expect(contracts["ModelRegistry"]!.arguments).to.deep.include.members([born.$global.guardians]);
      expect(Object.keys(models)).to.deep.equal([FIRST, SECOND]);
    });

    it("deploy writes a lost record again from the journal, unchanged", async () => {
      const before = await record();
      rmSync(join(node.env.DEPLOYMENTS as string, `${LOCAL.chainId}.json`));
      const models = [FIRST, SECOND].flatMap((id) => ["--model", join(folder, `${id}.json`)]);
      const { code, stderr } = await run("--parameters", file, ...models);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(await record()).to.deep.equal(before);
    });
  });

  describe("when the former holders are declared again, and then the others once more", () => {
    it("deploy finds a vesting wallet that a former deployer has made, and makes no second one", async () => {
      const path = declareModel(THIRD, account(GOVERNOR));
      const { contracts } = await record();
      const guardian = await env.ethers.getSigner(account(16));
      const manager = await env.ethers.getContractAt("TokenManager", contracts["TokenManager"]!.address, guardian);
      await (await manager.pauseLaunches(3_600n)).wait();
      expect((await run("--model", path)).code).to.equal(1);
      const { future, address } = (await kept(() => journaledContracts(env))).at(-1)!;
      expect(future).to.contain(vestingModuleId(id(THIRD)));

      declare({ ...rotated(born, account), Tokens: { ...rotated(born, account).Tokens, deployers: [account(8)] } });
      await tasks(["roles:apply", {}], ["pass-time", { duration: "1h" }]);
      const { code, stdout, stderr } = await run("--model", path);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      const { sent } = JSON.parse(stdout) as { sent: { name: string }[] };
      expect(sent[0]!.name).to.equal("deploy token");
      expect((await record()).models[THIRD]!.wallet!.address).to.equal(address);
    });

    it("roles:apply makes both changes again", async () => {
      for (const parameters of [born, rotated(born, account)]) {
        declare(parameters);
        const [applied] = await tasks(["roles:apply", {}], ["pass-time", { duration: "5d" }]);
        expect(applied!.steps.at(-1)!.name).to.equal("apply roles");
        const { code } = await diagnose();
        expect(code).to.equal(0);
      }
    });
  });

  describe("when a model is handed over", () => {
    it("the governor and the owner change by a proposal and an acceptance each", async () => {
      const [proposed, , accepted, , ownership] = await tasks(
        ["governor:propose", { id: FIRST, account: account(NEXT_GOVERNOR) }],
        ["owner:propose", { id: FIRST, account: account(NEXT_OWNER) }],
        ["governor:accept", { id: FIRST }],
        ["model:show", { id: FIRST }],
        ["owner:accept", { id: FIRST }],
      );
      expect(proposed!.model).to.deep.equal({ id: FIRST, governor: account(GOVERNOR) });
      expect(accepted!.model).to.deep.equal({ id: FIRST, governor: account(NEXT_GOVERNOR) });
      expect(ownership).to.deep.include({ model: { id: FIRST, owner: account(NEXT_OWNER) }, before: account(OWNER) });
    });

    it("deploy refuses the former governor in the model's file, and sends nothing for the new one", async () => {
      const path = join(folder, `${FIRST}.json`);
      const stale = await run("--model", path);
      expect(stale.code).to.equal(1);
      expect(stale.stderr).to.contain(`governor is ${account(NEXT_GOVERNOR)}, the file says ${account(GOVERNOR)}`);

      const { code, stdout } = await run("--model", declareModel(FIRST, account(NEXT_GOVERNOR), OWNED));
      expect(code).to.equal(0);
      expect((JSON.parse(stdout) as { sent: unknown[] }).sent).to.deep.equal([]);
      expect((await diagnose()).code).to.equal(0);
    });

    it("governor:accept is refused without a proposal, and owner:propose for an unknown model", async () => {
      const [accept, propose] = await kept(() =>
        runTasks(env, ["governor:accept", { id: FIRST }], ["owner:propose", { id: "nobody", account: account(1) }]),
      );
      expect(accept!.stderr).to.equal(
        `governor:accept: nobody is proposed as the governor of ${FIRST}: governor:propose does it.\n`,
      );
      expect(propose!.stderr).to.equal("owner:propose: nobody is unknown on localhost: check the id.\n");
    });
  });

  describe("given parameters that can never change", () => {
    it("deploy refuses a declaration that changes them, names each value, and sends nothing", async () => {
      const { parameters } = await kept(() => readDeclaration(env));
      const reserveToken = first.contracts["HokusaiAMMFactory"]!.arguments[1] as string;
      const changed: Parameters = {
        ...parameters,
        $global: { ...parameters.$global, deployer: account(2), reserveToken },
        Models: { ...parameters.Models, payoutDelay: 600 },
      };
      const plan = kept(() => planDeployment(env, { parameters: changed, parametersFile: file, files: [] }));
      await expect(plan).to.be.rejectedWith(
        `$global.deployer is ${account(2)}, deployed with ${account(1)}: it cannot change, put it back; ` +
          `$global.reserveToken is ${reserveToken}, deployed with one of its own: it cannot change, put it back; ` +
          "Models.payoutDelay is 600, deployed with 172800: it cannot change, put it back. Nothing was sent.",
      );
    });

    it("deploy plans no transaction for today's declaration", async () => {
      const { parameters } = await kept(() => readDeclaration(env));
      const plan = await kept(() => planDeployment(env, { parameters, parametersFile: file, files: [] }));
      expect(openSteps(plan)).to.deep.equal([]);
    });
  });

  it("roles:list names a missing parameter file, and the record that names it", async () => {
    rmSync(file);
    const [outcome] = await kept(() => runTasks(env, ["roles:list", {}]));
    const shown = (path: string) => relative(process.cwd(), path);
    expect(outcome!.stderr).to.equal(
      `roles:list: ${shown(file)} does not exist, which ${shown(join(node.env.DEPLOYMENTS as string, "31337.json"))} names: ` +
        "put it back, or name another by deploy --parameters.\n",
    );
    declare(born);
  });
});
