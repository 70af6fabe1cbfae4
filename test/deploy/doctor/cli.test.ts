// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { Streams } from "../../../scripts/cli/command";
import { main } from "../../../scripts/doctor";

describe("arguments of the doctor @uninstrumented", () => {
  let printed: string[];
  const streams: Streams = {
    env: {},
    readStandardInput: () => "",
    askPassword: () => Promise.reject(new Error("nothing to ask for")),
    out: (text) => printed.push(`out: ${text}`),
    err: (text) => printed.push(`err: ${text}`),
  };

  beforeEach(() => (printed = []));

  it("prints the usage", async () => {
    expect(await main(["--help"], streams)).to.equal(0);
    expect(printed.join()).to.match(/^out: usage: npm run --silent doctor -- --network <name> \[--json\]\n/);
  });

  it("refuses to run without a network", async () => {
    expect(await main([], streams)).to.equal(2);
    expect(printed).to.deep.equal([
      "err: doctor: options: --network is missing, expected a network of hardhat.config.ts.",
    ]);
  });

  it("refuses an unknown option", async () => {
    expect(await main(["--network", "localhost", "--fix"], streams)).to.equal(2);
    expect(printed).to.have.lengthOf(1);
    expect(printed[0]).to.match(/^err: doctor: Unknown option '--fix'/);
  });
});
