import { expect } from "chai";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rpc, until } from "../../../scripts/dev/world/process";
import { developmentKey } from "../../../sdk/base/accounts";
import { usePlatformProcesses, type PlatformProcess } from "./platformProcess";

describe("npm run platform @uninstrumented", () => {
  let folder: string;
  const platforms = usePlatformProcesses();
  before(() => (folder = mkdtempSync(join(tmpdir(), "platform-"))));
  after(() => rmSync(folder, { recursive: true }));

  const start = (...options: string[]) => platforms.start(options, { PLATFORM_FOLDER: folder });
  const ready = async (platform: PlatformProcess) => (await fetch(`${platform.told("API")}/ready`)).json();

  it("starts everything, follows its chain, ends at a signal, and continues from there", async () => {
    const first = await start();
    const chain = first.told("chain");
    const [from, to] = [developmentKey(8).address, developmentKey(9).address];
    await rpc(chain, "eth_sendTransaction", [{ from, to, value: "0x1" }]);
    const latest = Number(await rpc(chain, "eth_blockNumber"));
    await until(async () => ((await ready(first)) as { indexed_block: number }).indexed_block === latest);
    const block = (await rpc(chain, "eth_getBlockByNumber", ["latest", false])) as { hash: string };
    const keyFile = first.told("admin key");
    expect(statSync(keyFile).mode & 0o777).to.equal(0o600);
    expect((await fetch(`${first.told("operator")}/live`)).status).to.equal(200);

    expect(await first.end("SIGINT")).to.equal(0);
    expect(first.lines.at(-1)).to.equal("stopped; the same command goes on from here");

    const second = await start();
    expect(second.lines).to.include(`chain: ${latest} blocks of the last run mined again`);
    expect(second.told("registry")).to.equal(first.told("registry"));
    expect(await rpc(second.told("chain"), "eth_getBlockByHash", [block.hash, false])).to.deep.equal(block);
    expect(await ready(second)).to.deep.include({ is_ready: true });
    expect(readFileSync(keyFile, "utf8")).to.match(/^hk_/);

    // Killed, it is as after a loss of power.
    await second.end("SIGKILL");
    const third = await start();
    expect(await ready(third)).to.deep.include({ is_ready: true });
    expect(await third.end("SIGTERM")).to.equal(0);
  });

  /** How a platform ends that does not come up. */
  async function outcome(options: string[], env: Record<string, string> = {}) {
    const child = platforms.launch(options, { PLATFORM_FOLDER: folder, ...env });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout?.resume();
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stderr };
  }

  it("gives the reason in one line if it cannot start", async () => {
    const other = mkdtempSync(join(tmpdir(), "platform-"));
    mkdirSync(join(other, "own"));
    writeFileSync(join(other, "own/db"), "no database");
    const { code, stderr } = await outcome(["--no-demo"], { PLATFORM_FOLDER: other });
    rmSync(other, { recursive: true });

    expect(code).to.equal(1);
    expect(stderr).to.match(/^platform: the database in .* cannot be opened: .*start over\.\n$/);
  });

  it("refuses to start twice in one folder, or on a network without a deployment", async () => {
    const running = await start("--no-demo");
    const second = await outcome([]);
    await running.end("SIGTERM");
    expect(second.code).to.equal(1);
    expect(second.stderr).to.match(/another run, process \d+, has been working on this network/);

    const env = { RPC_URL_SEPOLIA: running.told("chain"), DEPLOYMENTS: folder };
    const elsewhere = await outcome(["--network", "sepolia"], env);
    expect(elsewhere.code).to.equal(1);
    expect(elsewhere.stderr).to.contain("there is no record of a deployment on sepolia");
  });
});
