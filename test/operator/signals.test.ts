// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import { within } from "../../sdk/base/bound";
import { Stopped } from "../../operator/rpc";
import { healthy, startFaultyRpc, type FaultyRpc } from "../../scripts/dev/world/faultyRpc";
import { startOperator, type OperatorProcess, type Starter } from "../../scripts/dev/world/operatorProcess";
import { startAnvil, until, type Node } from "../../scripts/dev/world/process";
import { expectProblem } from "../sdk/statements/support";

const SIGINT_EXIT = 130;

describe("operator shutdown @uninstrumented", () => {
  describe("given a service in a process of its own", () => {
    let node: Node;
    let rpc: FaultyRpc;
    let folder: string;

    before(async () => {
      node = await startAnvil();
      rpc = await startFaultyRpc(node.url);
      folder = mkdtempSync(join(tmpdir(), "operator-"));
    });
    after(async () => {
      await rpc.stop();
      await node.stop();
      rmSync(folder, { recursive: true });
    });

    async function start(starter: Starter): Promise<OperatorProcess & { readonly url: string }> {
      rpc.policy = healthy;
      const env = { ...node.env, RPC_URL_LOCALHOST: rpc.url, OPERATOR_FOLDER: folder, OPERATOR_PORT: "0" };
      const operator = startOperator([], env, starter);
      const { url } = await operator.until(({ event }) => event === "started");
      return { ...operator, url: String(url) };
    }
    const isGone = async (url: string) =>
      fetch(`${url}/metrics`).then(
        () => false,
        () => true,
      );

    for (const [signal, starter] of [
      ["SIGTERM", "npm"],
      ["SIGINT", "npm"],
      ["SIGINT", "terminal"],
    ] as const) {
      it(`stops in order, and npm with it, at ${signal} from a ${starter === "npm" ? "supervisor" : "terminal"}`, async () => {
        const operator = await start(starter);
        expect(await operator.end(signal)).to.equal(0);
        expect(operator.log.slice(-2).map(({ event }) => event)).to.deep.equal(["stopping", "stopped"]);
        expect(await isGone(operator.url)).to.equal(true);
      });
    }

    it("stops at once at a second signal, whatever it is waiting for", async () => {
      const operator = await start("supervisor");
      let hanging = 0;
      rpc.policy = () => {
        hanging++;
        return { kind: "hang" };
      };
      await until(() => hanging > 0);
      const ended = operator.end("SIGTERM");
      await operator.until(({ event }) => event === "stopping");
      const signalled = performance.now();
      await operator.end("SIGINT");
      expect(await ended).to.equal(SIGINT_EXIT);
      expect(performance.now() - signalled).to.be.lessThan(3_000); // a first signal alone waits five seconds for the chain
      expect(operator.log.at(-1)?.event).to.equal("stopping");
    });
  });

  describe("given something to wait for, such as a remote key", () => {
    beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
    afterEach(() => mock.timers.reset());
    const never = new Promise<string>(() => undefined);

    it("gives up after the timeout", async () => {
      const waiting = within(10_000, "the key has not signed", never);
      mock.timers.tick(9_999);
      expect(await Promise.race([waiting, Promise.resolve("still waiting")])).to.equal("still waiting");
      mock.timers.tick(1);
      await expectProblem(() => waiting, "the key has not signed within 10 s: check whether it is available.");
    });

    it("gives up at once when the service stops", async () => {
      const controller = new AbortController();
      const stopped = new Stopped();
      const failure = within(10_000, "the key has not signed", never, controller.signal).catch(
        (error: unknown) => error,
      );
      controller.abort(stopped);
      expect(await failure).to.equal(stopped);
      const late = within(10_000, "the key has not signed", never, controller.signal).catch((error: unknown) => error);
      expect(await late).to.equal(stopped);
    });

    it("returns the answer, or the failure, if it comes in time", async () => {
      expect(await within(10_000, "the key has not signed", Promise.resolve("signed"))).to.equal("signed");
      const failure = new Error("no such key");
      const failing = within(10_000, "the key has not signed", Promise.reject(failure));
      expect(await failing.catch((error: unknown) => error)).to.equal(failure);
    });
  });
});
