import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { IVerificationMethod } from "../../.build/typechain";
import type { Evaluation, ImprovementStatement } from "../../sdk/schemas/statement";
import {
  benchmarkWith,
  buildStatement,
  deployVerifier,
  expectImproved,
  expectRefused,
  type Improvements,
  type Refusal,
  type RegisteredModel,
  submit,
  toCall,
} from "../../scripts/dev/world/improvements";
import { MethodAccess, Status } from "../../scripts/dev/world/models";
import { BPS, DAY, field } from "../../scripts/dev/world/units";

/** A method in a protocol with a model that uses it. */
export interface MethodContext extends Improvements {
  method: IVerificationMethod;
  /** A proof that the method accepts for this statement. */
  prove: (statement: ImprovementStatement) => Promise<string>;
  /** Why the method refuses this statement with a proof that was made for another. */
  refusalOf: (statement: ImprovementStatement, proof: string) => Promise<Refusal>;
  /** The same protocol on another verifier or chain, so that statements for it can be proven. */
  proveElsewhere: (
    elsewhere: Partial<Pick<Improvements, "verifier" | "network">>,
    statement: ImprovementStatement,
  ) => Promise<string>;
}

const OTHER_WORD = ethers.id("something else");

/** One other value for every field that a statement has. */
function mutationsOf(statement: ImprovementStatement): [string, ImprovementStatement][] {
  const { evaluation, contributors } = statement;
  const [first, ...rest] = contributors;
  const evaluations = Object.entries(evaluation).map(([name, value]: [string, bigint | string]) => {
    const mutated: Evaluation = { ...evaluation, [name]: typeof value === "bigint" ? value + 1n : OTHER_WORD };
    return [`evaluation.${name}`, { ...statement, evaluation: mutated }] as [string, ImprovementStatement];
  });
  return [
    ...evaluations,
    ["evaluationId", { ...statement, evaluationId: OTHER_WORD }],
    ["contributionDataHash", { ...statement, contributionDataHash: OTHER_WORD }],
    ["contributors, one more", { ...statement, contributors: [...contributors, first!] }],
    ["contributors, one less", { ...statement, contributors: rest }],
    ["contributors, the other order", { ...statement, contributors: [...contributors].reverse() }],
    ["contributors.account", { ...statement, contributors: [{ ...first!, account: ethers.ZeroAddress }, ...rest] }],
    ["contributors.shareBps", { ...statement, contributors: [{ ...first!, shareBps: BPS }, ...rest] }],
    ["contributorsRoot", { ...statement, contributorsRoot: OTHER_WORD }],
    ["attesterEpoch", { ...statement, attesterEpoch: statement.attesterEpoch + 1n }],
    ["deadline", { ...statement, deadline: statement.deadline + 1n }],
  ];
}

/** Why the registry refuses a field of an evaluation before it asks the method, if it knows what the field must be. */
function registryRefusal(
  { registry }: MethodContext,
  name: string,
  stated: Evaluation,
  right: Evaluation,
): Refusal | undefined {
  const key = name.replace("evaluation.", "") as keyof Evaluation;
  const mismatch = (error: string) => ({ contract: registry, error, args: [field(key), stated[key], right[key]] });
  switch (key) {
    case "model":
      return { contract: registry, error: "WrongModelStatus", args: [stated.model, Status.NONE, Status.REGISTERED] };
    case "benchmarkVersion":
    case "baselineScore":
      return mismatch("ValueMismatch");
    case "specHash":
    case "evaluationDataHash":
    case "baselineCommitment":
      return mismatch("HashMismatch");
    default:
      return undefined;
  }
}

/** V2: what every method owes: it accepts what was proven, and nothing else. */
export function shouldBehaveLikeVerificationMethod(fixture: () => Promise<MethodContext>): void {
  describe("as a verification method", () => {
    let context: MethodContext;
    let model: RegisteredModel;

    beforeEach(async () => {
      context = await loadFixture(fixture);
      model = context.model;
    });

    /** Asks the method alone, whatever the registry would say. */
    async function verify(statement: ImprovementStatement, proof: string) {
      const digest = await context.verifier.hashStatement(toCall(statement));
      return context.method.verify(statement.evaluation, statement.attesterEpoch, digest, proof);
    }

    it("returns its selector for a valid proof, and the improvement is recorded", async () => {
      const statement = await buildStatement(context, model);
      const proof = await context.prove(statement);
      expect(await verify(statement, proof)).to.equal(context.method.interface.getFunction("verify").selector);
      await expectImproved(context, model, statement, proof);
    });

    it("accepts a root of contributors too", async () => {
      const statement = await buildStatement(context, model, { contributors: [], contributorsRoot: OTHER_WORD });
      await expectImproved(context, model, statement, await context.prove(statement));
    });

    it("refuses a statement that differs in any one field", async () => {
      const statement = await buildStatement(context, model);
      const proof = await context.prove(statement);
      const mutations = mutationsOf(statement);
      const mutated = new Set(mutations.map(([name]) => name.replace(/^contributors\b.*/, "contributors")));
      const { evaluation, ...fields } = statement;
      expect([...mutated]).to.deep.equal([
        ...Object.keys(evaluation).map((name) => `evaluation.${name}`),
        ...Object.keys(fields),
      ]);
      for (const [name, other] of mutations) {
        const { contract, error, args } = await context.refusalOf(other, proof);
        await expect(verify(other, proof), name)
          .to.be.revertedWithCustomError(contract, error)
          .withArgs(...args);
        const refusal = registryRefusal(context, name, other.evaluation, evaluation) ?? { contract, error, args };
        await expect(submit(context, other, proof), name)
          .to.be.revertedWithCustomError(refusal.contract, refusal.error)
          .withArgs(...refusal.args);
      }
      await expectImproved(context, model, statement, proof);
    });

    it("V5: changes nothing when it refuses, and accepts the right proof afterwards", async () => {
      const statement = await buildStatement(context, model);
      const other = { ...statement, deadline: statement.deadline + DAY / 2n };
      const proof = await context.prove(statement);
      await expectRefused(context, model, other, proof, await context.refusalOf(other, proof));
      await expectImproved(context, model, other, await context.prove(other));
    });

    it("V1: refuses what was proven for another chain", async () => {
      const statement = await buildStatement(context, model);
      const network = { ...context.network, chainId: context.network.chainId + 1 };
      const proof = await context.proveElsewhere({ network }, statement);
      await expectRefused(context, model, statement, proof, await context.refusalOf(statement, proof));
    });

    it("V1: refuses what was proven for another verifier", async () => {
      const statement = await buildStatement(context, model);
      const verifier = await deployVerifier(context);
      const proof = await context.proveElsewhere({ verifier }, statement);
      await expectRefused(context, model, statement, proof, await context.refusalOf(statement, proof));
    });

    it("refuses an empty proof and half a proof", async () => {
      const statement = await buildStatement(context, model);
      const proof = await context.prove(statement);
      for (const part of ["0x", ethers.dataSlice(proof, 0, ethers.dataLength(proof) / 2)]) {
        await expect(verify(statement, part)).to.be.revertedWithoutReason();
        await expect(submit(context, statement, part)).to.be.revertedWithoutReason();
      }
    });

    it("still serves its models when it is taken off the allow-list, but no new benchmark", async () => {
      const { registry, admin, method } = context;
      const address = await method.getAddress();
      await registry.connect(admin).setMethodAccess(address, MethodAccess.NONE);
      const statement = await buildStatement(context, model);
      await expectImproved(context, model, statement, await context.prove(statement));
      const benchmark = await benchmarkWith(context, { method: address });
      await expect(registry.connect(admin).replaceBenchmark(model.id, benchmark))
        .to.be.revertedWithCustomError(registry, "MethodNotAllowed")
        .withArgs(address, MethodAccess.NONE);
    });
  });
}
