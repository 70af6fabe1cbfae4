import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { argumentsOf, buildLaunch, deployProtocol, deployToken, type Protocol } from "../../scripts/dev/world/protocol";
import { MODEL_ID, modelIdOf } from "../../scripts/dev/world/models";
import { rawCall } from "../helpers/rawCall";

const ALLOWED = /^[A-Za-z0-9._-]$/;
const MAX_LENGTH = 64;
const BYTES = 256;

// Each differs from the published id in one character that looks the same, or nothing at all.
const LOOKALIKES = {
  "a Cyrillic е": "sеntiment-v2",
  "a non-breaking hyphen": "sentiment‑v2",
  "a full-width digit": "sentiment-v２",
  "a zero-width space": "sentiment\u200b-v2",
  "a combining accent": "sentime\u0301nt-v2",
  "a trailing space": "sentiment-v2 ",
  "a leading space": " sentiment-v2",
  "a trailing zero byte": "sentiment-v2\0",
  "a trailing newline": "sentiment-v2\n",
  "a slash": "sentiment/v2",
};

/** Answer of a deployment under an id of any bytes, valid UTF-8 or not. */
async function deployUnder(protocol: Protocol, id: Uint8Array) {
  const { tokenManager, launcher } = protocol;
  const { selector, inputs } = tokenManager.interface.getFunction("deployTokenWithAllocations");
  const types = [ethers.ParamType.from("bytes"), ...inputs.slice(1)];
  const [, ...rest] = argumentsOf(buildLaunch(protocol));
  const data =
    selector +
    ethers.AbiCoder.defaultAbiCoder()
      .encode(types, [id, ...rest])
      .slice(2);
  return rawCall(launcher.address, await tokenManager.getAddress(), data);
}

describe("ModelId", () => {
  let protocol: Protocol;

  beforeEach(async () => {
    protocol = await loadFixture(deployProtocol);
  });

  /** Expects a deployment under the id to revert with `InvalidModelId` and exactly its bytes. */
  async function expectRefused(id: Uint8Array) {
    const { selector } = protocol.tokenManager.interface.getError("InvalidModelId")!;
    const expected = selector + ethers.AbiCoder.defaultAbiCoder().encode(["bytes"], [id]).slice(2);
    expect(await deployUnder(protocol, id)).to.deep.equal({ reverted: true, data: expected });
  }

  async function expectAccepted(id: Uint8Array) {
    const { tokenManager } = protocol;
    // The first contract that the TokenManager created is the reward distributor.
    const token = ethers.getCreateAddress({ from: await tokenManager.getAddress(), nonce: 2 });
    expect(await deployUnder(protocol, id)).to.deep.equal({
      reverted: false,
      data: ethers.zeroPadValue(token, 32).toLowerCase(),
    });
  }

  describe("when the id is one byte", () => {
    it("accepts exactly A-Z, a-z, 0-9, dot, underscore and hyphen, of all 256 bytes", async () => {
      let accepted = 0;
      for (let byte = 0; byte < BYTES; byte++) {
        const valid = ALLOWED.test(String.fromCharCode(byte));
        accepted += Number(valid);
        await (valid ? expectAccepted : expectRefused)(Uint8Array.of(byte));
      }
      expect(accepted).to.equal(26 + 26 + 10 + 3);
    });
  });

  describe("when the id has a length at its bounds", () => {
    for (const length of [0, MAX_LENGTH + 1, 10 * MAX_LENGTH]) {
      it(`refuses ${length} characters`, async () => {
        await expectRefused(ethers.toUtf8Bytes("a".repeat(length)));
      });
    }
    for (const length of [1, MAX_LENGTH]) {
      it(`accepts ${length} characters`, async () => {
        await expectAccepted(ethers.toUtf8Bytes("a".repeat(length)));
      });
    }
  });

  describe("when one character of the longest id is wrong", () => {
    for (const position of [0, 31, 32, MAX_LENGTH - 1]) {
      it(`refuses it at position ${position}`, async () => {
        const id = ethers.toUtf8Bytes("a".repeat(MAX_LENGTH));
        id[position] = " ".charCodeAt(0);
        await expectRefused(id);
      });
    }
  });

  describe("when the id looks like a published one", () => {
    for (const [difference, id] of Object.entries(LOOKALIKES)) {
      it(`refuses ${difference}`, async () => {
        expect(id).to.not.equal(MODEL_ID);
        await expectRefused(ethers.toUtf8Bytes(id));
      });
    }

    it("treats an id in another letter case as another model", async () => {
      const { tokenManager, registry, launcher } = protocol;
      for (const modelId of [MODEL_ID, MODEL_ID.toUpperCase()]) {
        await tokenManager
          .connect(launcher)
          .deployTokenWithAllocations(...argumentsOf(buildLaunch(protocol, { modelId })));
      }
      const [lower, upper] = await Promise.all(
        [MODEL_ID, MODEL_ID.toUpperCase()].map((id) => tokenManager.tokenOf(id)),
      );
      expect(lower).to.not.equal(upper);
      expect(await registry.tokenOf(modelIdOf(MODEL_ID))).to.equal(lower);
    });
  });

  describe("when an invalid id is only looked up", () => {
    it("returns zero as its token", async () => {
      const { tokenManager } = protocol;
      await deployToken(protocol);
      expect(await tokenManager.tokenOf(MODEL_ID)).to.not.equal(ethers.ZeroAddress);
      for (const id of ["", "a".repeat(MAX_LENGTH + 1), ...Object.values(LOOKALIKES)]) {
        expect(await tokenManager.tokenOf(id)).to.equal(ethers.ZeroAddress);
      }
    });
  });
});
