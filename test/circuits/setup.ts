import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../deploy/lock";
import { setUp } from "../../sdk/node/prover";
import { differingFiles, recordedSetup, type Places } from "../../sdk/node/circuitKeys";

const ROOT = resolve(__dirname, "../..");

/**
 * Before the tests of a suite: a circuit's setup, made if it is missing, and the recorded one byte for byte. Of several processes
 * one makes it, and the others wait.
 */
export function useSetup(capacity: number): void {
  before(async () => {
    let hasTurn = false;
    while (!hasTurn) {
      const turn = withLock(join(ROOT, `.build/zk/${capacity}.lock`), async () => {
        hasTurn = true;
        await ensureSetup(capacity);
      });
      await turn.catch((error: Error) => {
        if (hasTurn || !error.message.startsWith("another run")) throw error;
      });
      if (!hasTurn) await sleep(200);
    }
  });
}

async function ensureSetup(capacity: number): Promise<void> {
  const setup = recordedSetup(capacity);
  if ((await differingFiles(setup)).length === 0) return;
  const { verificationKey } = await setUp(capacity);
  expect(await differingFiles(setup)).to.deep.equal([]);
  expect(verificationKey).to.deep.equal(setup.key.verificationKey);
}

/** A circuit of five constraints, and as many public inputs as Score has. */
const SMALL = `pragma circom 2.1.6;

template Product(count) {
    signal input factors[count];
    signal products[count];
    products[0] <== factors[0] * factors[0];
    for (var i = 1; i < count; i++) products[i] <== products[i - 1] * factors[i];
}

component main {public [factors]} = Product(5);
`;

/**
 * For the tests of a suite: a project without keys, below this one because the compiler reads nothing else. Its circuits are those of
 * this one; or the small one for 64 rows, for what does not depend on the circuit.
 */
export function useProject(circuit: "score" | "small"): Places {
  const build = join(ROOT, `.build/zk-test-${randomUUID()}`);
  const circuits = join(build, "circuits");
  before(() => {
    mkdirSync(join(circuits, "keys"), { recursive: true });
    mkdirSync(join(circuits, "main"));
    if (circuit === "small") writeFileSync(join(circuits, "main/score-64.circom"), SMALL);
    else
      for (const file of ["score.circom", "main/score-64.circom"])
        copyFileSync(join(ROOT, "circuits", file), join(circuits, file));
  });
  after(() => rmSync(build, { recursive: true }));
  return { circuits, build };
}
