import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { IgnitionError } from "@nomicfoundation/ignition-core";
import { keccak256, toQuantity, Transaction, ZeroAddress, type TransactionRequest } from "ethers";
import { ProviderWrapper } from "hardhat/plugins";
import type { RequestArguments } from "hardhat/types";
import { causesOf, isOutage, isOutOfFunds, isProblem, pause } from "../sdk/rpc/answers";
import { requireBelowCeiling } from "./fees";
import { isNoted, note, type Dispatch } from "./sends";

const TRIES = 5;

/** How often a transaction that must not be signed twice is offered; a quarter of a minute in all. */
const NOTED_TRIES = 7;

/** What an endpoint says if it has, or had, another transaction with this nonce, which may be this one. */
const TAKEN = /nonce|already known|known transaction|already imported|underpriced|replacement/i;

/** Nothing listens at the address. Worth a retry only in the middle of something. */
const ABSENT = /HH108|ECONNREFUSED/;

/** What an endpoint says about a transaction that it already has, or whose nonce it sees differently from another endpoint. */
const NONCE = /nonce|already known|known transaction|already imported|underpriced|replacement|replaced/i;

/** What an endpoint says if fees have risen since they were requested. */
const FEES = /less than (the )?block base fee/i;

/** Ignition's codes for passing failures: dropped, unconfirmed, foreign and lost transactions, and lagging nonces. */
const PASSING_IGNITION = new Set([401, 402, 403, 404, 405, 411]);

/** Whether a deployment that failed with this error may continue a moment later, after another look at the chain. */
export function isPassing(error: unknown): boolean {
  if (isProblem(error) || isOutOfFunds(error)) return false;
  if (error instanceof IgnitionError && PASSING_IGNITION.has(error.errorNumber)) return true;
  return (
    isOutage(error) ||
    causesOf(error).some(({ code, message }) =>
      [ABSENT, NONCE, FEES].some((pattern) => pattern.test(`${code} ${message}`)),
    )
  );
}

/** A transaction that a node is asked to sign and send. */
interface Unsigned {
  readonly from: string;
  readonly to?: string;
  readonly data?: string;
  readonly nonce?: string;
}

/** A transaction as a node's block has it. */
interface Included {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly nonce: string;
  readonly input: string;
}

/**
 * Retries when an endpoint fails for a moment. A transaction is signed once: a retry sends the same one or, if the node signs, one with the
 * same nonce, of which the chain accepts only one. If the network has the transaction, it counts as sent, whatever the endpoint said.
 */
export class PatientWrapper extends ProviderWrapper {
  /** Transactions that the node signs are sent one after the other, so that their nonces are consecutive. */
  private turn: Promise<unknown> = Promise.resolve();

  async request(args: RequestArguments): Promise<unknown> {
    if (args.method === "eth_sendRawTransaction") return this.sendSigned(args);
    if (args.method === "eth_sendTransaction") {
      const sending = this.turn.then(() => this.sendUnsigned(args));
      this.turn = sending.catch(() => undefined);
      return sending;
    }
    for (let failures = 1; ; failures++) {
      try {
        return await this._wrappedProvider.request(args);
      } catch (error) {
        if (failures === TRIES || !isOutage(error, args.method)) throw error;
        await pause(failures);
      }
    }
  }

  private async sendSigned(args: RequestArguments): Promise<unknown> {
    const raw = (args.params as string[])[0] as string;
    const hash = keccak256(raw);
    const dispatch = noteSigned(raw, hash);
    return this.offer(args, dispatch, async () => {
      const known = await this.request({ method: "eth_getTransactionByHash", params: [hash] });
      return known === null ? undefined : hash;
    });
  }

  private async sendUnsigned({ method, params }: RequestArguments): Promise<unknown> {
    const [given] = params as [Unsigned];
    const [first, next] = [
      (await this.request({ method: "eth_blockNumber" })) as string,
      given.nonce ??
        ((await this.request({ method: "eth_getTransactionCount", params: [given.from, "pending"] })) as string),
    ];
    const wanted = { ...given, nonce: next };
    const dispatch = note({ from: given.from, nonce: Number(next), isRefused: false });
    const hash = await this.offer({ method, params: [wanted] }, dispatch, () => this.findSent(wanted, Number(first)));
    dispatch.hash = hash as string;
    return hash;
  }

  /** Sends, and repeats while it is unknown whether the transaction arrived. Returns its hash, or throws the node's last error. */
  private async offer(
    args: RequestArguments,
    dispatch: Dispatch,
    find: () => Promise<string | undefined>,
  ): Promise<unknown> {
    const tries = isNoted() ? NOTED_TRIES : TRIES;
    let wasSilent = false;
    for (let failures = 1; ; failures++) {
      try {
        return await this._wrappedProvider.request(args);
      } catch (error) {
        const isSilent = isOutage(error, args.method);
        wasSilent ||= isSilent;
        const found = await find().catch(() => undefined);
        if (found !== undefined) return found;
        // If the nonce is taken after a silence, this transaction has most likely taken it, and the node will show it a moment later.
        const isTaken = TAKEN.test(String((error as Error).message));
        if (failures < tries && (isSilent || (wasSilent && isTaken))) {
          await pause(failures);
          continue;
        }
        dispatch.isRefused = !wasSilent && !isTaken;
        throw error;
      }
    }
  }

  /** The hash of an account's transaction that the node has signed, if it is in a block or pending. */
  private async findSent({ from, to, data, nonce }: Unsigned, first: number): Promise<string | undefined> {
    const last = Number(await this.request({ method: "eth_blockNumber" }));
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => toQuantity(first + index));
    for (const block of [...numbers, "pending"]) {
      const content = await this.request({ method: "eth_getBlockByNumber", params: [block, true] });
      const { transactions } = (content ?? { transactions: [] }) as { transactions: Included[] };
      const own = transactions.find(
        (sent) =>
          BigInt(sent.from) === BigInt(from) &&
          BigInt(sent.nonce) === BigInt(nonce as string) &&
          BigInt(sent.to ?? 0) === BigInt(to ?? 0) &&
          sent.input === (data ?? "0x"),
      );
      if (own) return own.hash;
    }
    return undefined;
  }
}

/** Notes a signed transaction, or throws if it offers too much. The node decides on one that cannot be parsed. */
function noteSigned(raw: string, hash: string): Dispatch {
  const signed = readSigned(raw);
  if (signed === undefined) return { from: ZeroAddress, nonce: 0, hash, isRefused: false };
  const { from, nonce, maxFeePerGas, gasPrice, chainId } = signed;
  // A transaction for any chain, such as CreateX's own on a local chain, was signed in advance at a price that nobody can change.
  if (chainId !== 0n) requireBelowCeiling(maxFeePerGas ?? gasPrice ?? 0n);
  return note({ from: from as string, nonce, hash, isRefused: false });
}

function readSigned(raw: string): Transaction | undefined {
  try {
    const transaction = Transaction.from(raw);
    return transaction.from === null ? undefined : transaction;
  } catch {
    return undefined;
  }
}

/** Hardhat's own method that sends a transaction without waiting until the node knows it. */
interface UncheckedSigner {
  _sendUncheckedTransaction(request: TransactionRequest): Promise<string>;
}

/** How often a transaction that was sent is looked up; half a minute in all. */
const LOOKS = 7;

/** Lets a signer give up a transaction that its endpoint accepted and then lost; Hardhat's own signer would wait for it for ever. */
export function patientSigner(signer: HardhatEthersSigner): HardhatEthersSigner {
  signer.sendTransaction = async (request: TransactionRequest) => {
    const block = await signer.provider.getBlockNumber();
    const hash = await (signer as unknown as UncheckedSigner)._sendUncheckedTransaction(request);
    for (let failures = 1; failures <= LOOKS; failures++) {
      const seen = await signer.provider.getTransaction(hash);
      if (seen) return seen.replaceableTransaction(block);
      await pause(failures);
    }
    throw new Error(`timed out: the RPC endpoint does not know the transaction ${hash} that it took`);
  };
  return signer;
}
