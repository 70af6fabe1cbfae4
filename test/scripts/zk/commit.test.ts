import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poseidon4 } from "poseidon-lite";
import { main } from "../../../scripts/commit";
import type { Streams } from "../../../scripts/lib/command";
import { commit, Domain, FIELD, type Opening } from "../../../scripts/zk/commitment";
import { countRows, packCounts, provenBy } from "../../../scripts/zk/counts";
import { isSealed, readPrivateKey, readPublicKey, seal, unseal } from "../../../scripts/zk/escrow";
import { formatOpening, readOpening, readRows } from "../../../scripts/zk/openings";
import { capacityFor, readKey } from "../../../scripts/zk/prover";

const CSV = "id,label,score\n1,1,0.7\n2,0,0.2\n3,1,0.5\n";
const OPENING: Opening = { domain: Domain.Predictions, capacity: 64, bits: [1, 0, 1], salt: 5n };

const pem = (kind: "x25519" | "ed25519") => {
  const { publicKey, privateKey } = generateKeyPairSync(kind as "x25519");
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};

describe("commit @uninstrumented", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "commit-"));
    writeFileSync(at("rows.csv"), CSV);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function run(...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []];
    const streams: Streams = {
      env: {},
      readStandardInput: () => CSV,
      askPassword: () => Promise.reject(new Error("not asked")),
      out: (text) => out.push(text),
      err: (text) => err.push(text),
    };
    return { code: main(args, streams), out: out.join("\n"), err: err.join("\n") };
  }

  it("commits to a column, and keeps the opening", () => {
    const { code, out, err } = run(
      "--column",
      "label",
      "--domain",
      "labels",
      "--opening",
      at("o.json"),
      at("rows.csv"),
    );
    expect([code, err]).to.deep.equal([0, ""]);
    const opening = readOpening("o.json", readFileSync(at("o.json"), "utf8"), "labels");
    expect({ ...opening, salt: 0n }).to.deep.equal({
      domain: Domain.Labels,
      capacity: 1_024,
      bits: [1, 0, 1],
      salt: 0n,
    });
    expect(JSON.parse(out)).to.deep.equal({ commitment: commit(opening), domain: "labels", capacity: 1_024, rows: 3 });
  });

  it("takes another salt each time, so that equal rows have unequal commitments", () => {
    const commitments = ["a", "b"].map((name) => run("--column", "label", "--opening", at(name)).out);
    expect(new Set(commitments)).to.have.length(2);
  });

  it("turns scores into rows by a threshold, which counts as 1 itself", () => {
    expect(readRows("rows", CSV, "score", 0.5)).to.deep.equal([1, 0, 1]);
    expect(readRows("rows", CSV, "score", 0.51)).to.deep.equal([1, 0, 0]);
    expect(run("--column", "score", "--threshold", "0.5", "--capacity", "64", "--opening", at("o")).code).to.equal(0);
    expect(readOpening("o", readFileSync(at("o"), "utf8"), "predictions").bits).to.deep.equal([1, 0, 1]);
  });

  it("encrypts the opening for the label holder, who alone can read it", () => {
    const keys = pem("x25519");
    writeFileSync(at("to.pem"), keys.publicKey);
    const { code } = run("--column", "label", "--opening", at("o"), "--escrow", at("e"), "--to", at("to.pem"));
    expect(code).to.equal(0);
    const [opening, sealed] = [readFileSync(at("o"), "utf8"), readFileSync(at("e"), "utf8")];
    expect([isSealed(sealed), isSealed(opening)]).to.deep.equal([true, false]);
    expect(unseal("e", sealed, readPrivateKey("key", keys.privateKey))).to.equal(opening);
    const other = readPrivateKey("key", pem("x25519").privateKey);
    expect(() => unseal("e", sealed, other)).to.throw(
      "e cannot be opened with this key: it was sealed to another, or changed.",
    );
    const parts = JSON.parse(sealed) as Record<string, string>;
    for (const part of ["sender", "nonce", "tag", "sealed"]) {
      const bytes = Buffer.from(parts[part]!, "base64");
      bytes[bytes.length - 1]! ^= 1;
      const changed = JSON.stringify({ ...parts, [part]: bytes.toString("base64") });
      expect(() => unseal("e", changed, readPrivateKey("key", keys.privateKey)), part).to.throw("cannot be opened");
    }
    expect(() => unseal("e", "{}", other)).to.throw("e: format is missing");
  });

  it("accepts X25519 keys only", () => {
    const [good, wrong] = [pem("x25519"), pem("ed25519")];
    expect(() => readPublicKey("k", wrong.publicKey)).to.throw("k is no X25519 public key in PEM form.");
    expect(() => readPrivateKey("k", good.publicKey)).to.throw("k is no X25519 private key in PEM form.");
    expect(() => readPublicKey("k", "nonsense")).to.throw("k is no X25519 public key in PEM form.");
    expect(
      unseal("e", seal("text", readPublicKey("k", good.publicKey)), readPrivateKey("k", good.privateKey)),
    ).to.equal("text");
  });

  describe("refuses in one line", () => {
    const refusals: [string, string[], RegExp][] = [
      [
        "an unknown column",
        ["--column", "nothing", "--opening", "o"],
        /has no column "nothing", expected one of id, label, score\.$/,
      ],
      [
        "scores without a threshold",
        ["--column", "score", "--opening", "o"],
        /score of row 1 is "0\.7", expected 0 or 1; .*--threshold\.$/,
      ],
      [
        "another domain",
        ["--column", "label", "--domain", "all", "--opening", "o"],
        /--domain is "all", expected predictions, labels/,
      ],
      [
        "another capacity",
        ["--column", "label", "--capacity", "65", "--opening", "o"],
        /--capacity is "65", expected one of 64/,
      ],
      [
        "an escrow file for nobody",
        ["--column", "label", "--opening", "o", "--escrow", "e"],
        /--escrow and --to belong together/,
      ],
      ["no place for the opening", ["--column", "label"], /--opening is missing/],
      ["a missing file", ["--column", "label", "--opening", "o", "nothing.csv"], /there is no file nothing\.csv\.$/],
    ];
    for (const [name, args, message] of refusals) {
      it(name, () => {
        const { code, out, err } = run(...args);
        expect([code, out]).to.deep.equal([1, ""]);
        expect(err)
          .to.match(/^commit: .*$/)
          .and.to.match(message);
        expect(existsSync("o")).to.equal(false);
      });
    }

    it("an opening that exists", () => {
      writeFileSync(at("o"), "kept");
      expect(run("--column", "label", "--opening", at("o")).err).to.contain("an opening is never overwritten");
      expect(readFileSync(at("o"), "utf8")).to.equal("kept");
    });
  });
});

describe("Openings and commitments", () => {
  it("commit to domain, number of rows, salt and words, for a circuit", () => {
    expect(BigInt(commit(OPENING))).to.equal(poseidon4([2n, 3n, 5n, 0b101n]));
    const others = [
      { ...OPENING, domain: Domain.Labels },
      { ...OPENING, bits: [1, 0, 1, 0] },
      { ...OPENING, salt: 6n },
      { ...OPENING, capacity: 1_024 },
      { ...OPENING, capacity: 16_384 },
    ];
    expect(new Set([OPENING, ...others].map(commit))).to.have.length(1 + others.length);
  });

  it("refuse rows, salts and counts that a circuit does not hold", () => {
    expect(() => commit({ ...OPENING, bits: [] })).to.throw("there are 0 rows, expected 1 to 64");
    expect(() => commit({ ...OPENING, bits: new Array<number>(65).fill(0) })).to.throw(
      "there are 65 rows, expected 1 to 64",
    );
    expect(() => commit({ ...OPENING, bits: [0, 2] })).to.throw("row 2 is 2, expected 0 or 1.");
    for (const salt of [-1n, FIELD]) expect(() => commit({ ...OPENING, salt })).to.throw("not a field element");
    expect(commit({ ...OPENING, salt: FIELD - 1n })).to.match(/^0x[0-9a-f]{64}$/);
    expect([1, 1_024, 1_025, 16_384].map(capacityFor)).to.deep.equal([1_024, 1_024, 4_096, 16_384]);
    for (const rows of [0, 16_385])
      expect(() => capacityFor(rows)).to.throw(`there are ${rows} rows, expected 1 to 16384.`);
    expect(() => readKey(65)).to.throw("there is no key for 65 rows");
    expect(() => countRows([1], [1], [])).to.throw("there are 1 labels, 1 baseline and 0 candidate predictions");
  });

  it("survive their file, and show when it was changed", () => {
    const text = formatOpening(OPENING);
    expect(readOpening("o", text, "predictions")).to.deep.equal(OPENING);
    expect(() => readOpening("o", text, "labels")).to.throw("domain is predictions, expected labels");
    expect(() => readOpening("o", text.replace('"101"', '"100"'), "predictions")).to.throw(
      "o does not open its commitment",
    );
    expect(() => readOpening("o", text.replace('"101"', '"1 1"'), "predictions")).to.throw("expected zeros and ones");
  });

  it("count the right rows and pack the counts", () => {
    const counts = countRows([1, 0, 1, 0], [1, 1, 0, 0], [1, 0, 1, 1]);
    expect(counts).to.deep.equal({ n: 4, baselineCorrect: 2, candidateCorrect: 3, disagreements: 3 });
    expect(packCounts(counts)).to.equal(4n + (2n << 32n) + (3n << 64n) + (3n << 96n));
    expect(provenBy(counts)).to.deep.equal({ score: 7_500n, improvementBps: 2_500n, lowerBoundBps: 0n });
  });
});
