import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BigNumberish, Signature } from "ethers";
import { ethers, network } from "hardhat";
import { HOUR, MAX_UINT256 } from "../../scripts/dev/world/units";
import { deployTokenWithPool, TOKEN_ARGUMENTS, type TokenContext } from "./token.fixture";

const BALANCE = 100n;
const AMOUNT = 40n;
/** Order of the group in which secp256k1 signatures live. */
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** A token of which alice holds {@link BALANCE}. */
async function tokenWithHolder() {
  const context = await deployTokenWithPool();
  await context.token.connect(context.pool).mint(context.alice, BALANCE);
  return context;
}

describe("ModelToken as an ERC-20", () => {
  let context: TokenContext;

  beforeEach(async () => {
    context = await loadFixture(tokenWithHolder);
  });

  describe("when tokens are transferred", () => {
    it("moves exactly the amount, and keeps the supply", async () => {
      const { token, alice, bob } = context;
      const transfer = token.connect(alice).transfer(bob, AMOUNT);
      await expect(transfer).to.emit(token, "Transfer").withArgs(alice, bob, AMOUNT);
      await expect(transfer).to.changeTokenBalances(token, [alice, bob], [-AMOUNT, AMOUNT]);
      expect(await token.totalSupply()).to.equal(BALANCE);
    });

    it("refuses more than the balance", async () => {
      const { token, alice, bob } = context;
      await expect(token.connect(alice).transfer(bob, BALANCE + 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(alice, BALANCE, BALANCE + 1n);
    });

    it("S6: refuses a transfer to zero, which would burn", async () => {
      const { token, alice } = context;
      await expect(token.connect(alice).transfer(ethers.ZeroAddress, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
        .withArgs(ethers.ZeroAddress);
    });
  });

  describe("when a spender transfers", () => {
    it("S7: lets the spender take at most what was approved, and nobody else anything", async () => {
      const { token, alice, bob, mallory } = context;
      await expect(token.connect(alice).approve(bob, AMOUNT)).to.emit(token, "Approval").withArgs(alice, bob, AMOUNT);
      await expect(token.connect(bob).transferFrom(alice, bob, AMOUNT + 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(bob, AMOUNT, AMOUNT + 1n);
      await token.connect(bob).transferFrom(alice, bob, AMOUNT);
      expect(await token.allowance(alice, bob)).to.equal(0);
      await expect(token.connect(mallory).transferFrom(alice, mallory, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(mallory, 0, 1);
    });

    it("S7: gives the pool no allowance without an approval", async () => {
      const { token, alice, pool } = context;
      await expect(token.connect(pool).transferFrom(alice, pool, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(pool, 0, 1);
    });
  });

  describe("when ether is sent to it", () => {
    it("refuses it", async () => {
      const { token, alice } = context;
      await expect(alice.sendTransaction({ to: token, value: 1n })).to.be.revertedWithoutReason();
    });
  });
});

describe("ModelToken.permit", () => {
  let context: TokenContext;
  let deadline: bigint;

  beforeEach(async () => {
    context = await loadFixture(tokenWithHolder);
    deadline = BigInt(await time.latest()) + HOUR;
  });

  /** The EIP-712 domain that holders sign for. */
  const domain = async () => ({
    name: TOKEN_ARGUMENTS.name,
    version: "1",
    chainId: network.config.chainId!,
    verifyingContract: await context.token.getAddress(),
  });

  /** What alice signs so that bob may spend {@link AMOUNT}. */
  const message = (overrides: { nonce?: bigint; value?: bigint; deadline?: bigint } = {}) => ({
    owner: context.alice.address,
    spender: context.bob.address,
    value: AMOUNT,
    nonce: 0n,
    deadline,
    ...overrides,
  });

  async function sign(
    signer: HardhatEthersSigner,
    overrides: Parameters<typeof message>[0] = {},
    domainOverrides = {},
  ) {
    const signed = { ...(await domain()), ...domainOverrides };
    return Signature.from(await signer.signTypedData(signed, PERMIT_TYPES, message(overrides)));
  }

  /** Submits alice's permit by a third party. */
  const submit = ({ v, r, s }: { v: BigNumberish; r: string; s: string }, value = AMOUNT, until = deadline) =>
    context.token.connect(context.mallory).permit(context.alice, context.bob, value, until, v, r, s);

  /** Whose signature the contract sees when it expects this message. */
  const signerSeen = async (signature: Signature, expected: Parameters<typeof message>[0] = {}) =>
    ethers.verifyTypedData(await domain(), PERMIT_TYPES, message(expected), signature);

  it("publishes its domain", async () => {
    const { token } = context;
    const { name, version, chainId, verifyingContract } = await domain();
    expect(await token.eip712Domain()).to.deep.equal([
      "0x0f",
      name,
      version,
      BigInt(chainId),
      verifyingContract,
      ethers.ZeroHash,
      [],
    ]);
    expect(await token.DOMAIN_SEPARATOR()).to.equal(ethers.TypedDataEncoder.hashDomain(await domain()));
  });

  it("approves the signed amount, and raises the nonce", async () => {
    const { token, alice, bob } = context;
    expect(await token.nonces(alice)).to.equal(0);
    await expect(submit(await sign(alice)))
      .to.emit(token, "Approval")
      .withArgs(alice, bob, AMOUNT);
    expect(await token.nonces(alice)).to.equal(1);
    await token.connect(bob).transferFrom(alice, bob, AMOUNT);
    expect(await token.balanceOf(bob)).to.equal(AMOUNT);
  });

  it("refuses a replay", async () => {
    const { token, alice } = context;
    const signature = await sign(alice);
    await submit(signature);
    await expect(submit(signature))
      .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
      .withArgs(await signerSeen(signature, { nonce: 1n }), alice);
    expect(await token.nonces(alice)).to.equal(1);
  });

  it("accepts a permit in the second of its deadline, and refuses it in the next", async () => {
    const { token, alice } = context;
    const first = await sign(alice);
    await time.setNextBlockTimestamp(deadline);
    await submit(first);
    const second = await sign(alice, { nonce: 1n });
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(submit(second)).to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature").withArgs(deadline);
  });

  it("refuses the signature of anybody but the owner", async () => {
    const { token, alice, mallory } = context;
    await expect(submit(await sign(mallory)))
      .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
      .withArgs(mallory, alice);
    expect(await token.allowance(alice, context.bob)).to.equal(0);
  });

  it("refuses a value or a deadline other than the signed one", async () => {
    const { token, alice } = context;
    const signature = await sign(alice);
    await expect(submit(signature, MAX_UINT256))
      .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
      .withArgs(await signerSeen(signature, { value: MAX_UINT256 }), alice);
    await expect(submit(signature, AMOUNT, deadline + 1n))
      .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
      .withArgs(await signerSeen(signature, { deadline: deadline + 1n }), alice);
  });

  for (const [field, value] of Object.entries({
    name: "Another Model",
    version: "2",
    chainId: 1,
    verifyingContract: ethers.ZeroAddress,
  })) {
    it(`refuses a signature for another ${field}`, async () => {
      const { token, alice } = context;
      const signature = await sign(alice, {}, { [field]: value });
      await expect(submit(signature))
        .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
        .withArgs(await signerSeen(signature), alice);
    });
  }

  it("refuses the malleated form of a signature, with a high s", async () => {
    const { token, alice } = context;
    const { v, r, s } = await sign(alice);
    const high = ethers.toBeHex(GROUP_ORDER - BigInt(s), 32);
    await expect(submit({ v: 55 - v, r, s: high }))
      .to.be.revertedWithCustomError(token, "ECDSAInvalidSignatureS")
      .withArgs(high);
  });

  it("refuses a signature of zeros", async () => {
    const { token } = context;
    await expect(submit({ v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash })).to.be.revertedWithCustomError(
      token,
      "ECDSAInvalidSignature",
    );
  });
});
