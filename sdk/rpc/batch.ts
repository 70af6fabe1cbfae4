// SPDX-License-Identifier: MIT
// Requests to a node, many in one: a deployment is read in tens of thousands of small ones.

import { Problem } from "../base/problem";

/** Requests in one message, and messages under way at a time. */
const [BATCH, AT_ONCE] = [100, 2];

const TIMEOUT_MS = 60_000;

/** Seconds to wait before a message is sent again that came too early for the node. */
const PAUSES = [1, 2, 4, 8];
const TOO_MANY_REQUESTS = 429;

/** The node's answer to one request is that it failed. */
export class NodeRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

interface Request {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A node behind an address. What is asked in one turn goes out together. */
export class Rpc {
  private readonly queue: Request[] = [];
  private underWay = 0;

  constructor(private readonly url: string) {}

  /** Asks the node; throws {@link Refused} with its own words. */
  send<T>(method: string, params: readonly unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ method, params, resolve: (result) => resolve(result as T), reject });
      if (this.queue.length === 1) setTimeout(() => this.dispatch());
    });
  }

  private dispatch(): void {
    while (this.queue.length > 0 && this.underWay < AT_ONCE) {
      this.underWay++;
      void this.exchange(this.queue.splice(0, BATCH)).then(() => {
        this.underWay--;
        this.dispatch();
      });
    }
  }

  private async exchange(requests: readonly Request[]): Promise<void> {
    try {
      const messages = requests.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }));
      const answers = new Map((await this.post(JSON.stringify(messages))).map((answer) => [answer.id, answer]));
      requests.forEach(({ method, resolve, reject }, id) => {
        const { result, error } = answers.get(id) ?? { error: { code: 0, message: `no answer to ${method}` } };
        if (error) reject(new NodeRefusal(error.code, error.message));
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  }

  private async post(body: string, pauses: readonly number[] = PAUSES): Promise<Answer[]> {
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(this.url, { method: "POST", headers, body, signal });
    const [pause, ...others] = pauses;
    if (response.status === TOO_MANY_REQUESTS && pause !== undefined) {
      await new Promise((later) => setTimeout(later, 1_000 * pause));
      return this.post(body, others);
    }
    const text = await response.text();
    try {
      return [JSON.parse(text) as Answer | Answer[]].flat();
    } catch {
      throw new Problem(`the node answers with status ${response.status} and no JSON: look at its address.`);
    }
  }
}
