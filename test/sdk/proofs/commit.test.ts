import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poseidon4 } from "poseidon-lite";
import type { Streams } from "../../../scripts/cli/command";
import { main } from "../../../scripts/commit";
import { Problem } from "../../../sdk/base/problem";
import { isSealed, readPrivateKey, readPublicKey, seal, unseal } from "../../../sdk/node/escrow";
import { publicInputsOf } from "../../../sdk/node/prover";
import { capacityFor, readKey } from "../../../sdk/node/circuitKeys";
import { CAPACITIES, Domain, FIELD, type Opening } from "../../../sdk/proofs/circuit";
import { commit } from "../../../sdk/proofs/commitment";
import { countRows, packCounts, provenBy } from "../../../sdk/proofs/counts";
import { formatOpening, readOpening, readRows } from "../../../sdk/proofs/openings";
import { runScript } from "../../../scripts/dev/world/process";
import { readProven } from "../../verification/zk/proven.support";

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

  it("commits to a column, and writes the opening", () => {
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
      ids: readRows("rows", CSV, "label").ids,
    });
    expect(JSON.parse(out)).to.deep.equal({ commitment: commit(opening), domain: "labels", capacity: 1_024, rows: 3 });
  });

  it("works as a process of its own, with the rows from standard input", async () => {
    const args = ["--column", "label", "--domain", "labels", "--opening", at("o.json")];
    const { code, stdout, stderr } = await runScript("scripts/commit.ts", args, {}, CSV);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const opening = readOpening("o.json", readFileSync(at("o.json"), "utf8"), "labels");
    expect(opening.bits).to.deep.equal([1, 0, 1]);
    expect(JSON.parse(stdout)).to.deep.equal({
      commitment: commit(opening),
      domain: "labels",
      capacity: 1_024,
      rows: 3,
    });
  });

  it("takes a new salt each time, so that equal rows have different commitments", () => {
    const commitments = ["a", "b"].map((name) => run("--column", "label", "--opening", at(name)).out);
    expect(new Set(commitments)).to.have.length(2);
  });

  it("turns scores into rows by a threshold, which itself counts as 1", () => {
    expect(readRows("rows", CSV, "score", "0.5").bits).to.deep.equal([1, 0, 1]);
    expect(readRows("rows", CSV, "score", "0.51").bits).to.deep.equal([1, 0, 0]);
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
    expect(statSync(at("o")).mode & 0o077, "for its owner alone").to.equal(0);
  });

  describe("refuses in one line", () => {
    const refusals: [string, string[], RegExp][] = [
      [
        "an unknown column",
        ["--column", "nothing", "--opening", "o"],
        /column "nothing" is missing, the header has id, label, score\.$/,
      ],
      [
        "scores without a threshold",
        ["--column", "score", "--opening", "o"],
        /line 2, column score: "0\.7", expected 0 or 1; .*--threshold\.$/,
      ],
      [
        "an unknown domain",
        ["--column", "label", "--domain", "all", "--opening", "o"],
        /--domain is "all", expected predictions, labels/,
      ],
      [
        "an unknown capacity",
        ["--column", "label", "--capacity", "65", "--opening", "o"],
        /--capacity is "65", expected one of 64/,
      ],
      [
        "an escrow file without a recipient",
        ["--column", "label", "--opening", "o", "--escrow", "e"],
        /--escrow and --to belong together/,
      ],
      [
        "one file for escrow and opening",
        ["--column", "label", "--opening", "o", "--escrow", "./o", "--to", "to.pem"],
        /options: --opening and --escrow name the same file\.$/,
      ],
      [
        "a missing key",
        ["--column", "label", "--opening", "o", "--escrow", "e", "--to", "to.pem"],
        /there is no file to\.pem\.$/,
      ],
      ["no column", ["--opening", "o"], /--column is missing/],
      [
        "a threshold that is not a number",
        ["--column", "score", "--threshold", "high", "--opening", "o"],
        /--threshold is "high", expected a decimal number/,
      ],
      ["two files", ["--column", "label", "--opening", "o", "a.csv", "b.csv"], /unexpected argument "b\.csv"/],
      ["an unknown option", ["--colum", "label"], /Unknown option '--colum'/],
      ["no file for the opening", ["--column", "label"], /--opening is missing/],
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

    it("an opening that exists, in the clear or encrypted", () => {
      writeFileSync(at("kept"), "kept");
      writeFileSync(at("to.pem"), pem("x25519").publicKey);
      const [opening, escrow] = [
        ["--opening", at("kept")],
        ["--opening", at("o"), "--escrow", at("kept"), "--to", at("to.pem")],
      ];
      for (const files of [opening, escrow]) {
        expect(run("--column", "label", ...files)).to.deep.equal({
          code: 1,
          out: "",
          err: `commit: ${at("kept")} exists: an opening is never overwritten, name another file.`,
        });
        expect(readFileSync(at("kept"), "utf8")).to.equal("kept");
        expect(existsSync(at("o"))).to.equal(false);
      }
    });

    it("more rows than the chosen circuit holds, or than any circuit does", () => {
      const rows = (count: number) => `label\n${"1\n".repeat(count)}`;
      for (const [count, options, line] of [
        [65, ["--capacity", "64"], "there are 65 rows, expected 1 to 64 for this circuit."],
        [16_385, [], "there are 16385 rows, expected 1 to 16384."],
      ] as const) {
        writeFileSync(at("many.csv"), rows(count));
        const { code, err } = run("--column", "label", ...options, "--opening", at("o"), at("many.csv"));
        expect([code, err]).to.deep.equal([1, `commit: ${line}`]);
        expect(existsSync(at("o"))).to.equal(false);
      }
    });

    it("a file that can't be written, and leaves nothing behind", () => {
      writeFileSync(at("to.pem"), pem("x25519").publicKey);
      const absent = join(at("absent"), "o");
      const { code, err } = run("--column", "label", "--opening", at("o"), "--escrow", absent, "--to", at("to.pem"));
      expect(code).to.equal(1);
      expect(err).to.match(/^commit: .* cannot be written: /);
      expect(existsSync(at("o"))).to.equal(false);
    });
  });
});

describe("Escrow", () => {
  const PARTS = ["sender", "nonce", "tag", "sealed"] as const;
  const CONTENT = formatOpening(OPENING);
  const SPKI_BYTES = 12; // what stands before the 32 bytes of a key in DER
  const keys = pem("x25519");
  const [recipient, holder] = [readPublicKey("to", keys.publicKey), readPrivateKey("key", keys.privateKey)];
  const partsOf = (sealed: string) => JSON.parse(sealed) as Record<string, string>;
  const refused = (content: string, key = holder) =>
    expect(() => unseal("e", content, key)).to.throw(
      Problem,
      /^e cannot be opened with this key: it was sealed to another, or changed\.$/,
    );

  /** Keys of small order: with each of them everybody shares the secret zero. */
  const SMALL_ORDER = [
    0n,
    1n,
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
    2n ** 255n - 20n,
    2n ** 255n - 19n,
    2n ** 255n - 18n,
  ].map((u) => Buffer.from(u.toString(16).padStart(64, "0"), "hex").reverse());
  const der = (key: Buffer) => Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), key]);

  it("is opened by the key that it was sealed to, and by no other", () => {
    const sealed = seal(CONTENT, recipient);
    expect(unseal("e", sealed, holder)).to.equal(CONTENT);
    expect(sealed).not.to.contain(OPENING.bits.join(""));
    refused(sealed, readPrivateKey("key", pem("x25519").privateKey));
  });

  it("is different each time", () => {
    const [one, other] = [seal(CONTENT, recipient), seal(CONTENT, recipient)].map(partsOf);
    for (const part of PARTS) expect(one![part], part).not.to.equal(other![part]);
  });

  it("is refused with any changed bit, even one that X25519 ignores", () => {
    const parts = partsOf(seal("rows", recipient));
    for (const part of PARTS) {
      const bytes = Buffer.from(parts[part]!, "base64");
      for (let bit = 0; bit < 8 * bytes.length; ++bit) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        refused(JSON.stringify({ ...parts, [part]: changed.toString("base64") }));
      }
    }
  });

  it("is refused if it is cut short, or put together from two", () => {
    const [parts, other] = [seal(CONTENT, recipient), seal(CONTENT, recipient)].map(partsOf) as [
      Record<string, string>,
      Record<string, string>,
    ];
    for (const part of PARTS) {
      const bytes = Buffer.from(parts[part]!, "base64");
      for (const length of [1, bytes.length - 1])
        refused(JSON.stringify({ ...parts, [part]: bytes.subarray(0, length).toString("base64") }));
      refused(JSON.stringify({ ...parts, [part]: other[part] }));
    }
    const sealed = JSON.stringify(parts);
    expect(() => unseal("e", sealed.slice(0, -1), holder)).to.throw(Problem, "e is not JSON");
  });

  it("names fields that are missing or of another format", () => {
    const parts = partsOf(seal(CONTENT, recipient));
    expect(() => unseal("e", "{}", holder)).to.throw(Problem, "e: format is missing, expected hokusai-escrow-1");
    expect(() => unseal("e", JSON.stringify({ ...parts, tag: undefined }), holder)).to.throw(
      Problem,
      "e: tag is missing",
    );
    expect(() => unseal("e", JSON.stringify({ ...parts, format: "hokusai-escrow-2" }), holder)).to.throw(
      Problem,
      'e: format is "hokusai-escrow-2", expected hokusai-escrow-1',
    );
  });

  it("accepts only X25519 keys, and none of small order", () => {
    const wrong = pem("ed25519");
    expect(() => readPublicKey("k", wrong.publicKey)).to.throw(Problem, "k is not an X25519 public key in PEM form.");
    expect(() => readPrivateKey("k", wrong.privateKey)).to.throw(
      Problem,
      "k is not an X25519 private key in PEM form.",
    );
    expect(() => readPrivateKey("k", keys.publicKey)).to.throw(Problem, "k is not an X25519 private key in PEM form.");
    expect(() => readPublicKey("k", "nonsense")).to.throw(Problem, "k is not an X25519 public key in PEM form.");
    const parts = partsOf(seal(CONTENT, recipient));
    expect(Buffer.from(parts["sender"]!, "base64").subarray(0, SPKI_BYTES)).to.deep.equal(der(Buffer.alloc(0)));
    for (const key of SMALL_ORDER) {
      const spki = der(key).toString("base64");
      const text = `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`;
      expect(() => readPublicKey("k", text)).to.throw(Problem, "k is not an X25519 public key in PEM form.");
      refused(JSON.stringify({ ...parts, sender: spki }));
    }
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

  it("are what each circuit computes, however many words it has", () => {
    for (const capacity of CAPACITIES) {
      const { claim, publicSignals } = readProven(capacity);
      expect(publicInputsOf(claim).map(String), String(capacity)).to.deep.equal(publicSignals);
    }
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

  it("are read as they were written, and refused if their file was changed", () => {
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
