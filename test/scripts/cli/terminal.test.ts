import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { isColoured, lineFor, progressOn } from "../../../scripts/cli/terminal";

const [TERMINAL, PIPE] = [{ isTTY: true }, { isTTY: false }];

describe("output of a command", () => {
  it("has colours on a terminal that supports them, unless NO_COLOR is set", () => {
    expect(isColoured(TERMINAL, { TERM: "xterm" })).to.equal(true);
    expect(isColoured(TERMINAL, { TERM: "xterm", NO_COLOR: "" })).to.equal(true);
    for (const [stream, env] of [
      [PIPE, { TERM: "xterm" }],
      [TERMINAL, { TERM: "dumb" }],
      [TERMINAL, { TERM: "xterm", NO_COLOR: "1" }],
    ] as const) {
      expect(isColoured(stream, env)).to.equal(false);
    }
  });

  it("is written to a pipe without colours, and with foreign control characters escaped", () => {
    expect(lineFor(PIPE, "\u001b[1mthe token\u001b[0m CRD\r\u001b[8m")).to.equal("the token CRD\\r\\u{1b}[8m");
  });

  it("shows progress in one line of a terminal, and none in a pipe", () => {
    const written: string[] = [];
    const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    progressOn({ isTTY: false, write })("half");
    expect(written).to.deep.equal([]);
    progressOn({ isTTY: true, write })("half");
    expect(written).to.deep.equal(["\r\u001b[Khalf"]);
  });

  it("stops silently when its reader has gone, while the command continues", () => {
    const program = `
      require("./scripts/cli/terminal").outliveReaders();
      const lines = setInterval(() => process.stdout.write("x".repeat(100000)), 1);
      setTimeout(() => { clearInterval(lines); process.stderr.write("done"); }, 300);`;
    const command = `"$0" -r ts-node/register/transpile-only -e '${program}' | true`;
    const { stderr } = spawnSync("bash", ["-c", command, process.execPath], { encoding: "utf8" });
    expect(stderr).to.equal("done");
  });
});
