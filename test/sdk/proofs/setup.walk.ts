import { expect } from "chai";
import { main } from "../../../scripts/zk-setup";
import { differingFiles, readKey, recordedSetup } from "../../../sdk/node/circuitKeys";
import { useProject } from "../../circuits/setup";

describe("zk:setup for the circuit itself @uninstrumented", () => {
  const places = useProject("score");

  it("makes and records a key that equals the one recorded here", async () => {
    const [out, err]: [string[], string[]] = [[], []];
    const streams = { out: (text: string) => out.push(text), err: (text: string) => err.push(text) };
    const code = await main(["--record", "64"], streams, places);
    expect(code, err.join("\n")).to.equal(0);
    expect(out.join("\n")).to.match(/^\.build\/zk-test-[\w-]+\/zk\/64 made in \d+ s and recorded\.$/);
    expect(err).to.deep.equal(["1267 constraints", "development phase 1 for 2^11 constraints", "phase 2"]);
    expect(readKey(64, places)).to.deep.equal(readKey(64));
    expect(await differingFiles(recordedSetup(64, places))).to.deep.equal([]);
  });
});
