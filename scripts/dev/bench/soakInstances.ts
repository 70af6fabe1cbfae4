/** Operators of a soak, which are killed and begun again, and whether what they say of themselves is so. */
import { startOperator, type Entry, type OperatorProcess } from "../world/operatorProcess";
import type { SoakNode } from "./soakNode";

/**
 * Seconds after which a head is too old, and after which an instance looks at the head again at the latest: once in a pass, which takes a
 * quarter of a minute when a node answers at the last try only. The head's own time tells nothing here: the chain's clock has jumped.
 */
export const MAX_HEAD_AGE = 15;
const SLACK = 15;

/** An operator that is killed and begun again. */
export class SoakInstance {
  readonly logs: Entry[] = [];
  url = "";
  deaths = 0;
  /** Milliseconds at which it was begun last. */
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

  /** Asks a path; undefined while nobody answers. */
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

/** What `/ready` answers, as far as it is compared. */
interface Ready {
  readonly head: number;
  readonly problems: readonly string[];
}

/** Compares what instances say of themselves with what is so. */
export class SoakWitness {
  readonly faults: string[] = [];
  /** Answers by whether they said ready, and those that were given while the chain stood still or was away. */
  readonly answers = { ready: 0, unready: 0, unreadyInHoles: 0 };
  /** Why they said unready, without figures. */
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
        // The chain's clock has jumped ahead of ours: an instance sees how old a head is from its own beginning on.
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
