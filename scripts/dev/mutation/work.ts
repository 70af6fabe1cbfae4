import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";

/** A test, named by its full title, which includes those of its suites. */
export interface TestName {
  readonly file: string;
  readonly test: string;
}

/** A mutant and the tests that can kill it. */
export interface Job {
  readonly file: string;
  /** The source with the fault in it. */
  readonly text: string;
  /** Contracts whose code depends on the fault, as `file:name`; none for a run without a fault. */
  readonly contracts: readonly string[];
  /** Single tests that run before all others. */
  readonly first: readonly TestName[];
  /** Groups of test files, the likeliest to fail first. */
  readonly tests: readonly (readonly string[])[];
}

/** The fate of a mutant: an `invalid` one does not compile, an `equivalent` one compiles to the same code. */
export type MutantFate = "killed" | "survived" | "equivalent" | "invalid";

export interface MutantVerdict {
  readonly outcome: MutantFate;
  /** The test that failed. */
  readonly killer?: TestName & { readonly error: string };
}

/** One process of {@link ./worker.ts}. It is started when it is needed and replaced when it ends. */
export class Worker {
  #child: ChildProcess | undefined;
  #jobs = 0;

  /**
   * @param longest Milliseconds that a mutant may take; one that makes a test hang longer counts as killed.
   * @param mostJobs Number of mutants after which a new process takes over, as chains leak memory.
   */
  constructor(
    private readonly longest: number,
    private readonly mostJobs: number,
  ) {}

  async judge(job: Job): Promise<MutantVerdict> {
    if (this.#jobs++ % this.mostJobs === 0) this.stop();
    const child = (this.#child ??= await started());
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.stop();
        done({ outcome: "killed", killer: { file: "", test: "", error: `no end after ${this.longest / 1000} s` } });
      }, this.longest);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        child.removeAllListeners();
        act();
      };
      child.once("message", (verdict) => settle(() => done(verdict as MutantVerdict)));
      child.once("exit", (code) => settle(() => fail(new Error(`a worker ended with code ${code}`))));
      child.send(job);
    });
  }

  stop(): void {
    this.#child?.removeAllListeners();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}

function started(): Promise<ChildProcess> {
  const child = fork(join(__dirname, "worker.ts"), { execArgv: ["-r", "ts-node/register/transpile-only"] });
  return new Promise((done, fail) => {
    child.once("message", () => done(child.removeAllListeners()));
    child.once("exit", (code) => fail(new Error(`a worker ended with code ${code}`)));
  });
}
