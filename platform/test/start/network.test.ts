import { expect } from "chai";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rpc, until } from "../../../scripts/dev/world/process";
import { startNetwork, type Network } from "../../../scripts/dev/world/publicNetwork";
import { createTestDatabase, type TestDatabase } from "../store/testDatabase";
import { usePlatformProcesses, type PlatformProcess } from "./platformProcess";

describe("npm run platform -- --network @uninstrumented", () => {
  const { launch, start } = usePlatformProcesses();
  const options = ["--network", "sepolia", "--no-demo"];
  let network: Network;
  let database: TestDatabase;
  let folder: string;
  let env: Record<string, string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "platform-"));
    database = await createTestDatabase();
    network = await startNetwork();
    // On a busy machine a request may count as lost, since time passes faster there: another run goes on.
    let run = await network.run();
    for (let tries = 1; run.refusal !== undefined && tries < 5; tries++) run = await network.run();
    expect(run.refusal).to.equal(undefined);
    const { url } = database.place;
    env = {
      PLATFORM_FOLDER: folder,
      // The first of two nodes does not answer.
      RPC_URL_SEPOLIA: `http://127.0.0.1:1,${network.node.url}`,
      DEPLOYMENTS: network.env["DEPLOYMENTS"] as string,
      ...(url !== undefined && { DATABASE_URL: url }),
    };
  });
  after(async () => {
    await network.stop();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const mine = async (blocks: number) => rpc(network.node.url, "anvil_mine", [`0x${blocks.toString(16)}`]);
  const isAtHead = async (platform: PlatformProcess) => {
    const latest = Number(await network.ask("eth_blockNumber"));
    await until(async () => {
      const answer = await fetch(`${platform.told("API")}/ready`);
      return ((await answer.json()) as { indexed_block: number }).indexed_block === latest;
    });
  };
  const modelsOf = async (platform: PlatformProcess) => {
    const answer = await fetch(`${platform.told("API")}/api/v1/models`);
    const { items } = (await answer.json()) as {
      items: readonly { readonly model_id: string; readonly status: string }[];
    };
    return items.map(({ model_id, status }) => `${model_id} ${status}`);
  };

  it("indexes and serves the deployment, without chain or operator, and continues after each end", async () => {
    const first = await start(options, env);
    await isAtHead(first);
    expect(await modelsOf(first)).to.deep.equal(["credit-default DEPLOYED"]);
    expect([first.told("chain"), first.told("operator")]).to.deep.equal([undefined, undefined]);
    expect(first.told("model")).to.equal("credit-default");
    expect(await first.end("SIGINT")).to.equal(0);

    await mine(200);
    const second = await start(options, env);
    await isAtHead(second);
    await mine(3);
    await isAtHead(second);
    expect(await modelsOf(second)).to.deep.equal(["credit-default DEPLOYED"]);
    expect(second.told("registry")).to.equal(first.told("registry"));
    await second.end("SIGKILL");

    const third = await start(options, env);
    await isAtHead(third);
    expect(await modelsOf(third)).to.deep.equal(["credit-default DEPLOYED"]);
    expect(await third.end("SIGTERM")).to.equal(0);
  });

  it("refuses a node of another chain", async () => {
    const folderOfRecords = env["DEPLOYMENTS"] as string;
    const record = JSON.parse(readFileSync(join(folderOfRecords, "11155111.json"), "utf8")) as object;
    writeFileSync(join(folderOfRecords, "84532.json"), JSON.stringify({ ...record, chainId: 84_532 }));
    const child = launch(["--network", "base-sepolia"], { ...env, RPC_URL_BASE_SEPOLIA: network.node.url });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout?.resume();
    const [code] = (await once(child, "close")) as [number | null];

    expect(code).to.equal(1);
    expect(stderr).to.contain("84532").and.to.contain("11155111");
  });
});
