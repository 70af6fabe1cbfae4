import { loadFixture, setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, TypedDataEncoder } from "ethers";
import { ethers } from "hardhat";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  encodeHybridProof,
  encodeProof,
  hashStatement,
  type ImprovementStatement,
  STATEMENT_TYPES,
  statementDomain,
} from "../../sdk/schemas/statement";
import { buildStatement, deployImprovements, toCall } from "../../scripts/dev/world/improvements";

/** A statement as JSON has it, integers as decimal strings, with its digest on a chain and verifier. */
interface Vector {
  name: string;
  chainId: string;
  verifier: string;
  statement: unknown;
  digest: string;
}

const VECTORS: Vector[] = JSON.parse(readFileSync(join(__dirname, "../fixtures/statements.json"), "utf8"));
const TYPES = new TypedDataEncoder(STATEMENT_TYPES);
const LOCAL_CHAIN = "31337";

/** Integers stand in the file as decimal strings. */
function statementOf({ statement }: Vector): ImprovementStatement {
  return JSON.parse(JSON.stringify(statement), (_, value: unknown) =>
    typeof value === "string" && /^[0-9]+$/.test(value) ? BigInt(value) : value,
  ) as ImprovementStatement;
}

function hashVector(vector: Vector): string {
  return hashStatement(statementDomain(BigInt(vector.chainId), vector.verifier), statementOf(vector));
}

describe("Improvement statements in TypeScript", () => {
  it("have the types that the contract's interface publishes", async () => {
    const { verifier } = await loadFixture(deployImprovements);
    const { inputs } = verifier.interface.getFunction("processImprovement");
    const [statement] = inputs;
    const components = (type: typeof statement) => type!.components!.map(({ name, type }) => ({ name, type }));
    const structs = statement!.components!.filter(({ name }) => name === "evaluation" || name === "contributors");
    const [evaluation, contributors] = structs;

    expect(TYPES.primaryType).to.equal("ImprovementStatement");
    expect(STATEMENT_TYPES.Evaluation).to.deep.equal(components(evaluation));
    expect(STATEMENT_TYPES.Contributor).to.deep.equal(
      contributors!.arrayChildren!.components!.map(({ name, type }) => ({ name, type })),
    );
    expect(STATEMENT_TYPES.ImprovementStatement.map(({ name }) => name)).to.deep.equal(
      statement!.components!.map(({ name }) => name),
    );
  });

  it("have the type hashes that the contract was compiled with", async () => {
    const { verifier } = await loadFixture(deployImprovements);
    const code = await verifier.getDeployedCode();

    for (const type of Object.keys(STATEMENT_TYPES)) {
      expect(code).to.include(ethers.id(TYPES.encodeType(type)).slice(2), type);
    }
  });

  it("have the domain that the contract publishes", async () => {
    const { verifier, network } = await loadFixture(deployImprovements);
    const [fields, name, version, chainId, verifyingContract, salt, extensions] = await verifier.eip712Domain();

    expect(statementDomain(BigInt(network.chainId), await verifier.getAddress())).to.deep.equal({
      name,
      version,
      chainId,
      verifyingContract,
    });
    expect([fields, salt, extensions]).to.deep.equal(["0x0f", ethers.ZeroHash, []]);
  });

  it("have the contract's digest", async () => {
    const context = await loadFixture(deployImprovements);
    const { verifier, network, model } = context;
    const statement = await buildStatement(context, model);
    const domain = statementDomain(BigInt(network.chainId), await verifier.getAddress());

    expect(hashStatement(domain, statement)).to.equal(await verifier.hashStatement(toCall(statement)));
  });

  for (const vector of VECTORS) {
    it(`hash to the golden digest: ${vector.name}`, () => {
      expect(hashVector(vector)).to.equal(vector.digest);
    });
  }

  for (const vector of VECTORS.filter(({ chainId }) => chainId === LOCAL_CHAIN)) {
    it(`hash to the golden digest on chain: ${vector.name}`, async () => {
      const { verifier } = await loadFixture(deployImprovements);
      await setCode(vector.verifier, (await verifier.getDeployedCode())!);
      const moved = await ethers.getContractAt("DeltaOneVerifier", vector.verifier);

      expect(await moved.hashStatement(toCall(statementOf(vector)))).to.equal(vector.digest);
    });
  }
});

describe("Proofs in TypeScript", () => {
  const [low, middle, high] = ["0x0a", "0x90", "0xf0"].map((end) => ethers.getAddress(ethers.zeroPadValue(end, 20)));
  const attestations = [high, low, middle].map((signer, i) => ({ signer: signer!, signature: `0x0${i}` }));

  it("order signers by address, each with its signature", () => {
    const [signers, signatures] = AbiCoder.defaultAbiCoder().decode(
      ["address[]", "bytes[]"],
      encodeProof(attestations),
    );
    expect([...signers]).to.deep.equal([low, middle, high]);
    expect([...signatures]).to.deep.equal(["0x01", "0x02", "0x00"]);
  });

  it("do not depend on the case of addresses, and leave their input unchanged", () => {
    const before = structuredClone(attestations);
    const lower = attestations.map(({ signer, signature }) => ({ signer: signer.toLowerCase(), signature }));
    expect(encodeProof(lower)).to.equal(encodeProof(attestations));
    expect(attestations).to.deep.equal(before);
  });

  it("refuse an invalid address", () => {
    expect(() => encodeProof([{ signer: "0x01", signature: "0x" }])).to.throw("invalid address");
  });

  it("of a hybrid method keep the order of its methods", () => {
    const [proofs] = AbiCoder.defaultAbiCoder().decode(["bytes[]"], encodeHybridProof(["0x02", "0x01"]));
    expect([...proofs]).to.deep.equal(["0x02", "0x01"]);
  });
});
