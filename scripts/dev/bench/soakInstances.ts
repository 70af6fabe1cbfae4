/** The operators of a soak, which are killed and restarted, and a check of what they report about themselves. */
import { startOperator, type Entry, type OperatorProcess } from "../world/operatorProcess";
import type { SoakNode } from "./soakNode";

/**
 * Seconds after which a head is too old, and the most seconds between two looks of an instance at the head: it looks once per pass, which
 * takes a quarter of a minute if a node answers only at the last attempt. The head's own time does not matter here, because the chain's
 * clock has jumped.
 */
export const MAX_HEAD_AGE = 15;
const SLACK = 15;

/** An operator that is killed and restarted. */
export class SoakInstance {
  readonly logs: Entry[] = [];
  url = "";
  deaths = 0;
  /** When it was last started, in milliseconds. */
  startedAt = 0;
  private process: OperatorProcess | undefined;

  constructor(
    private readonly config: string,
    private readonly env: Record<string, string>,
  ) {}

  async start(): Promise<void> {
    const operator = startOperator(["--network", "localhost", "--config", this.config], this.env);
    this.process = operator;
    this.startedAt = Date.now();
    this.url = String((await operator.until(({ event }) => event === "started"))["url"]);
  }

  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const operator = this.process;
    this.url = "";
    this.process = undefined;
    if (operator === undefined) return;
    await operator.end(signal);
    this.logs.push(...operator.log);
    if (signal === "SIGKILL") this.deaths++;
  }

  /** Requests a path; undefined if nobody answers. */
  async ask(
    path: string,
    init: RequestInit = {},
  ): Promise<{ readonly status: number; readonly body: Ready } | undefined> {
    if (this.url === "") return undefined;
    try {
      const response = await fetch(`${this.url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
      return { status: response.status, body: (await response.json()) as Ready };
    } catch {
      return undefined;
    }
  }
}

/** The compared part of the answers of `/ready`. */
interface Ready {
  readonly head: number;
  readonly problems: readonly string[];
}

/** Compares what instances report about themselves with the facts. */
export class SoakWitness {
  readonly faults: string[] = [];
  /** Numbers of answers by whether they said ready, and of those that said otherwise while the chain stood still or was away. */
  readonly answers = { ready: 0, unready: 0, unreadyInHoles: 0 };
  /** Why they said that they were not ready, with figures masked. */
  readonly problems = new Set<string>();
  slowestLive = 0;

  constructor(
    private readonly node: SoakNode,
    private readonly instances: readonly SoakInstance[],
  ) {}

  async look(): Promise<void> {
    await Promise.all(
      this.instances.map(async (instance) => {
        const asked = Date.now();
        if ((await instance.ask("/live"))?.status === 200)
          this.slowestLive = Math.max(this.slowestLive, Date.now() - asked);
        const reply = await instance.ask("/ready");
        if (reply === undefined) return;
        // The chain's clock is ahead of ours, so an instance knows a head's age only since its own start.
        const age = Math.min(this.node.ageOf(reply.body.head), Date.now() - instance.startedAt) / 1_000;
        const isHole = this.node.isStalled || this.node.weather === "away";
        if (reply.status === 200) this.answers.ready++;
        else this.answers.unready++;
        for (const problem of reply.body.problems) this.problems.add(problem.replace(/\d+/g, "N"));
        if (reply.status !== 200 && isHole) this.answers.unreadyInHoles++;
        if (reply.status === 200 && age > MAX_HEAD_AGE + SLACK)
          this.faults.push(
            `ready is said at head ${reply.body.head}, which has been passed or stood still for ${Math.round(age)} s`,
          );
      }),
    );
  }
}
