import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(__dirname, "../../..");

describe("npm run platform:dev @uninstrumented", () => {
  let platform: Server;
  let dev: ChildProcess;
  let url: string;

  before(async () => {
    platform = createServer((request, response) => void response.end(`the platform has ${request.url}`));
    platform.listen(0, "127.0.0.1");
    await once(platform, "listening");
    const { port } = platform.address() as AddressInfo;
    // A group of its own, which ends as a whole: npm starts what starts Vite.
    dev = spawn("npm", ["run", "platform:dev", "--", "--port", "0"], {
      ...{ cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "pipe"] },
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PLATFORM_URL: `http://127.0.0.1:${port}` },
    });
    const said: string[] = [];
    const found = new Promise<string>((up) => {
      for (const stream of [dev.stdout, dev.stderr])
        createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
          said.push(line);
          const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
          if (address !== undefined) up(address);
        });
    });
    url = await Promise.race([found, once(dev, "close").then(() => "")]);
    expect(url, said.join("\n")).to.not.equal("");
  });

  after(async () => {
    const closed = once(dev, "close");
    if (dev.exitCode === null) {
      process.kill(-(dev.pid as number), "SIGTERM");
      await closed;
    }
    platform.close();
  });

  const bodyOf = async (path: string, accept = "text/html") =>
    (await fetch(url + path, { headers: { accept } })).text();

  it("serves the sources with live reload at every address of the page", async () => {
    for (const path of ["/", "/models/credit-default"])
      expect(await bodyOf(path))
        .to.contain('src="/src/main.tsx')
        .and.contain("/@vite/client");

    expect(await bodyOf("/src/main.tsx", "*/*")).to.contain("/src/app.tsx");
  });

  it("passes the platform's own addresses on to the platform", async () => {
    for (const path of ["/site.json", "/rpc", "/ready", "/api/v1/models?page=2"])
      expect(await bodyOf(path)).to.equal(`the platform has ${path}`);
  });
});
