import { errorDeploymentResultToExceptionMessage } from "@nomicfoundation/hardhat-ignition/helpers";
import {
  deploy,
  DeploymentResultType,
  ExecutionEventType,
  type DeploymentParameters,
  type DeploymentResult,
  type ExecutionEventListener,
  type IgnitionModule,
  type IgnitionModuleResult,
} from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment, RequestArguments } from "hardhat/types";
import { Problem } from "../sdk/base/problem";
import type { Sent } from "../sdk/client/confirm";
import { decodeRevert } from "../sdk/client/errors";
import { isOutOfFunds, pause } from "../sdk/rpc/answers";
import { isDrafting } from "./batch/drafting";
import { CREATE_X, CREATE_X_INTERFACE, saltOf } from "./create2";
import { historyOf } from "./history";
import { addressesOf, AGAIN, findModule, openJournal, wipeUnfinished, type Addresses, type AnyModule } from "./journal";
import { isFork, networkOf } from "./network";
import { settle } from "./pending";
import { firstRecordedBlock, recordOf } from "./record";
import { isPassing } from "./rpc";

/** How many passing failures in a row a deployment survives before it gives up; a minute in all. */
const TRIES = 8;

/** Milliseconds between two checks of a local chain, which makes blocks at once. */
const LOCAL_POLLING = 100;

export interface DeployOptions {
  readonly parameters: DeploymentParameters;
  readonly sender: string;
  /** Called with every transaction once it is confirmed. */
  readonly onSent: (transaction: Sent) => void;
  /** Called with a reason for waiting. */
  readonly onWait?: (reason: string) => void;
  /** Salt of the addresses; by default the sender's own or, on the in-process chain, a new one for each deployment. */
  readonly salt?: string;
}

/**
 * Deploys a module, or what is missing of it, at addresses that follow only from the sender, the arguments and the code. An interrupted run
 * is continued; a run that has nothing left to do sends nothing. The network's journal holds what was done; the in-process chain has no
 * journal. If journal and chain disagree, the chain is right: pending transactions are awaited, unfinished steps are removed from the
 * journal, what the chain has of them is written back, and the deployment continues.
 */
export async function deployModule<Id extends string, Name extends string, Result extends IgnitionModuleResult<Name>>(
  hre: HardhatRuntimeEnvironment,
  module: IgnitionModule<Id, Name, Result>,
  options: DeployOptions,
): Promise<Addresses> {
  const { sender, onWait = () => undefined } = options;
  if (isDrafting()) return requireDeployed(hre, module);
  const journal = await openJournal(hre);
  const run = await runnerOf(hre, module, journal, options);
  let last = "";
  for (let failures = 0; ; failures++) {
    try {
      if (journal !== undefined && failures > 0) {
        await pause(failures);
        await settle(hre, sender, onWait);
        await mend(hre, journal, run);
      }
      const result = await run(hre.network.provider, true);
      if (result.type === DeploymentResultType.SUCCESSFUL_DEPLOYMENT) return addressesOf(module, result.contracts);
      const reason = errorDeploymentResultToExceptionMessage(result).replace(/\s*\n\s*/g, " ");
      const isFinal = journal === undefined || isRefused(result) || failures === TRIES || reason === last;
      if (isFinal) throw new Problem("REVERTED", `${hre.network.name}: ${reason}.${adviceFor(result)}`);
      last = reason;
      onWait(reason);
    } catch (error) {
      if (isOutOfFunds(error)) {
        throw new Problem(
          "NO_FUNDS",
          `${sender} does not have enough ether for the next step: send it some and ${AGAIN}.`,
        );
      }
      if (journal === undefined || failures === TRIES || !isPassing(error)) throw error;
      onWait((error as Error).message.split("\n")[0] as string);
    }
  }
}

interface Provider {
  request(args: RequestArguments): Promise<unknown>;
}

type Run = (provider: Provider, isReported: boolean) => Promise<DeploymentResult>;

async function runnerOf(
  hre: HardhatRuntimeEnvironment,
  module: AnyModule,
  journal: string | undefined,
  { parameters, sender, onSent, salt }: DeployOptions,
): Promise<Run> {
  const isQuick = networkOf(hre).isLocal || isFork(hre);
  const strategyConfig = { salt: salt ?? (await saltFor(hre, sender)) };
  return async (provider, isReported) => {
    const reports: Promise<void>[] = [];
    let current = "";
    const listener = listenTo({
      deploymentExecutionStateInitialize: ({ futureId }) => (current = futureId),
      transactionConfirm: ({ futureId, hash }) => {
        if (!isReported) return;
        const report = reportReceipt(hre, futureId, hash, onSent);
        report.catch(() => undefined); // handled at the end
        reports.push(report);
      },
    });
    try {
      return await deploy({
        ignitionModule: module,
        deploymentParameters: parameters,
        provider: { request: (args) => requestCreation(hre, provider, args, () => current) },
        artifactResolver: {
          loadArtifact: (contract) => hre.artifacts.readArtifact(contract),
          // No build is kept: explorers get what they need from ./verification.ts.
          getBuildInfo: async () => undefined,
        },
        ...(journal && { deploymentDir: journal }),
        accounts: [sender],
        defaultSender: sender,
        config: { ...hre.config.ignition, ...(isQuick && { blockPollingInterval: LOCAL_POLLING }) },
        executionEventListener: listener,
        strategy: "create2",
        strategyConfig,
      });
    } finally {
      await Promise.all(reports);
    }
  };
}

/** While drafting, nothing is deployed, so everything that is needed must exist. */
async function requireDeployed(hre: HardhatRuntimeEnvironment, module: AnyModule): Promise<Addresses> {
  const found = await findModule(hre, module);
  if (found) return found;
  throw new Problem(
    "NOT_YET",
    `${module.id} is not deployed on ${hre.network.name}: run the command without --batch, which deploys it.`,
  );
}

/** On the in-process chain, each deployment by the same account has a salt of its own, because tests share the chain. */
async function saltFor(hre: HardhatRuntimeEnvironment, sender: string): Promise<string> {
  if (!networkOf(hre).isEphemeral) return saltOf(sender);
  return saltOf(sender, `block ${await hre.ethers.provider.getBlockNumber()}`);
}

/** Brings the journal in line with the chain. */
async function mend(hre: HardhatRuntimeEnvironment, journal: string, run: Run): Promise<void> {
  await wipeUnfinished(journal);
  const record = await recordOf(hre);
  const history = historyOf(hre.network.provider, record ? firstRecordedBlock(record) : 0);
  try {
    await run(history, false);
  } catch (error) {
    if (!history.isEnded) throw error;
  }
  await wipeUnfinished(journal);
}

/** Whether another attempt would fail in the same way. */
const isRefused = ({ type }: DeploymentResult) =>
  type === DeploymentResultType.VALIDATION_ERROR || type === DeploymentResultType.RECONCILIATION_ERROR;

function adviceFor(result: DeploymentResult): string {
  if (result.type === DeploymentResultType.RECONCILIATION_ERROR) {
    return " Use the sources and parameters it was deployed with, or, on a local chain, a new one.";
  }
  if (result.type === DeploymentResultType.EXECUTION_ERROR && result.timedOut.length > 0) {
    return ` The fees are too low for now: ${AGAIN}, or free the account with --unstick.`;
  }
  return "";
}

function listenTo(listeners: Partial<ExecutionEventListener>): ExecutionEventListener {
  const silent = Object.values(ExecutionEventType).map((type) => [camelCase(type), () => undefined]);
  return { ...Object.fromEntries(silent), ...listeners };
}

/** CreateX does not pass on why a constructor reverts. If a creation fails, the constructor is simulated without CreateX. */
async function requestCreation(
  hre: HardhatRuntimeEnvironment,
  provider: Provider,
  { method, params }: RequestArguments,
  current: () => string,
): Promise<unknown> {
  try {
    return await provider.request({ method, ...(params && { params }) });
  } catch (error) {
    const [transaction] = (params ?? []) as [{ to?: string; data?: string }?];
    const isSimulated = method === "eth_call" && BigInt(transaction?.to ?? 0) === BigInt(CREATE_X);
    if (!isSimulated) throw error;
    const [, data] = CREATE_X_INTERFACE.decodeFunctionData("deployCreate2", transaction?.data ?? "");
    try {
      await provider.request({ method, params: [{ from: CREATE_X, data: data as string }, "latest"] });
    } catch (refusal) {
      const why = await decodeRevert(hre, refusal);
      if (why)
        throw new Problem("REVERTED", `${hre.network.name}: the constructor of ${current()} refuses: ${why.message}`);
    }
    throw error;
  }
}

async function reportReceipt(
  hre: HardhatRuntimeEnvironment,
  futureId: string,
  hash: string,
  report: DeployOptions["onSent"],
): Promise<void> {
  for (let failures = 1; failures <= TRIES; failures++) {
    const receipt = await hre.ethers.provider.getTransactionReceipt(hash);
    if (receipt) return report({ name: futureId, hash, gasUsed: receipt.gasUsed });
    await pause(failures);
  }
  throw new Problem("UNKNOWN_OUTCOME", `transaction ${hash} of ${futureId} has no receipt: ${AGAIN}.`);
}

function camelCase(constant: string): string {
  return constant.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
