import { expect } from "chai";
import { differingFiles, recordedSetup, setUp } from "../../scripts/zk/prover";

const SETUP_MILLISECONDS = 300_000;

/** Before the tests of a suite: a circuit's setup, made if it is missing, and the recorded one byte for byte. */
export function useSetup(capacity: number): void {
  before(async function () {
    this.timeout(SETUP_MILLISECONDS);
    const setup = recordedSetup(capacity);
    if ((await differingFiles(setup)).length === 0) return;
    const { verificationKey } = await setUp(capacity);
    expect(await differingFiles(setup)).to.deep.equal([]);
    expect(verificationKey).to.deep.equal(setup.key.verificationKey);
  });
}
