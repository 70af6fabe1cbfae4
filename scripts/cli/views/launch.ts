import { documentOf, type LaunchDocument, type LaunchResult, type MarketHistory } from "../../../deploy/demo/document";
import type { Usage } from "../../../deploy/demo/fees";
import type { Improved, Missed } from "../../../deploy/demo/improve";
import type { Released } from "../../../deploy/demo/release";
import type { Trading } from "../../../deploy/demo/trade";
import { nameOf } from "../../../deploy/journal";
import type { Protocol } from "../../../deploy/protocol";
import type { Step } from "../../../deploy/step";
import {
  formatInteger,
  formatPrice,
  formatReserve,
  formatTime,
  formatTokens,
  roundTokens,
} from "../../../sdk/base/units";
import type { Network } from "../../../sdk/client/access";
import type { Sent } from "../../../sdk/client/confirm";
import type { MarketState } from "../../../sdk/client/market";
import { projectedDilution, type ModelFile } from "../../../sdk/schemas/model";
import { bold, cyan, dim, green, table, yellow } from "../terminal";
import { marketTable, supplyTable } from "./market";

/** Shows a launch as it proceeds, and its result. */
export interface View {
  begin(network: Network, file: ModelFile): void;
  deployed(transaction: Sent): void;
  protocol(protocol: Protocol): void;
  step(step: Step): void;
  end(result: LaunchResult): void;
}

type Print = (line: string) => void;

/** For people: every step as it happens, then the market in tables. */
export function humanView(print: Print): View {
  let sent = 0;
  return {
    begin({ name, chainId }, file) {
      print("");
      print(`${bold(`Launch ${file.modelId}`)} ${dim(`on ${name}, chain ${chainId}`)}`);
      print("");
      print(bold("Protocol"));
    },
    deployed(transaction) {
      sent++;
      print(`  ${green("✓")} ${nameOf(transaction.name).padEnd(32)}${gas(transaction)}`);
    },
    protocol({ addresses }) {
      if (sent === 0) print(`  ${dim("·")} found and checked; nothing to send`);
      print("");
      Object.entries(addresses).forEach(([name, address]) => print(`    ${name.padEnd(21)} ${cyan(address)}`));
      print("");
      print(bold("Model"));
    },
    step(step) {
      stepLines(step).forEach((line) => print(line));
    },
    end(result) {
      summary(result).forEach((line) => print(line === "" ? line : `  ${line}`));
    },
  };
}

/** A step for people: its transaction, and the resulting state. */
export function stepLines(step: Step): string[] {
  const { name, sent, outcome } = step;
  const mark = isFound(step) ? dim("·") : isRefused(step) ? yellow("✗") : green("✓");
  const line = `  ${mark} ${name.padEnd(32)}${sent ? gas(sent) : dim(isFound(step) ? "found" : "")}`;
  return [line.trimEnd(), `    ${dim(outcome)}`];
}

const gas = ({ gasUsed, hash }: Sent) => `${formatInteger(gasUsed).padStart(11)} gas  ${dim(hash)}`;

/** For programs: the document of the launch, at its end. */
export function documentView(deliver: (document: LaunchDocument) => void): View {
  const deployment: Sent[] = [];
  const steps: Sent[] = [];
  const found: string[] = [];
  return {
    begin: () => undefined,
    deployed: (transaction) => void deployment.push(transaction),
    protocol: () => undefined,
    step(step) {
      const { name, sent } = step;
      if (sent) steps.push({ ...sent, name });
      if (isFound(step)) found.push(name);
    },
    end: (result) => deliver(documentOf(result, { deployment, steps, found })),
  };
}

/** Forwards everything to two views. */
export function bothViews(first: View, second: View): View {
  return {
    begin: (...told) => [first, second].forEach((view) => view.begin(...told)),
    deployed: (...told) => [first, second].forEach((view) => view.deployed(...told)),
    protocol: (...told) => [first, second].forEach((view) => view.protocol(...told)),
    step: (...told) => [first, second].forEach((view) => view.step(...told)),
    end: (...told) => [first, second].forEach((view) => view.end(...told)),
  };
}

/** Whether the step shows a call that must fail. */
const isRefused = ({ outcome }: Step) => outcome.startsWith("refused");

const isFound = (step: Step) => !step.sent && !step.isOffline && !isRefused(step);

function summary(result: LaunchResult): string[] {
  const { model, status, trading, improvement, belowTarget, release, usage, state, history } = result;
  const { supply, pool } = state;
  const { symbol } = model.file;
  return [
    "",
    bold(`${model.file.name} is ${status}`),
    "",
    ...supplyTable(supply, symbol),
    "",
    ...marketTable(pool, symbol),
    ...trades(trading, symbol),
    ...rewards(improvement),
    ...missed(belowTarget),
    ...released(release, symbol),
    ...waiting(history, model.file),
    ...fees(usage),
    ...dilution(model.file),
    ...sellsOpen(state, trading),
    "",
  ];
}

function trades(trading: Trading | undefined, symbol: string): string[] {
  if (!trading || trading.trades.length === 0) return [];
  const rows = trading.trades.map(({ name, reserve, tokens, priceBefore, priceAfter, impactBps }) => [
    name,
    formatReserve(reserve),
    formatTokens(roundTokens(tokens)),
    formatPrice(priceBefore),
    formatPrice(priceAfter),
    `${(Number(impactBps) / 100).toFixed(2)} %`,
  ]);
  return ["", ...table(["trades", "USDC", symbol, "price before", "after", "price impact"], rows)];
}

function rewards(improvement: Improved | undefined): string[] {
  if (!improvement) return [];
  const { metric, baselineValue, candidateValue, baselineScore, candidateScore, deltaBps } = improvement;
  const { symbol, reward, owner, contributors } = improvement;
  return [
    "",
    ...table(
      [`improvement: ${metric} ${baselineValue} → ${candidateValue}`, symbol],
      [
        [`${baselineScore} → ${candidateScore}, ${deltaBps} bps`, formatTokens(reward)],
        [`owner ${owner.account}`, formatTokens(owner.amount)],
        ...contributors.map(({ account, amount }) => [`contributor ${account}`, formatTokens(amount)]),
      ],
    ),
  ];
}

function missed(belowTarget: Missed | undefined): string[] {
  return belowTarget ? ["", `Nothing was paid: ${belowTarget.message}`] : [];
}

function released(release: Released | undefined, symbol: string): string[] {
  if (!release) return [];
  const { queuedAt, releasableFrom, balances } = release;
  return [
    "",
    ...table(
      [`balances in ${symbol} of the payees`, "before", "after"],
      [...balances.map(({ account, before, after }) => [account, formatTokens(before), formatTokens(after)])],
    ),
    "",
    `The reward waited from ${formatTime(queuedAt)} until ${formatTime(releasableFrom)}; then anybody could release it.`,
  ];
}

/** The rewards that wait on a chain whose time cannot be moved, and how to release them. */
function waiting({ improvements }: MarketHistory, { modelId, symbol }: ModelFile): string[] {
  const open = improvements.filter(({ status }) => !["released", "returned"].includes(status));
  if (open.length === 0) return [];
  return [
    "",
    ...table(
      [`rewards in ${symbol} that wait`, "amount", "to be released from"],
      open.map(({ evaluationId, reward, status, releasableFrom }) => [
        evaluationId,
        formatTokens(reward),
        status === "waits" || status === "due" ? formatTime(releasableFrom) : status,
      ]),
    ),
    "",
    `When its time has come, anybody releases one: npx hardhat payout:release ${modelId} <evaluation id> --network <name>.`,
  ];
}

function fees(usage: Usage | undefined): string[] {
  if (!usage) return [];
  const { fee, infrastructure, pool, invoice, priceBefore, priceAfter } = usage;
  return [
    "",
    ...table(
      ["a day of usage in USDC", ""],
      [
        ["fees", formatReserve(fee)],
        ["to infrastructure", formatReserve(infrastructure)],
        ["streamed to the pool", formatReserve(pool)],
        ["invoice paid", formatReserve(invoice.amount)],
        ["price before", formatPrice(priceBefore)],
        ["price after", formatPrice(priceAfter)],
      ],
    ),
  ];
}

function dilution(file: ModelFile): string[] {
  const projected = projectedDilution(file);
  if (!projected) return [];
  const rewards = `${formatTokens(projected.rewards)} ${file.symbol}`;
  const share = `${(Number(projected.bps) / 100).toFixed(2)} %`;
  const expected = `${file.expectedDeltaOnes} DeltaOnes expected in two years would mint ${rewards}`;
  return ["", `${expected}: ${share} of a full supply of ${formatTokens(projected.supply)}.`];
}

function sellsOpen({ pool }: MarketState, trading: Trading | undefined): string[] {
  const time = formatTime(pool.sellsOpenAt);
  if (!trading) return ["", `Buys are open, sells from ${time}. Only on a local chain does this command trade.`];
  return trading.sellsOpenAt === undefined ? [] : ["", `Sells open at ${time}: run the command again after that.`];
}
