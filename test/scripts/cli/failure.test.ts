// SPDX-License-Identifier: MIT
import { expect } from "chai";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { note } from "../../../deploy/sends";
import { mainOf, networkName, offlineMainOf, type CommandLine } from "../../../scripts/cli/command";
import { withoutSecrets } from "../../../sdk/node/failure";
import { Problem } from "../../../sdk/base/problem";
import { NodeFailure } from "../../../sdk/rpc/answers";

const USAGE = `usage: try
  --network <name>   a network
  --json             as one document
  --verbose          with the stack`;

const KEY = `0x${"ab".repeat(32)}`;

/** How a command ends whose work is this. */
async function endOf(work: (environment: HardhatRuntimeEnvironment) => Promise<string>, ...options: string[]) {
  const said = { out: "", err: "" };
  const read = ({ options: fields }: CommandLine) => {
    const network = fields.read("network", networkName);
    fields.refuse("options");
    return { network };
  };
  const streams = {
    env: { PRIVATE_KEY: KEY, HOME: "/home" },
    readStandardInput: () => "",
    askPassword: () => Promise.resolve(""),
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
  };
  const main = mainOf({ name: "try", usage: USAGE, read, run: work });
  const code = await main(["--network", "hardhat", ...options], streams, () => Promise.resolve(hre));
  return { code, ...said };
}

const failing = (error: unknown) => () => Promise.reject(error as Error);

describe("exit of a command", () => {
  it("prints the result alone with code 0 when it is done", async () => {
    expect(await endOf(() => Promise.resolve("result"))).to.deep.equal({ code: 0, out: "result", err: "" });
  });

  it("prints one line on standard error and nothing else, with code 1, when something is refused", async () => {
    const problem = new Problem("NO_FUNDS", "a has 1 USDC, expected 2: send it some.");

    expect(await endOf(failing(problem))).to.deep.equal({
      code: 1,
      out: "",
      err: "try: a has 1 USDC, expected 2: send it some.",
    });
  });

  it("prints the refusal as fields with --json", async () => {
    const facts = { given: "1", expected: "2", remedy: "send it some" };
    const { code, out, err } = await endOf(
      failing(new Problem("NO_FUNDS", "a has 1 USDC, expected 2: send it some.", facts)),
      "--json",
    );

    expect({ code, err }).to.deep.equal({ code: 1, err: "try: a has 1 USDC, expected 2: send it some." });
    expect(JSON.parse(out)).to.deep.equal({
      error: "a has 1 USDC, expected 2: send it some.",
      code: "NO_FUNDS",
      ...facts,
    });
  });

  it("prints a refusal as JSON even if the command line cannot be read", async () => {
    const { code, out } = await endOf(failing(new Error("not reached")), "--jsn", "--json");

    expect(code).to.equal(1);
    expect(JSON.parse(out)).to.deep.equal({
      error: "Unknown option '--jsn': see --help.",
      code: "BAD_OPTION",
      remedy: "see --help",
    });
  });

  it("has code 2 when a node fails", async () => {
    const { code, out } = await endOf(failing(new NodeFailure("passing", 429, "too many requests")), "--json");

    expect(code).to.equal(2);
    expect(JSON.parse(out)).to.deep.equal({ error: "too many requests", code: "NODE_FAILED" });
  });

  it("has code 2 when something sent may still be mined, whatever the problem is", async () => {
    const sent = { from: "0x1", nonce: 7, isRefused: false };
    const work = () => {
      note(sent);
      return Promise.reject(new Problem("REVERTED", "refused."));
    };
    const { code, out, err } = await endOf(work, "--json");

    expect(code).to.equal(2);
    expect(err).to.equal(
      "try: refused. Before that: a transaction of 0x1 with nonce 7 may have been sent and may still be mined.",
    );
    expect(JSON.parse(out)).to.deep.equal({
      error: "refused.",
      code: "REVERTED",
      sent: [{ from: "0x1", nonce: 7, outcome: "unknown" }],
    });
  });

  describe("given an internal error", () => {
    const fault = new TypeError(`cannot read ${KEY}\nmore`);
    fault.stack = `TypeError: …\n    at run (/home/a/project/sdk/market/curve.ts:12:3)`;

    it("names the place and where to report it, and shows no secret", async () => {
      const line =
        "internal error, TypeError: cannot read <PRIVATE_KEY> at sdk/market/curve.ts:12: please report it as SECURITY.md says, with what you did.";
      const { code, out, err } = await endOf(failing(fault), "--json");

      expect({ code, err }).to.deep.equal({ code: 2, err: `try: ${line}` });
      expect(JSON.parse(out)).to.deep.equal({
        error: line,
        code: "INTERNAL",
        remedy: "report it as SECURITY.md says, with what you did",
      });
    });

    it("shows a stack with --verbose, and no secret there either", async () => {
      const { err } = await endOf(failing(new Error(`cannot read ${KEY}`)), "--verbose");

      expect(err).to.contain("Error: cannot read <PRIVATE_KEY>\n    at ");
    });
  });

  it("prints the same for a command without a network", () => {
    const said = { out: "", err: "" };
    const streams = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) };
    const main = offlineMainOf("try", USAGE, () => {
      throw Object.assign(new Error("EACCES: permission denied, open 'a'"), { code: "EACCES", path: "a" });
    });

    expect(main(["--json"], streams)).to.equal(1);
    expect(said.err).to.equal("try: EACCES: permission denied, open 'a'");
    expect(JSON.parse(said.out)).to.deep.equal({ error: "EACCES: permission denied, open 'a'", code: "NO_FILE" });
  });
});

describe("secrets of the environment", () => {
  it("are replaced by the names of their variables, with or without their prefix", () => {
    const env = { PRIVATE_KEY: KEY, RPC_URL_SEPOLIA: "https://node.example/v2/abcdef", HOME: "/home/someone" };

    expect(withoutSecrets(`${KEY} ${KEY.slice(2)} https://node.example/v2/abcdef/ /home/someone`, env)).to.equal(
      "<PRIVATE_KEY> <PRIVATE_KEY> <RPC_URL_SEPOLIA>/ /home/someone",
    );
  });

  it("are replaced one by one if a variable has several", () => {
    const other = KEY.replace("0x", "0y");
    const env = { PRIVATE_KEY: `${KEY}, ${other}` };

    expect(withoutSecrets(`${other} of ${KEY.slice(2)}`, env)).to.equal("<PRIVATE_KEY> of <PRIVATE_KEY>");
  });

  it("are left alone if they are too short to tell them from words", () => {
    expect(withoutSecrets("a key", { API_KEY: "key" })).to.equal("a key");
  });
});
