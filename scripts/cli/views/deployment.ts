import { formatEther, formatUnits } from "ethers";
import type { Deployment, Progress } from "../../../deploy/deployment";
import type { ForkedDeployment } from "../../../deploy/fork";
import { nameOf } from "../../../deploy/journal";
import { openSteps, type Plan } from "../../../deploy/plan";
import type { VerificationInput } from "../../../deploy/verification";
import { formatInteger } from "../../../sdk/base/units";
import type { Sent } from "../../../sdk/client/confirm";
import { toJson } from "../../../sdk/schemas/json";
import type { Streams } from "../command";
import { bold, cyan, dim, green, table } from "../terminal";

/** Shows a deployment while it is planned and applied, and its result. */
export interface DeploymentView extends Progress {
  readonly onVerification: (verifications: readonly VerificationInput[], folder: string) => void;
  readonly onUnstick: (replaced: readonly string[]) => void;
  readonly onFork: (rehearsed: ForkedDeployment) => void;
  readonly onEnd: (deployment: Deployment) => void;
  /** What the command prints at the end. */
  readonly result: () => string;
}

/** For people: the plan as a table, then each step as it happens. Reasons for waiting go to the error stream. */
export function humanDeploymentView({ out, err }: Streams): DeploymentView {
  const sent = ({ name, gasUsed, hash }: Sent) =>
    out(`  ${green("✓")} ${nameOf(name).padEnd(32)}${formatInteger(gasUsed).padStart(11)} gas  ${dim(hash)}`);
  return {
    onPlan(plan) {
      planLines(plan).forEach(out);
      warn(plan, err);
    },
    onWait: (reason) => err(`  … ${reason}`),
    onSent: sent,
    onProtocol({ addresses }) {
      out("");
      Object.entries(addresses).forEach(([name, address]) => out(`    ${name.padEnd(21)} ${cyan(address)}`));
      out("");
    },
    onStep({ name, sent: transaction, outcome }) {
      if (transaction) sent({ ...transaction, name });
      else out(`  ${dim("·")} ${name.padEnd(32)}${dim("found")}`);
      out(`    ${dim(outcome)}`);
    },
    onVerification(verifications, folder) {
      const rows = verifications.map(({ address, contract }) => [contract, address]);
      table(["contract", "address"], rows).forEach(out);
      out("");
      out(`Their inputs and contracts.json are in ${folder}.`);
    },
    onUnstick(replaced) {
      if (replaced.length === 0) out("No transaction waits.");
      else replaced.forEach((transaction) => out(`replaced ${transaction}`));
    },
    onFork({ block, deployment }) {
      out("");
      out(bold(`${inWords(deployment)}: deployed on a copy of block ${block}. The network was sent nothing.`));
    },
    onEnd(deployment) {
      out("");
      out(bold(`${inWords(deployment)}: deployed, verified against the chain and recorded.`));
    },
    result: () => "",
  };
}

/** For programs: one JSON document. Amounts are strings in the smallest unit. */
export function jsonView({ err }: Streams): DeploymentView {
  const document: Record<string, unknown> = {};
  const sent: Sent[] = [];
  return {
    onPlan(plan) {
      const { network, steps, warnings, gasPrice, needs } = plan;
      warn(plan, err);
      const gas = totalGas(plan);
      Object.assign(document, {
        network: { name: network.name, chainId: network.chainId },
        plan: { steps, warnings, gasPrice, gas, cost: gas * gasPrice, needs: Object.fromEntries(needs) },
      });
    },
    onWait: (reason) => err(reason),
    onSent: (transaction) => void sent.push({ ...transaction, name: nameOf(transaction.name) }),
    onProtocol: () => undefined,
    onStep({ name, sent: transaction }) {
      if (transaction) sent.push({ ...transaction, name });
    },
    onVerification: (verifications) => void Object.assign(document, { verifications }),
    onUnstick: (replaced) => void Object.assign(document, { replaced }),
    onFork: ({ block }) => void Object.assign(document, { fork: { block }, sent }),
    onEnd: ({ record }) => void Object.assign(document, { sent, record }),
    result: () => toJson(document),
  };
}

const inWords = ({ models }: Deployment) => ["The protocol", ...models.map(({ file }) => file.modelId)].join(", ");

/** Warns of what would be refused where tokens have value. */
export function warn({ warnings }: Plan, err: Streams["err"]): void {
  for (const warning of warnings) err(`warning: ${warning}; refused where tokens have value`);
}

function planLines(plan: Plan): string[] {
  const { network, steps, gasPrice, needs } = plan;
  const open = openSteps(plan);
  const cost = (gas: bigint) => formatEther(gas * gasPrice);
  const rows = steps.map(({ name, model, isDone, gas, from, address }) => [
    model ? `${name} of ${model}` : name,
    isDone ? "there" : formatInteger(gas),
    isDone ? "" : cost(gas),
    (isDone ? address : from) ?? "",
  ]);
  const total = ["total to send", formatInteger(totalGas(plan)), cost(totalGas(plan)), ""];
  return [
    "",
    `${bold("Plan")} ${dim(`for ${network.name}, chain ${network.chainId}, at ${formatUnits(gasPrice, "gwei")} gwei`)}`,
    "",
    ...table(["transaction", "gas", "ether", "from, or where it is"], [...rows, total]).map((line) => `  ${line}`),
    "",
    open.length === 0
      ? "Everything is there; nothing to send."
      : `${open.length} transactions from ${[...needs.keys()].join(", ")}.`,
    ...[...needs].map(([account, need]) => `${account} must have ${formatEther(need)} ether: fees may rise meanwhile.`),
    "",
  ];
}

const totalGas = (plan: Plan) => openSteps(plan).reduce((sum, { gas }) => sum + gas, 0n);
