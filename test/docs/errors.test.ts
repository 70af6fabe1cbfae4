import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ErrorFragment } from "ethers";
import { artifacts, ethers } from "hardhat";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_GUIDE_FILE, errorGuide, ERRORS_PAGE, errorsPage } from "../../scripts/dev/errors";
import { ERROR_GUIDE as guide } from "../../sdk/client/errorGuide";
import { MAX_UINT256 } from "../../scripts/dev/world/units";
import { EVALUATION, zkHybridFixture } from "../verification/zk/zk.fixture";

const CONTRACTS = join(__dirname, "../../contracts");

/** Names OpenZeppelin's contracts that are deployed as they are. */
const DEPLOYABLES = "governance/Deployables.sol";

const sources = readdirSync(CONTRACTS, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sol") && !file.startsWith("mocks"))
  .map((file) => ({ file, text: readFileSync(join(CONTRACTS, file), "utf8") }));

/** Every contract that is deployed, by name. */
const contracts = sources
  .flatMap(({ file, text }) => [...text.matchAll(file === DEPLOYABLES ? /^import \{(\w+)\}/gm : /^contract (\w+)/gm)])
  .map(([, name = ""]) => name);

/** `Error("…")` for every reason string in the source. */
const reasons = sources
  .flatMap(({ text }) => [...text.matchAll(/\b(?:require|revert)\s*\([^;]*?("[^"]*")\s*\)\s*;/g)])
  .map(([, reason = ""]) => `Error(${reason})`);

/** An error of the ABIs. Declarations of one error may call its arguments differently. */
interface Declared {
  readonly signatures: Set<string>;
  readonly where: Set<string>;
}

/** What identifies a signature that names its arguments: the error's selector, or the reason itself. */
function keyOf(signature: string): string {
  return signature.startsWith("Error(") ? signature : ErrorFragment.from(`error ${signature}`).selector;
}

async function declaredErrors(): Promise<Map<string, Declared>> {
  const errors = new Map<string, Declared>();
  for (const contract of contracts) {
    const { abi } = await artifacts.readArtifact(contract);
    for (const entry of abi.filter(({ type }: { type: string }) => type === "error")) {
      const signature = ErrorFragment.from(entry).format("full").replace("error ", "");
      const error = errors.get(keyOf(signature)) ?? { signatures: new Set(), where: new Set() };
      error.signatures.add(signature);
      error.where.add(contract);
      errors.set(keyOf(signature), error);
    }
  }
  return errors;
}

describe("docs/errors.md @uninstrumented", () => {
  let declared: Map<string, Declared>;

  before(async () => {
    declared = await declaredErrors();
  });

  it("is what the NatSpec of the contracts generates", async () => {
    expect(readFileSync(ERRORS_PAGE, "utf8")).to.equal(await errorsPage());
  });

  it("has the same content in the guide for programs", async () => {
    expect(readFileSync(ERROR_GUIDE_FILE, "utf8")).to.equal(await errorGuide());
  });

  it("names the panics that callers can cause", async () => {
    const context = await loadFixture(zkHybridFixture);
    const { parameters, tokenManager, timelock, verifier, oracleAttestation, method: hybrid, zkProof } = context;
    const [TOO_LARGE, BY_ZERO, TOO_SHORT, TOO_LONG] = [0x11, 0x12, 0x32, 0x41];
    const zero = ethers.ZeroHash;
    const release = (amounts: bigint[], accounts: string[]) =>
      tokenManager.releasePayout(zero, zero, ethers.ZeroAddress, 0, zero, accounts, amounts);
    await expect(release([1n], [])).to.be.revertedWithPanic(TOO_SHORT);
    const twice = [ethers.ZeroAddress, ethers.ZeroAddress];
    await expect(release([MAX_UINT256, 1n], twice)).to.be.revertedWithPanic(TOO_LARGE);
    await expect(verifier.calculateDeltaOnes(2n ** 255n)).to.be.revertedWithPanic(TOO_LARGE);
    const multisig = await ethers.getSigner(parameters.Governance.proposers[0]!);
    const schedule = timelock.connect(multisig).schedule(ethers.ZeroAddress, 0, "0x", zero, zero, MAX_UINT256);
    await expect(schedule).to.be.revertedWithPanic(TOO_LARGE);
    const none = { baselineCorrect: 0, candidateCorrect: 0, disagreements: 0 };
    await expect(zkProof.provenBy(none, 0)).to.be.revertedWithPanic(BY_ZERO);
    await expect(zkProof.provenBy({ ...none, candidateCorrect: 1 }, 1)).to.be.revertedWithPanic(TOO_LARGE);
    // Offsets of the two lists of attestations, of which a hybrid reads only the first, and the length of both.
    const proof = ethers.concat([64n, 64n, 2n ** 64n].map((word) => ethers.toBeHex(word, 32)));
    for (const method of [oracleAttestation, hybrid])
      await expect(method.verify(EVALUATION, 1, zero, proof)).to.be.revertedWithPanic(TOO_LONG);
    const text = readFileSync(ERRORS_PAGE, "utf8");
    for (const code of ["0x11", "0x12", "0x32", "0x41"]) expect(text).to.contain(`\`Panic(${code})\``);
  });

  it("has an entry for every error of every ABI", () => {
    const keys = new Set(guide.map(({ signature }) => keyOf(signature)));
    const missing = [...declared]
      .filter(([key]) => !keys.has(key))
      .map(
        ([, { signatures, where }]) =>
          `add ### \`${[...signatures][0]}\` with - **Where** ${[...where].sort().join(", ")}`,
      );

    expect(declared.size).to.be.greaterThan(0);
    expect(missing).to.deep.equal([]);
  });

  it("has no entry for an unknown error, and names arguments like the ABI", () => {
    const stale = guide
      .filter(({ signature }) => !signature.startsWith("Error("))
      .filter(({ signature }) => !declared.get(keyOf(signature))?.signatures.has(signature))
      .map(({ signature }) => {
        const present = declared.get(keyOf(signature));
        return present
          ? `write ### \`${[...present.signatures][0]}\` for ### \`${signature}\``
          : `remove ### \`${signature}\``;
      });

    expect(stale).to.deep.equal([]);
  });

  it("names exactly the contracts whose ABI has the error", () => {
    const wrong = guide.flatMap(({ signature, where }) => {
      const present = [...(declared.get(keyOf(signature))?.where ?? [])].sort().join(", ");
      return present === "" || present === where.join(", ")
        ? []
        : [`under ### \`${signature}\` write - **Where** ${present}`];
    });

    expect(wrong).to.deep.equal([]);
  });

  it("has the only reason string of the contracts", () => {
    const documented = guide.map(({ signature }) => signature).filter((signature) => signature.startsWith("Error("));

    expect(reasons).to.deep.equal(['Error("Token already deployed for this model")']);
    expect(documented).to.deep.equal(reasons);
  });

  it("explains each error once", () => {
    const keys = guide.map(({ signature }) => keyOf(signature));

    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).to.deep.equal([]);
  });
});
