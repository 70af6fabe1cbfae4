import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { main as prove } from "../../../scripts/prove";
import { readPublicKey, seal } from "../../../sdk/node/escrow";
import { Domain } from "../../../sdk/proofs/circuit";
import { commit } from "../../../sdk/proofs/commitment";
import { formatOpening } from "../../../sdk/proofs/openings";
import { benchmarkWith, toCall } from "../../../scripts/dev/world/improvements";
import { buildContributors, expectRefusal, refusalInWords, run, toCsv } from "../statements/support";
import {
  BASELINE,
  BENCHMARK,
  CANDIDATE,
  CSV,
  EVALUATION,
  LABELS,
  opening,
  provenModels,
  ROWS,
  type Kind,
} from "./proven.fixture";
import { type Context, keyPair, useProver } from "./prove.support";

describe("prove refuses in one line @uninstrumented", () => {
  const { folder, optionsFor, proven } = useProver();
  const other = opening(Domain.Predictions, 46, 9n);
  const otherLabels = { ...LABELS, salt: 8n };
  const write = (name: string, text: string) => folder.write(name, text);
  const sealed = (holder: ReturnType<typeof keyPair>) =>
    write("sealed", seal(formatOpening(CANDIDATE), readPublicKey("to", holder.publicKey)));
  const csv = (text: string) => ({ "--candidate": write("rows.csv", text), "--opening": folder.path("kept.json") });
  const refusals: [
    string,
    (context: Context) => Record<string, string>,
    string | ((context: Context) => string),
    (Kind | "nobody")?,
  ][] = [
    [
      "labels that the benchmark did not commit to",
      () => ({ "--labels": write("other.json", formatOpening(otherLabels)) }),
      `the opening of the labels opens ${commit(otherLabels)}, but the chain has ${commit(LABELS)}.`,
    ],
    [
      "another baseline",
      () => ({ "--baseline": write("other.json", formatOpening(other)) }),
      `the opening of the baseline's predictions opens ${commit(other)}, but the chain has ${commit(BASELINE)}.`,
    ],
    [
      "no improvement",
      () => ({ "--candidate": write("same.json", formatOpening(BASELINE)) }),
      () =>
        `the chain would refuse the statement: ${refusalInWords("EvaluationTooWeak", "field improvement, actual 0, required 10").reason}.`,
    ],
    [
      "an improvement that could be chance",
      () => ({ "--candidate": write("chance.json", formatOpening(other)) }),
      () =>
        `the chain would refuse the statement: ${refusalInWords("EvaluationTooWeak", "field lowerBoundBps, actual 0, required 1").reason}.`,
    ],
    [
      "openings for different circuits",
      () => ({ "--candidate": write("large.json", formatOpening({ ...CANDIDATE, capacity: 1_024 })) }),
      "the openings are for circuits of different capacity: commit all for the same.",
    ],
    [
      "fewer predictions than labels",
      () => ({ "--candidate": write("short.json", formatOpening({ ...CANDIDATE, bits: [1, 0] })) }),
      "there are 60 labels, 60 baseline and 2 candidate predictions, expected as many of each.",
    ],
    [
      "a model that is not registered",
      () => ({}),
      "nobody has no benchmark on hardhat: register the model first.",
      "nobody",
    ],
    [
      "a model that attesters vouch for",
      () => ({}),
      "attested asks for attestations and for no proof: make the statement with statement.",
      "attested",
    ],
    [
      "a circuit that the model's method does not know",
      () => ({}),
      ({ otherKey }) => `the ZkProof of other-key, ${String(otherKey.target)}, has the key `,
      "other-key",
    ],
    [
      "another verifier",
      ({ mallory }) => ({ "--verifier": mallory.address }),
      ({ mallory }) => `the verifier is ${mallory.address}, where there is no contract on hardhat, chain 31337.`,
    ],
    [
      "an opening that was changed",
      () => ({ "--labels": write("bad.json", formatOpening(LABELS).replace('11"', '10"')) }),
      () => `${folder.path("bad.json")} does not open its commitment ${commit(LABELS)}: it was changed.`,
    ],
    [
      "labels in the place of predictions",
      () => ({ "--baseline": write("swapped.json", formatOpening(LABELS)) }),
      () => `${folder.path("swapped.json")}: domain is labels, expected predictions.`,
    ],
    [
      "labels as CSV, which has no salt",
      () => ({ "--labels": write("rows.csv", CSV) }),
      () => `${folder.path("rows.csv")} is not JSON: `,
    ],
    [
      "CSV without a file for its opening",
      () => ({ ...csv(CSV), "--opening": "" }),
      () =>
        `${folder.path("rows.csv")} is CSV: name a file for its opening, which the next proof needs, with --opening <file>.`,
    ],
    [
      "--opening beside an opening",
      () => ({ "--opening": folder.path("kept.json") }),
      () => `${folder.path("candidate.json")} is an opening: leave out --opening, which is for CSV.`,
    ],
    [
      "a file for the opening that exists already",
      () => ({ ...csv(CSV), "--opening": write("kept.json", "kept") }),
      () => `${folder.path("kept.json")} exists: an opening is never overwritten, name another file.`,
    ],
    [
      "CSV whose labels are not the committed ones",
      () => csv(CSV.replace("\n59,1,", "\n59,0,")),
      () =>
        `${folder.path("rows.csv")} line 61, column label: not what was committed to, expected the committed rows in their order.`,
    ],
    [
      "CSV whose baseline is not the committed one",
      () => csv(CSV.replace("\n0,1,1,", "\n0,1,0,")),
      () =>
        `${folder.path("rows.csv")} line 2, column baseline: not what was committed to, expected the committed rows in their order.`,
    ],
    [
      "CSV that slipped by a row",
      () => csv(["label,candidate", ...LABELS.bits.map((_, i) => `${Number(i > 0)},1`), ""].join("\n")),
      () =>
        `${folder.path("rows.csv")} line 2, column label: not what was committed to, expected the committed rows in their order.`,
    ],
    [
      "CSV with one row more than was committed to",
      () => csv(`${CSV}60,1,0,1\n`),
      () =>
        `${folder.path("rows.csv")} line 62, column label: not what was committed to, expected the committed rows in their order.`,
    ],
    [
      "CSV with one row fewer than were committed to",
      () => csv(CSV.split("\n").slice(0, ROWS).join("\n")),
      "there are 60 labels, 60 baseline and 59 candidate predictions, expected as many of each.",
    ],
    [
      "CSV without predictions",
      () => csv("id,prediction\n1,1\n"),
      () => `${folder.path("rows.csv")}: column "candidate" is missing, the header has id, prediction.`,
    ],
    [
      "CSV with scores",
      () => csv("candidate\n0.7\n"),
      () =>
        `${folder.path("rows.csv")} line 2, column candidate: "0.7", expected 0 or 1; for scores, say from where on they are a 1 with commit --threshold.`,
    ],
    ["CSV without rows", () => csv("candidate\n"), () => `${folder.path("rows.csv")} has no rows.`],
    ["malformed CSV", () => csv('candidate\n"1\n'), () => `${folder.path("rows.csv")} line 2, field 1: `],
    [
      "an escrow file without a key",
      () => ({ "--candidate": sealed(keyPair()) }),
      () => `${folder.path("sealed")} is encrypted: name the key that it is for with --escrow-key.`,
    ],
    [
      "an escrow file for another key",
      () => ({ "--candidate": sealed(keyPair()), "--escrow-key": write("key.pem", keyPair().privateKey) }),
      () => `${folder.path("sealed")} cannot be opened with this key: it was sealed to another, or changed.`,
    ],
    [
      "an escrow file that is damaged",
      () => {
        const keys = keyPair();
        const content = JSON.parse(seal("text", readPublicKey("to", keys.publicKey))) as Record<string, string>;
        const damaged = JSON.stringify({ ...content, sealed: content["sealed"]!.slice(4) });
        return { "--candidate": write("sealed", damaged), "--escrow-key": write("key.pem", keys.privateKey) };
      },
      () => `${folder.path("sealed")} cannot be opened with this key: it was sealed to another, or changed.`,
    ],
    [
      "an escrow file that is cut short",
      () => {
        const keys = keyPair();
        sealed(keys);
        const cut = write("sealed", folder.read("sealed").slice(0, -20));
        return { "--candidate": cut, "--escrow-key": write("key.pem", keys.privateKey) };
      },
      () => `${folder.path("sealed")} is not JSON: `,
    ],
    [
      "an escrow file with an opening that does not open",
      () => {
        const keys = keyPair();
        const changed = formatOpening(CANDIDATE).replace('00"', '01"');
        const file = write("sealed", seal(changed, readPublicKey("to", keys.publicKey)));
        return { "--candidate": file, "--escrow-key": write("key.pem", keys.privateKey) };
      },
      () => `${folder.path("sealed")} does not open its commitment ${commit(CANDIDATE)}: it was changed.`,
    ],
    [
      "one file for two results",
      () => ({ ...csv(CSV), "--out": folder.path("kept.json") }),
      "options: --opening, --claims and --out name the same file.",
    ],
    [
      "an invalid key",
      () => ({ "--candidate": sealed(keyPair()), "--escrow-key": write("key.pem", "secret") }),
      () => `${folder.path("key.pem")} is not an X25519 private key in PEM form.`,
    ],
    [
      "a missing contribution",
      () => ({ "--contribution": folder.path("absent") }),
      () => `there is no file ${folder.path("absent")}.`,
    ],
    [
      "more contributors than a statement lists, without a file for them",
      () => ({ "--contributors": write("many.csv", toCsv(buildContributors(65))) }),
      () =>
        `${folder.path("many.csv")} names 65 contributors, more than the 64 that a statement lists: name a file for them with --claims <file>.`,
    ],
    [
      "more hours than a statement may live",
      () => ({ "--hours": "49" }),
      'options: --hours is "49", expected an integer from 1 to 48.',
    ],
    [
      "everything that is missing, at once",
      () => ({ "--labels": "", "--contributors": "" }),
      "options: --labels is missing, expected text of 1 to 1024 bytes; --contributors is missing, expected text of 1 to 1024 bytes.",
    ],
  ];
  for (const [name, changesOf, message, model = "proven"] of refusals) {
    it(name, async () => {
      const context = await loadFixture(provenModels);
      const changes = changesOf(context);
      const before = folder.names();
      const { code, out, err } = await run(prove, optionsFor(context, model, changes));
      const line = typeof message === "string" ? message : message(context);
      expect([code, out]).to.deep.equal([1, ""]);
      expect(err.slice(0, "prove: ".length + line.length)).to.equal(`prove: ${line}`);
      expect(err.trimEnd().split("\n")).to.have.length(1);
      expect(folder.names())
        .to.include.members(before)
        .and.not.to.include(changes["--out"] ?? "kept");
    });
  }

  it("an evaluation that was recorded before", async () => {
    const context = await loadFixture(provenModels);
    const { verifier, models, registry, admin, zkProof } = context;
    const bundle = await proven(context, "proven");
    await verifier.processImprovement(toCall(bundle.statement), bundle.proof!);
    const benchmark = await benchmarkWith(context, { ...BENCHMARK, method: zkProof });
    await registry.connect(admin).replaceBenchmark(models.proven.id, benchmark);
    expectRefusal(
      await run(prove, optionsFor(context, "proven")),
      `prove: the evaluation ${ethers.id(EVALUATION)} of proven was recorded before: take another evaluation id.`,
    );
  });
});
