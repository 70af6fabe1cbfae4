import { expect } from "chai";
import { main as deploy } from "../../../scripts/deploy";
import { main as launch } from "../../../scripts/launch";
import type { Main } from "../../../scripts/cli/command";
import { runScript } from "../../../scripts/dev/world/process";

/** Runs a command that must end before it opens its network, and so before anything is compiled. */
async function refusalOf(main: Main, ...args: string[]): Promise<string> {
  let err = "";
  const streams = {
    env: {},
    readStandardInput: () => "",
    askPassword: () => Promise.resolve(""),
    out: () => undefined,
    err: (text: string) => void (err += text),
  };
  const code = await main(args, streams, () => Promise.reject(new Error("the network was opened")));
  expect(code).to.equal(1);
  return err;
}

describe("commands before they open a network", () => {
  it("refuse a missing model file, in launch and in deploy", async () => {
    expect(await refusalOf(launch, "--model", "absent.json")).to.match(/^launch: there is no file .*absent\.json$/);
    expect(await refusalOf(deploy, "--network", "localhost", "--model", "absent.json")).to.equal(
      "deploy: there is no file absent.json",
    );
  });

  it("ignore a malformed PRIVATE_KEY on a local chain", async () => {
    const program = `require("hardhat").ethers.getSigners().then(({ length }) => console.log(length))`;
    const { code, stdout, stderr } = await runScript("-e", [program], { PRIVATE_KEY: "secret" });
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: "20\n", stderr: "" });
  });
});
