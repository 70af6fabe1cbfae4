import { expect } from "chai";
import { parseUnits, toQuantity, Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { environmentFor } from "../../deploy/rehearsal";
import { patientSigner } from "../../deploy/rpc";
import { noting, sendingAs, type Dispatch, type Sending } from "../../deploy/sends";
import { Problem } from "../../sdk/base/problem";
import type { SigningAccount } from "../../sdk/node/keys";
import { rpc, startAnvil, until, type Node } from "../../scripts/dev/world/process";

const gwei = (value: string) => parseUnits(value, "gwei");

/** A key that only its user has. */
const OWN = new Wallet(`0x${"a1".repeat(32)}`);
const TRANSFER = 21_000n;

describe("sendingAs: fee and signature of what commands send @uninstrumented", () => {
  let node: Node;
  let env: HardhatRuntimeEnvironment;
  let notices: string[];

  before(async () => {
    node = await startAnvil();
    env = environmentFor(hre, "localhost", { url: node.url });
  });

  after(() => node.stop());

  beforeEach(async () => {
    notices = [];
    await rpc(node.url, "anvil_setBalance", [OWN.address, toQuantity(10n ** 18n)]);
    await setBaseFee(gwei("10"));
  });

  const account: SigningAccount = {
    address: OWN.address,
    origin: "the keystore key.json",
    open: () => Promise.resolve(OWN),
  };
  const own: Sending = { accounts: async () => [account], onNotice: (notice) => notices.push(notice) };

  /** Lets the last block, and with it about the next, have a base fee. */
  async function setBaseFee(fee: bigint): Promise<void> {
    await rpc(node.url, "anvil_setNextBlockBaseFeePerGas", [toQuantity(fee)]);
    await rpc(node.url, "anvil_mine", ["0x1"]);
  }

  const baseFee = async () => (await env.ethers.provider.getBlock("latest"))!.baseFeePerGas as bigint;

  /** Sends nothing to nobody, as a command would that was told so. */
  const send = (sending: Sending, from = OWN.address, sends: Dispatch[] = [], fees: object = {}) =>
    noting(sends, () =>
      sendingAs(sending, async () =>
        patientSigner(await env.ethers.getSigner(from)).sendTransaction({
          to: OWN.address,
          gasLimit: TRANSFER,
          ...fees,
        }),
      ),
    );

  const count = () => env.ethers.provider.getTransactionCount(OWN.address);

  describe("given a key that the user names", () => {
    it("signs with it, and tells once whose key it is and where it comes from", async () => {
      env = environmentFor(hre, "localhost", { url: node.url }); // that has not said it yet
      const sends: Dispatch[] = [];
      const first = await send(own, OWN.address, sends);
      await send(own);
      expect((await env.ethers.provider.getTransactionReceipt(first.hash))?.status).to.equal(1);
      expect(notices).to.deep.equal([`signing as ${OWN.address}, by the keystore key.json`]);
      expect(sends).to.deep.equal([{ from: OWN.address, nonce: first.nonce, hash: first.hash, isRefused: false }]);
    });

    it("puts its account before those of a local chain", async () => {
      const addresses = await sendingAs(own, async () =>
        (await env.ethers.getSigners()).map((signer) => signer.address),
      );
      expect(addresses).to.have.length(21);
      expect(addresses[0]).to.equal(OWN.address);
    });

    it("gives each of several simultaneous transactions a nonce of its own", async () => {
      const before = await count();
      await sendingAs(own, async () => {
        const signer = patientSigner(await env.ethers.getSigner(OWN.address));
        await Promise.all([1, 2, 3].map(() => signer.sendTransaction({ to: OWN.address, gasLimit: TRANSFER })));
      });
      expect((await count()) - before).to.equal(3);
    });

    it("does not know the account outside of the command", async () => {
      expect((await env.ethers.getSigners()).map(({ address }) => address)).to.not.include(OWN.address);
    });
  });

  describe("given a ceiling on the gas price", () => {
    it("never offers more than the ceiling, even if more is usual", async () => {
      for (const from of [OWN.address, (await env.ethers.getSigners())[0]!.address]) {
        const ceiling = (await baseFee()) + 1n;
        const { maxFeePerGas } = await send({ ...own, maxFeePerGas: ceiling }, from);
        expect(maxFeePerGas, from).to.equal(ceiling);
      }
    });

    it("waits while the chain asks for more, says so once, and sends when it asks for less", async () => {
      await setBaseFee(gwei("40"));
      const before = await count();
      const sending = send({ ...own, maxFeePerGas: gwei("30") });
      await until(() => notices.length > 0);
      expect(await count()).to.equal(before);
      await setBaseFee(gwei("20"));
      await sending;
      expect(notices[0]).to.match(/^waiting: the chain asks [\d.]+ gwei for gas, more than the ceiling of 30\.0 gwei$/);
      expect(notices.filter((notice) => notice.startsWith("waiting"))).to.have.length(1);
    });

    it("refuses and sends nothing if the chain asks for more until the patience ends", async () => {
      await setBaseFee(gwei("40"));
      const before = await count();
      const sends: Dispatch[] = [];
      const failure: unknown = await send({ ...own, maxFeePerGas: gwei("30"), patience: 10 }, OWN.address, sends).catch(
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(Problem);
      expect((failure as Error).message).to.match(
        /^the chain asks [\d.]+ gwei for gas, more than the ceiling of 30\.0 gwei: run the same command again later, or raise --max-fee; nothing more was sent\.$/,
      );
      expect([await count(), sends]).to.deep.equal([before, []]);
    });

    it("refuses a transaction that was signed elsewhere at a higher price", async () => {
      const raw = await OWN.signTransaction({
        to: OWN.address,
        type: 2,
        chainId: 31_337,
        nonce: await count(),
        gasLimit: TRANSFER,
        maxFeePerGas: gwei("31"),
      });
      const offer = sendingAs({ maxFeePerGas: gwei("30") }, () => env.ethers.provider.broadcastTransaction(raw));
      await expect(offer).to.be.rejectedWith(
        Problem,
        "a transaction offers 31.0 gwei for gas, more than the ceiling of 30.0 gwei: raise --max-fee; it was not sent.",
      );
    });
  });

  it("offers what the account has, if that is what the next block asks for", async () => {
    const price = ((await baseFee()) * 9n) / 8n + 1n;
    await rpc(node.url, "anvil_setBalance", [OWN.address, toQuantity(TRANSFER * price)]);
    const wanted = { maxFeePerGas: gwei("50"), maxPriorityFeePerGas: 1n };
    expect((await send(own, OWN.address, [], wanted)).maxFeePerGas).to.equal(price);
  });

  it("offers the planned price until the base fee rises above it", async () => {
    const planned = (await baseFee()) + 2n;
    expect((await send({ ...own, plannedFeePerGas: planned })).maxFeePerGas).to.equal(planned);
    await setBaseFee(gwei("40"));
    expect((await send({ ...own, plannedFeePerGas: planned })).maxFeePerGas! > gwei("40")).to.equal(true);
  });

  it("leaves it to the chain to refuse an account with less", async () => {
    await rpc(node.url, "anvil_setBalance", [OWN.address, toQuantity(TRANSFER * gwei("5"))]);
    await expect(send(own)).to.be.rejectedWith(/insufficient funds/i);
  });
});
