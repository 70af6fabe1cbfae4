import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { IgnitionError } from "@nomicfoundation/ignition-core";
import { keccak256, type TransactionRequest } from "ethers";
import { ProviderWrapper } from "hardhat/plugins";
import type { EIP1193Provider, RequestArguments } from "hardhat/types";

const TRIES = 5;
const FIRST_PAUSE = 250;

/** What endpoints and connections say when the same request may succeed a moment later. */
const PASSING = new RegExp(
  [
    "HH110|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR|socket|other side closed|timed? ?out|fetch failed",
    "Invalid JSON-RPC response|Too Many Requests|rate limit|limit exceeded|request limit|header not found|bad gateway",
    "service unavailable|internal server error|temporarily|missing trie node|unknown block|beyond (the )?(current )?head",
  ].join("|"),
  "i",
);

/** Codes of answers to those who ask too often, whatever the words. */
const BUSY = new Set<unknown>([429, -32005]);

/** Nobody listens: worth another try only in the middle of something. */
const ABSENT = /HH108|ECONNREFUSED/;

/** What an endpoint says about a transaction that is there already, or whose nonce it sees otherwise than another does. */
const NONCE = /nonce|already known|known transaction|already imported|underpriced|replacement|replaced/i;

/** What an endpoint says about fees that have risen since they were asked for. */
const FEES = /less than (the )?block base fee/i;

/** Ignition's codes for what passes: dropped, unconfirmed, foreign and lost transactions, and nonces that lag behind. */
const PASSING_IGNITION = new Set([401, 402, 403, 404, 405, 411]);

/** What endpoints say about logs of more blocks than they read at once; some with the code of those that are asked too often. */
const TOO_WIDE =
  /\brange\b(?!.*\bhead\b)|more than \d+ (blocks|logs|results)|too many (blocks|logs|results)|response size/i;

/** Whether an endpoint refuses to read so many blocks at once, or to answer so much: to ask for the same again is in vain. */
export const isTooWide = (message: string) => TOO_WIDE.test(message);

/** Whether an endpoint or a connection failed, so that the same request may succeed a moment later. */
export function isOutage(error: unknown): boolean {
  return chainOf(error).some(
    ({ code, message }) => !isTooWide(message) && (BUSY.has(code) || PASSING.test(`${code} ${message}`)),
  );
}

/** Whether an endpoint answered that it will not do what it was asked for, now or later. */
export function isRefusal(error: unknown): boolean {
  return !isOutage(error) && chainOf(error).some(({ code }) => typeof code === "number");
}

/** Whether an account has not what a transaction costs. */
export function isOutOfFunds(error: unknown): boolean {
  return chainOf(error).some(({ message }) => /insufficient funds|enough funds|exceeds? (the )?balance/i.test(message));
}

/** Whether a deployment that failed so may go on a moment later, after another look at the chain. */
export function isPassing(error: unknown): boolean {
  if (isOutOfFunds(error)) return false;
  if (error instanceof IgnitionError && PASSING_IGNITION.has(error.errorNumber)) return true;
  return (
    isOutage(error) ||
    chainOf(error).some(({ code, message }) =>
      [ABSENT, NONCE, FEES].some((pattern) => pattern.test(`${code} ${message}`)),
    )
  );
}

/** Waits longer after each failure: 0.25 s, 0.5 s, 1 s … */
export async function pause(failures: number): Promise<void> {
  await new Promise((later) => setTimeout(later, FIRST_PAUSE * 2 ** (failures - 1)));
}

/**
 * An endpoint that fails for a moment is asked again. A signed transaction can be sent any number of times: it is the same one,
 * and when the network has it, whatever the endpoint said, it was sent.
 */
export class PatientProvider extends ProviderWrapper {
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
        if (failures === TRIES || !isOutage(error)) throw error;
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
  return new TellingProvider(network === "hardhat" ? provider : new PatientProvider(provider));
}

/** An error and what it was caused by. */
function chainOf(error: unknown): { code: unknown; message: string }[] {
  if (typeof error !== "object" || error === null) return [];
  const { code, message, error: inner, info, parent, cause } = error as Record<string, unknown>;
  return [{ code, message: String(message) }, ...[inner, info, parent, cause].flatMap(chainOf)];
}
