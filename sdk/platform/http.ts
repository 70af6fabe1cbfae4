// An HTTP service. Requests are retried where that is safe and bounded in time and size, and credentials are never shown.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { restAfter, sleep } from "../base/rest.ts";

/** How to reach a service. */
export interface HttpServiceOptions {
  /** The name of the service in messages, such as "the platform". */
  readonly name: string;
  readonly url: string;
  /** Sent with each request. The values are secret. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often a request is tried while the service is silent or busy; 4 by default. */
  readonly tries?: number;
  /** The longest time that an answer may take, in milliseconds; 30 seconds by default. */
  readonly timeout?: number;
  /** Ends all waiting. */
  readonly signal?: AbortSignal;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The encoded path, relative to the service's address. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON, except that a Blob is sent unchanged. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the request is idempotent. By default, GET, PUT and DELETE are; POST and PATCH are not. */
  readonly isRepeatable?: boolean;
  /** Replaces the service's timeout, for slow requests. */
  readonly timeout?: number;
}

/** The answer of a service, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** The largest answer that is accepted, in bytes. */
const LARGEST = 64 * 1024 * 1024;

const LONGEST_REST = 60_000;

/** The statuses after which the same request may succeed later. */
const PASSING = new Set([429, 502, 503, 504]);

export class HttpService {
  /** The service's host, which is the only part of its address that is ever shown. */
  readonly host: string;
  readonly name: string;
  private readonly root: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(private readonly options: HttpServiceOptions) {
    const { name, url, headers = {} } = options;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new Problem("BAD_OPTION", `the address of ${name} is no URL of http or https: correct it.`);
    const address = new URL(url);
    const { username, password, host } = address;
    [address.username, address.password, address.search, address.hash] = ["", "", "", ""];
    this.host = host;
    this.name = name;
    this.root = address.href.replace(/\/$/, "");
    const basic = `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;
    this.headers = { ...(username !== "" && { authorization: basic }), ...headers };
  }

  /**
   * Returns the whole answer to a request. If the service is busy or silent, retries where that is safe.
   * @throws {Problem} `NODE_FAILED` if the service does not answer, `UNKNOWN_OUTCOME` if the request may nevertheless have been carried
   * out.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { tries = 4 } = this.options;
    for (let tried = 1; ; tried++) {
      const response = await this.open(request).catch((error: unknown) => this.silenceOf(error));
      if (response instanceof Response) {
        const body = await this.read(response).catch((error: unknown) => this.silenceOf(error));
        if (body instanceof Uint8Array) {
          const { status, headers } = response;
          const mayPass = status === 429 || (PASSING.has(status) && isRepeatable(request));
          if (!mayPass || tried >= tries) return { status, headers, body };
          await this.rest(tried, restOf(headers.get("retry-after")));
          continue;
        }
        if (!isRepeatable(request)) throw this.unknown(request, body);
        if (tried >= tries) throw this.failed(body);
      } else {
        if (!isRepeatable(request) && response !== REFUSED) throw this.unknown(request, response);
        if (tried >= tries) throw this.failed(response);
      }
      await this.rest(tried);
    }
  }

  /** Starts a request. The body of the answer has yet to be read. Rejects like `fetch`. */
  async open(
    { method, path, query = {}, body, headers, timeout }: HttpRequest,
    signal?: AbortSignal,
  ): Promise<Response> {
    const parameters = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
    const limits = [this.options.signal, signal ?? AbortSignal.timeout(timeout ?? this.options.timeout ?? 30_000)];
    return fetch(`${this.root}${path}${parameters.size > 0 ? `?${parameters}` : ""}`, {
      method,
      headers: {
        ...(body !== undefined && !(body instanceof Blob) && { "content-type": "application/json" }),
        ...this.headers,
        ...headers,
      },
      ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
      // A redirect would send the credentials to a host that the user has not named.
      redirect: "error",
      signal: AbortSignal.any(limits.filter((limit) => limit !== undefined)),
    });
  }

  /** Waits longer after each failure, or as long as the service asks for, up to a minute. */
  async rest(failures: number, wanted?: number): Promise<void> {
    await (wanted === undefined ? restAfter(failures, this.options.signal) : sleep(wanted, this.options.signal));
  }

  private async read(response: Response): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of bodyPieces(response)) {
      size += piece.length;
      if (size > LARGEST)
        throw new Problem("NODE_FAILED", `${this.name} at ${this.host} answers with more than 64 MiB.`);
      pieces.push(piece);
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Returns why there is no answer. Errors with another cause are thrown. */
  private silenceOf(error: unknown): string {
    this.options.signal?.throwIfAborted();
    if (error instanceof Problem) throw error;
    const { name, cause } = Object(error) as { name?: unknown; cause?: { code?: unknown } };
    if (name === "TimeoutError") return "no answer in time";
    const code = cause?.code;
    if (code === "ECONNREFUSED") return REFUSED;
    return `no connection${typeof code === "string" ? ` (${code})` : ""}`;
  }

  private failed(reason: string): Problem {
    const remedy = "look whether it runs, and at its address";
    return new Problem("NODE_FAILED", `${this.name} at ${this.host} does not answer, ${reason}: ${remedy}.`, {
      remedy,
    });
  }

  private unknown({ method, path }: HttpRequest, reason: string): Problem {
    const remedy = "look whether it was done before you do it again";
    const what = `${method} ${printed(path)}`;
    return new Problem("UNKNOWN_OUTCOME", `${this.name} at ${this.host} was asked for ${what}, ${reason}: ${remedy}.`, {
      remedy,
    });
  }
}

/** The connection was refused, so the request was certainly not carried out. */
const REFUSED = "the connection was refused";

/**
 * Returns the body of an answer piece by piece, because some browsers cannot iterate over a stream. Cancels the answer if the consumer
 * stops.
 */
export async function* bodyPieces({ body }: Pick<Response, "body">): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function isRepeatable({ method, isRepeatable: isSaid }: HttpRequest): boolean {
  return isSaid ?? (method !== "POST" && method !== "PATCH");
}

/** Returns the milliseconds to wait according to a header that gives seconds or a date. */
function restOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wanted = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), LONGEST_REST) : undefined;
}

/** Parses an answer as JSON. Returns undefined if it is not JSON. */
export function jsonOf({ body }: Pick<HttpAnswer, "body">): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
