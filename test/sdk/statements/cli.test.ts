// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { runScript } from "../../../scripts/dev/world/process";
import { relayerKey } from "./support";

describe("The attester's tools, as processes of their own @uninstrumented", () => {
  it("never show a key, and fail with one line", async () => {
    const key = `${relayerKey.privateKey}0`;
    const bad = await runScript("scripts/claim.ts", ["--network", "localhost"], { PRIVATE_KEY: key }, "{");
    expect({ code: bad.code, stdout: bad.stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(bad.stderr).to.match(/^claim: standard input is not JSON: [^\n]+\n$/);
    expect(bad.stderr).not.to.contain(key.slice(2));
  });
});
