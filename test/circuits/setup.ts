import { expect } from "chai";
import { differingFiles, readKey, setUp } from "../../scripts/zk/prover";

const SETUP_MILLISECONDS = 300_000;

/** Before the tests of a suite: a circuit's setup, made if it is missing, and the recorded one byte for byte. */
export function useSetup(capacity: number): void {
  before(async function () {
    this.timeout(SETUP_MILLISECONDS);
    const key = readKey(capacity);
    if ((await differingFiles(key)).length === 0) return;
    const { verificationKey } = await setUp(capacity);
    expect(await differingFiles(key)).to.deep.equal([]);
    expect(verificationKey).to.deep.equal(key.verificationKey);
  });
}
