import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { IgnitionError } from "@nomicfoundation/ignition-core";
import { keccak256, type TransactionRequest } from "ethers";
import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import { causesOf, isOutage, isOutOfFunds, pause } from "../sdk/rpc/answers";

const TRIES = 5;

/** Nobody listens: worth another try only in the middle of something. */
const ABSENT = /HH108|ECONNREFUSED/;

/** What an endpoint says about a transaction that is there already, or whose nonce it sees otherwise than another does. */
const NONCE = /nonce|already known|known transaction|already imported|underpriced|replacement|replaced/i;

/** What an endpoint says about fees that have risen since they were asked for. */
const FEES = /less than (the )?block base fee/i;

/** Ignition's codes for what passes: dropped, unconfirmed, foreign and lost transactions, and nonces that lag behind. */
const PASSING_IGNITION = new Set([401, 402, 403, 404, 405, 411]);

/** Whether a deployment that failed so may go on a moment later, after another look at the chain. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Problem || isOutOfFunds(error)) return false;
  if (error instanceof IgnitionError && PASSING_IGNITION.has(error.errorNumber)) return true;
  return (
    isOutage(error) ||
    causesOf(error).some(({ code, message }) =>
      [ABSENT, NONCE, FEES].some((pattern) => pattern.test(`${code} ${message}`)),
    )
  );
}

/**
 * An endpoint that fails for a moment is asked again. A signed transaction can be sent any number of times: it is the same one,
 * and when the network has it, whatever the endpoint said, it was sent.
 */
export class PatientWrapper extends ProviderWrapper {
  async request(args: RequestArguments): Promise<unknown> {
    if (args.method === "eth_sendTransaction") return this._wrappedProvider.request(args);
    for (let failures = 1; ; failures++) {
      try {
        return await this._wrappedProvider.request(args);
      } catch (error) {
        if (args.method === "eth_sendRawTransaction") {
          const hash = await this.hashIfKnown(args);
          if (hash) return hash;
        }
        if (failures === TRIES || !isOutage(error, args.method)) throw error;
        await pause(failures);
      }
    }
  }

  private async hashIfKnown({ params }: RequestArguments): Promise<string | undefined> {
    const hash = keccak256((params as string[])[0] as string);
    try {
      const known = await this.request({ method: "eth_getTransactionByHash", params: [hash] });
      return known === null ? undefined : hash;
    } catch {
      return undefined;
    }
  }
}

/** The library's sending without its waiting. */
interface UncheckedSigner {
  _sendUncheckedTransaction(request: TransactionRequest): Promise<string>;
}

/** How often a transaction that was sent is looked for: half a minute in all. */
const LOOKS = 7;

/** A signer that gives up a transaction which its endpoint took and lost; the library's own waits for it without an end. */
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

/** Lets the error of a call say which call it was, as the errors of ethers do. */
class TellingProvider extends ProviderWrapper {
  async request(args: RequestArguments): Promise<unknown> {
    try {
      return await this._wrappedProvider.request(args);
    } catch (error) {
      const [transaction] = (args.params ?? []) as [{ to?: string }?];
      if (transaction?.to !== undefined) Object.assign(error as Error, { transaction });
      throw error;
    }
  }
}

/** What every network is reached through: errors tell their call, and all but the chain in this process are met with patience. */
export async function patient(provider: EIP1193Provider, _: unknown, network: string): Promise<EIP1193Provider> {
  return new TellingProvider(network === "hardhat" ? provider : new PatientWrapper(provider));
}
