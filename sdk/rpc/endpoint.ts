// The client of a node, through which every request to a chain is made. It retries passing failures, makes smaller requests if a node has
// limits, never asks for too much at once, and keeps a node's credentials out of everything that is shown.

import { Problem } from "../base/problem.ts";
import { kindOfError, kindOfStatus, NodeFailure, type FailureKind, type RpcError } from "./answers.ts";
import { restAfter, sleep } from "../base/rest.ts";

/** A JSON-RPC request. */
export interface RpcRequest {
  readonly method: string;
  readonly params: unknown;
}

/** A node's answer to a request, after passing failures have been retried. */
export type RpcAnswer = { readonly result: unknown } | { readonly error: RpcError };

/** The options of a client. */
export interface EndpointOptions {
  /** How often a request is tried while the node does not answer; 5 by default. */
  readonly tries?: number;
  /** How often a request is tried while the node answers that it is busy or behind; 5 by default. */
  readonly answers?: number;
  /** The longest time that an answer may take, in milliseconds; 20 seconds by default. */
  readonly timeout?: number;
  /** The most requests in a message; 1 by default. */
  readonly batch?: number;
  /** The most messages in flight at the same time; 8 by default. */
  readonly atOnce?: number;
  /** Ends all waiting. */
  readonly signal?: AbortSignal;
  /** Called with the reason after each try without an answer. */
  readonly onSilence?: (reason: string) => void;
  /** Called after each message that was answered. */
  readonly onAnswer?: () => void;
}

const LONGEST_REST = 60_000;

/** The reason why a whole message was not answered. */
interface Silence {
  readonly kind: Exclude<FailureKind, "revert">;
  readonly reason: string;
  /** The pause that the node asks for, in milliseconds. */
  readonly rest?: number;
}

interface Envelope {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: RpcError;
}

interface Waiting {
  readonly request: RpcRequest;
  readonly resolve: (answer: RpcAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A client that answers requests for a chain: a single node, or several that can replace each other. */
export interface ChainClient {
  /** The node's host, which is the only part of its address that is ever shown. */
  readonly host: string;
  ask(request: RpcRequest): Promise<RpcAnswer>;
  send<T>(method: string, params?: readonly unknown[]): Promise<T>;
}

/** The client of a single node. */
export class Endpoint implements ChainClient {
  /** The node's host, which is the only part of its address that is ever shown, because paths and queries contain keys. */
  readonly host: string;

  private readonly address: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly queue: Waiting[] = [];
  private readonly idle: (() => void)[] = [];
  private underWay = 0;
  private batch: number;
  private resting: Promise<void> = Promise.resolve();

  constructor(
    url: string,
    private readonly options: EndpointOptions = {},
  ) {
    if (!URL.canParse(url))
      throw new Problem("BAD_OPTION", "the address of the node is not a URL: correct it in the environment.");
    const { username, password, host } = new URL(url);
    const bare = new URL(url);
    [bare.username, bare.password] = ["", ""];
    this.host = host;
    this.address = bare.href;
    this.batch = options.batch ?? 1;
    this.headers = {
      "content-type": "application/json",
      ...(username !== "" && {
        authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`,
      }),
    };
  }

  /**
   * Sends a request to the node. If `batch` is above 1, requests of the same turn of the event loop share a message. Throws a
   * {@link NodeFailure} with the node's own message.
   */
  async send<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const answer = await this.ask({ method, params });
    if ("error" in answer) throw failureOf(method, answer.error);
    return answer.result as T;
  }

  /** Sends a request to the node and returns its answer, including errors. */
  ask(request: RpcRequest): Promise<RpcAnswer> {
    return new Promise((resolve, reject) => {
      this.queue.push({ request, resolve, reject });
      if (this.batch === 1) this.dispatch();
      else if (this.queue.length === 1) setTimeout(() => this.dispatch());
    });
  }

  private dispatch(): void {
    while (this.queue.length > 0) void this.deliver(this.queue.splice(0, this.batch));
  }

  /** Settles all of these requests: with their answers, or with the same error. */
  private async deliver(waiting: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.exchange(waiting.map(({ request }) => request));
      waiting.forEach(({ resolve }, index) => resolve(answers[index] as RpcAnswer));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  /** Returns the answers to requests, in their order. */
  private async exchange(requests: readonly RpcRequest[]): Promise<RpcAnswer[]> {
    const { tries = 5, answers: most = 5 } = this.options;
    const found = new Map<RpcRequest, RpcAnswer>();
    let [silent, busy] = [0, 0];
    for (let open = requests; open.length > 0;) {
      const reply = await this.inTurn(() => this.post(open));
      if ("kind" in reply) {
        const { kind, reason, rest } = reply;
        if (kind === "limit" && open.length > 1) {
          this.batch = Math.ceil(open.length / 2);
          const halves = [open.slice(0, this.batch), open.slice(this.batch)];
          for (const half of halves)
            (await this.exchange(half)).forEach((answer, at) => found.set(half[at] as RpcRequest, answer));
          break;
        }
        if (kind === "passing") this.options.onSilence?.(reason);
        silent++;
        if (kind !== "passing" || silent >= tries) {
          if (rest !== undefined) void this.holdOff(rest);
          throw new NodeFailure(kind, 0, `${this.host}: ${reason}`);
        }
        await this.rest(silent, rest);
        continue;
      }
      this.options.onAnswer?.();
      busy++;
      open.forEach((request, index) => found.set(request, reply[index] as RpcAnswer));
      open = busy < most ? open.filter((request) => isPassing(request, found.get(request))) : [];
      if (open.length > 0) await this.rest(busy);
    }
    return requests.map((request) => found.get(request) as RpcAnswer);
  }

  /** Runs an action once a slot for a message is free and the node no longer wants a rest. */
  private async inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.underWay >= (this.options.atOnce ?? 8)) await new Promise<void>((turn) => this.idle.push(turn));
    else this.underWay++;
    try {
      await this.resting;
      return await action();
    } finally {
      const next = this.idle.shift();
      if (next) next();
      else this.underWay--;
    }
  }

  /**
   * Waits longer after each failure, a random time between half of the pause and the whole, so that several clients do not return at the
   * same
   * moment. If the node says for how long, no request is sent to it before.
   */
  private async rest(failures: number, wanted?: number): Promise<void> {
    await (wanted === undefined ? restAfter(failures, this.options.signal) : this.holdOff(wanted));
  }

  /** Sends no requests to the node for some milliseconds. */
  private holdOff(milliseconds: number): Promise<void> {
    const pause = sleep(milliseconds, this.options.signal);
    this.resting = pause.catch(() => undefined);
    return pause;
  }

  /** Returns the node's answers in the order of the requests, or the reason why there are none. */
  private async post(requests: readonly RpcRequest[]): Promise<RpcAnswer[] | Silence> {
    const { signal, timeout = 20_000 } = this.options;
    signal?.throwIfAborted();
    const envelopes = requests.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }));
    const limit = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(this.address, {
        method: "POST",
        headers: this.headers,
        body: JSON.stringify(envelopes.length === 1 ? envelopes[0] : envelopes),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      return readReply(requests, response.status, await response.text(), restOf(response.headers.get("retry-after")));
    } catch (error) {
      signal?.throwIfAborted();
      const { name, cause } = error as Error;
      if (name === "TimeoutError") return { kind: "passing", reason: `no answer within ${timeout / 1000} s` };
      const code = (cause as { code?: unknown } | undefined)?.code;
      return { kind: "passing", reason: `no connection${typeof code === "string" ? ` (${code})` : ""}` };
    }
  }
}

/** Converts an error in a node's answer to a failure. */
export function failureOf(method: string, error: RpcError): NodeFailure {
  return new NodeFailure(kindOfError(method, error), error.code, error.message, error.data);
}

function isPassing({ method }: RpcRequest, answer: RpcAnswer | undefined): boolean {
  return answer !== undefined && "error" in answer && kindOfError(method, answer.error) === "passing";
}

/** A JSON-RPC body is an answer whatever the HTTP status: providers send limits with 400 and 413, and reverts with 500. */
function readReply(
  requests: readonly RpcRequest[],
  status: number,
  body: string,
  rest: number | undefined,
): RpcAnswer[] | Silence {
  if (status === 401 || status === 403) {
    return { kind: "final", reason: `the node refuses access with status ${status}: look at the key in its address` };
  }
  const envelopes = envelopesIn(body);
  if (envelopes === undefined) {
    const kind = kindOfStatus(status) as Silence["kind"];
    const isOk = status >= 200 && status < 300;
    const reason = isOk
      ? "an answer that is not JSON"
      : `status ${status}${kind === "final" ? " and no JSON: look at the address" : ""}`;
    return { kind: isOk ? "passing" : kind, reason, ...(rest !== undefined && { rest }) };
  }
  const [first] = envelopes;
  if (first?.error && envelopes.length === 1 && (requests.length > 1 || status === 429)) {
    // One error answers the whole message.
    const kind = status === 429 ? "passing" : kindOfError("", first.error);
    if (kind === "passing" || kind === "limit") {
      return { kind, reason: first.error.message, ...(rest !== undefined && { rest }) };
    }
  }
  const byId = new Map(envelopes.map((envelope) => [envelope.id, envelope]));
  return requests.map(({ method }, id) => {
    const { result, error } = byId.get(id) ?? (requests.length === 1 && first?.error ? first : missing(method));
    return error ? { error } : { result: result ?? null };
  });
}

function missing(method: string): Envelope {
  return { id: undefined, error: { code: -32_603, message: `no answer to ${method}` } };
}

function envelopesIn(body: string): Envelope[] | undefined {
  try {
    const content: unknown = JSON.parse(body);
    const envelopes = [content].flat() as Envelope[];
    return envelopes.every(
      (entry) => typeof entry === "object" && entry !== null && ("result" in entry || "error" in entry),
    )
      ? envelopes
      : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the milliseconds to wait according to a header that gives seconds or a date. */
function restOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wanted = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), LONGEST_REST) : undefined;
}
