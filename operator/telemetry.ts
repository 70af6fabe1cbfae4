// SPDX-License-Identifier: MIT
// What the service says about itself: one line of JSON for each event, and metrics in Prometheus' text format.

import { printedJson } from "../sdk/base/printed";

/** Everything that is measured: kind and meaning, by name without the prefix. */
export const OPERATOR_METRICS = {
  build_info: ["gauge", "Always 1; the labels say what runs."],
  head_block: ["gauge", "Latest block that was looked at."],
  head_timestamp_seconds: ["gauge", "The chain's time of the latest block that was looked at."],
  scanned_block: ["gauge", "Latest block whose events were read."],
  last_pass_timestamp_seconds: ["gauge", "When all duties were last looked at."],
  models_undeclared: ["gauge", "Registered models that are not launched yet and have no model file."],
  model_files_invalid: ["gauge", "Model files that cannot be read."],
  waiting: ["gauge", "What a duty has seen but not finished, including what it refuses for now."],
  waiting_since_timestamp_seconds: [
    "gauge",
    "When the oldest file that waits in a duty's folder arrived; 0 if none waits.",
  ],
  refused: ["gauge", "What a duty refuses for now."],
  balance_ether: ["gauge", "Ether of an account."],
  fee_funds_usdc: ["gauge", "What the router may take from the fee account: its USDC, or what it has approved."],
  spent_today_usdc: [
    "gauge",
    "What the fee account has deposited in the present UTC day of the chain, as far as confirmed.",
  ],
  fee_lumps_total: ["counter", "Deposits of fees so large that buying in their block and selling a day later pays."],
  payouts: ["gauge", "Rewards that are neither released nor returned, by status."],
  payouts_next_due_timestamp_seconds: ["gauge", "When the next reward is due; 0 if none waits."],
  transactions_unmined: ["gauge", "Transactions of an account that no block has yet."],
  reorgs_total: ["counter", "Reorganisations deeper than the configured confirmations."],
  actions_total: ["counter", "Finished actions of a duty by result."],
  transactions_total: ["counter", "Transactions of an account: sent, replaced, mined, reverted or lost."],
  rpc_failures_total: ["counter", "Requests to the chain that had to be made again."],
  failures_total: ["counter", "Passes of a duty that were not finished."],
  posts_total: ["counter", "Answered posts by status."],
} as const satisfies Record<string, readonly ["gauge" | "counter", string]>;

/** The prefix of every name. */
export const PREFIX = "hokusai_operator_";

type Metric = keyof typeof OPERATOR_METRICS;
type Labels = Readonly<Record<string, string>>;

/** How much an event matters. */
export type Level = "info" | "warn" | "error";

/** Log and metrics of one service. They never receive a secret. */
export class Telemetry {
  private readonly values = new Map<Metric, Map<string, number>>();

  constructor(private readonly print: (line: string) => void) {}

  /** Prints an event; amounts become strings of digits. */
  log(level: Level, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const entry = { time: new Date().toISOString(), level, event, ...fields };
    const line = JSON.stringify(entry, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
    this.print(printedJson(line));
  }

  /** Adds one to a counter. */
  count(metric: Metric, labels: Labels = {}): void {
    this.set(metric, this.get(metric, labels) + 1, labels);
  }

  /** Sets a gauge. */
  set(metric: Metric, value: number, labels: Labels = {}): void {
    const series = this.values.get(metric) ?? new Map<string, number>();
    this.values.set(metric, series.set(format(labels), value));
  }

  /** The present value of a metric. */
  get(metric: Metric, labels: Labels = {}): number {
    return this.values.get(metric)?.get(format(labels)) ?? 0;
  }

  /** All metrics in Prometheus' text format. */
  render(): string {
    const lines = Object.entries(OPERATOR_METRICS).flatMap(([metric, [kind, help]]) => {
      const series = [...(this.values.get(metric as Metric) ?? [])];
      const name = `${PREFIX}${metric}`;
      return [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${kind}`,
        ...series.map(([labels, value]) => `${name}${labels} ${value}`),
      ];
    });
    return `${lines.join("\n")}\n`;
  }
}

/** Labels are names and addresses of our own making, so none needs an escape. */
function format(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
