// A service behind HTTP: asked again where that does no harm, bounded in time and size, and what opens it is never shown.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import { restAfter, sleep } from "../base/rest.ts";

/** How a service is reached. */
export interface HttpServiceOptions {
  /** What messages call it: "the platform". */
  readonly name: string;
  readonly url: string;
  /** Sent with each request; their values are secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often the same is asked while nobody answers or it is busy; four times without it. */
  readonly tries?: number;
  /** Milliseconds that an answer may take; 30 seconds without it. */
  readonly timeout?: number;
  /** Ends all waiting. */
  readonly signal?: AbortSignal;
}

/** One request. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the service's address on, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON, or as it is when it is a Blob. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether asking twice does the same as asking once; of a GET, PUT or DELETE it does. */
  readonly isRepeatable?: boolean;
  /** Instead of the service's, for what takes long. */
  readonly timeout?: number;
}

/** What a service answered, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Bytes of an answer at most. */
const LARGEST = 64 * 1024 * 1024;

const LONGEST_REST = 60_000;

/** Answers after which the same may be asked again. */
const PASSING = new Set([429, 502, 503, 504]);

/** A service behind an address. */
export class HttpService {
  /** The service's host: of its address nothing else is shown. */
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
   * The answer to a request, read as a whole; a busy or silent service is asked again where that is safe.
   * @throws {Problem} `NODE_FAILED` when nobody answers, `UNKNOWN_OUTCOME` when what was asked for may have been done all the same.
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

  /** Begins a request: the answer's body is still to be read. Rejects as `fetch` does. */
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
      // A redirection would carry keys to whom nobody named.
      redirect: "error",
      signal: AbortSignal.any(limits.filter((limit) => limit !== undefined)),
    });
  }

  /** Waits longer after each failure; where the service says for how long, as long as that, up to a minute. */
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

  /** Why there is no answer; what was thrown for another reason is thrown on. */
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

/** Nobody was reached, so that nothing was done. */
const REFUSED = "the connection was refused";

/** The body of an answer, piece by piece: not every browser can iterate over a stream. Ends the answer when nobody listens any more. */
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

/** Milliseconds from a header that names seconds or a date. */
function restOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wanted = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), LONGEST_REST) : undefined;
}

/** The JSON of an answer; undefined where it is none. */
export function jsonOf({ body }: Pick<HttpAnswer, "body">): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
