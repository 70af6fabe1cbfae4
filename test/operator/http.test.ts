// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Problem } from "../../sdk/base/problem";
import { openDoor, type Reply } from "../../operator/http";
import { Telemetry } from "../../operator/telemetry";
import { expectProblem } from "../sdk/statements/support";

const TOKEN = "t".repeat(32);
const LARGEST = 4_194_304;

describe("operator: HTTP server @uninstrumented", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function open({ token = "", port = 0, ready = { status: 200, body: { status: "ok" } } as Reply } = {}) {
    const taken: string[] = [];
    const lines: string[] = [];
    const telemetry = new Telemetry((line) => lines.push(line));
    const take = async (text: string): Promise<Reply> => {
      if (text === "wrong") throw new Problem("BAD_FILE", "it is wrong.");
      if (text === "broken") throw new Error("a secret of the inside");
      taken.push(text);
      return { status: 202, body: { accepted: [text.length] } };
    };
    const posts = new Map([["/bundles", take]]);
    const live = (): Reply => ({ status: 200, body: { status: "ok" } });
    const door = await openDoor({ host: "127.0.0.1", port, token, telemetry, posts, live, ready: () => ready });
    closing.push(door.close);
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${door.url}${path}`, init);
      return { status: response.status, text: await response.text() };
    };
    const post = async (body: string, headers: Record<string, string> = {}) =>
      ask("/bundles", { method: "POST", body, headers });
    return { ...door, ask, post, taken, telemetry, lines };
  }

  it("answers whether the service is live and whether it is ready", async () => {
    const { ask } = await open();
    for (const path of ["/live", "/ready"])
      expect(await ask(path)).to.deep.equal({ status: 200, text: '{"status":"ok"}\n' });
    const unwell = await open({ ready: { status: 503, body: { status: "unwell" } } });
    expect((await unwell.ask("/ready")).status).to.equal(503);
    expect((await unwell.ask("/live")).status).to.equal(200);
  });

  it("shows the metrics in the text format of Prometheus", async () => {
    const { ask, telemetry, post } = await open();
    telemetry.set("head_block", 7);
    telemetry.count("actions_total", { duty: "pools", result: "done" });
    telemetry.count("actions_total", { duty: "pools", result: "done" });
    await post("x");
    const { status, text } = await ask("/metrics");
    expect(status).to.equal(200);
    const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(samples).to.deep.equal([
      "hokusai_operator_head_block 7",
      'hokusai_operator_actions_total{duty="pools",result="done"} 2',
      'hokusai_operator_posts_total{status="202"} 1',
    ]);
    for (const line of text.trimEnd().split("\n")) {
      expect(line).to.match(
        /^(# HELP hokusai_operator_\w+ [^\n]+|# TYPE hokusai_operator_\w+ (gauge|counter)|hokusai_operator_\w+(\{(\w+="[^"]*",?)+\})? \d+)$/,
      );
    }
    expect(text.endsWith("\n")).to.equal(true);
  });

  describe("when something is posted", () => {
    it("passes on what is posted, and answers with the result", async () => {
      const { post, taken } = await open();
      expect(await post("hello")).to.deep.equal({ status: 202, text: '{"accepted":[5]}\n' });
      expect(taken).to.deep.equal(["hello"]);
    });

    it("refuses a post from a web page", async () => {
      const { post, taken } = await open();
      expect(await post("hello", { origin: "http://127.0.0.1:9464" })).to.deep.equal({
        status: 403,
        text: '{"error":"a web page may not post here"}\n',
      });
      expect(taken).to.deep.equal([]);
    });

    it("answers what is wrong with a post, but only logs the reason of an internal failure", async () => {
      const { post, lines } = await open();
      expect(await post("wrong")).to.deep.equal({ status: 400, text: '{"error":"it is wrong."}\n' });
      expect(await post("broken")).to.deep.equal({
        status: 500,
        text: '{"error":"the request failed, see the log"}\n',
      });
      expect(lines.join()).to.contain("a secret of the inside");
    });
  });

  it("answers a request for any other path with the paths that exist", async () => {
    const { ask, lines } = await open();
    const answer = { status: 404, text: '{"error":"there is GET /live, GET /ready, GET /metrics, POST /bundles"}\n' };
    for (const path of ["//", "//:", "/%"]) expect(await ask(path), path).to.deep.equal(answer);
    expect(lines).to.deep.equal([]);
    expect((await ask("/live?probe=1")).status).to.equal(200);
    expect(await ask("/")).to.deep.equal(answer);
    expect(await ask("/bundles")).to.deep.equal(answer);
    expect(await ask("/live", { method: "POST" })).to.deep.equal(answer);
  });

  it("accepts posts only with the token if one is set", async () => {
    const { ask, post, taken } = await open({ token: TOKEN });
    for (const authorization of ["", TOKEN, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN}x`, `bearer ${TOKEN}`]) {
      expect((await post("x", authorization ? { authorization } : {})).status).to.equal(401);
    }
    expect(taken).to.deep.equal([]);
    expect((await post("x", { authorization: `Bearer ${TOKEN}` })).status).to.equal(202);
    expect((await ask("/live")).status).to.equal(200);
  });

  it("accepts a body of four mebibytes, and refuses one byte more", async () => {
    const { post, taken } = await open();
    expect((await post("x".repeat(LARGEST))).status).to.equal(202);
    expect((await post("x".repeat(LARGEST + 1))).status).to.equal(413);
    expect(taken.map(({ length }) => length)).to.deep.equal([LARGEST]);
  });

  it("refuses a port that is in use", async () => {
    const { url } = await open();
    const port = Number(new URL(url).port);
    await expectProblem(
      () => open({ port }),
      `127.0.0.1:${port} cannot be listened on: listen EADDRINUSE: address already in use 127.0.0.1:${port}.`,
    );
  });
});
