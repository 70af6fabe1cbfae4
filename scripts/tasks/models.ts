// SPDX-License-Identifier: MIT
// Tasks of a model's lifecycle: single steps of a launch, and what came of them.

import { id } from "ethers";
import { resolve } from "node:path";
import {
  ensureDistributed,
  ensureRegistered,
  ensureToken,
  findPool,
  requireToken,
  statusName,
  type Launch,
} from "../../deploy/launch";
import { text } from "../../sdk/base/fields";
import { printed } from "../../sdk/base/printed";
import { readPool, readSupply } from "../../sdk/client/market";
import { readModelFile } from "../../sdk/node/modelFile";
import { bold, table } from "../cli/terminal";
import { marketTable, supplyTable } from "../cli/views/market";
import { GOVERNED, pendingChanges } from "./parameters";
import { readId, resumed, type TaskContext, type TaskResult, type Work } from "./run";

/** Path of a model file. */
const modelPath = text(1, 1024);

/** A task that takes one step of a launch with a model file. */
export function stepOf(step: (launch: Launch) => Promise<Record<string, unknown>>): Work {
  return (args) => {
    const path = resolve(args.read("file", modelPath));
    args.refuse();
    return resumed(async (context) => {
      const file = await readModelFile(path, context.protocol.network.isLocal);
      return resultOf(context, file.modelId, await step({ ...context, file }));
    });
  };
}

/** Step 1: deploys the model's token. */
export const deployModel = stepOf(async (launch) => ({ token: await (await ensureToken(launch)).getAddress() }));

/** Step 2: registers the model. */
export const registerModel = stepOf(async (launch) => {
  await ensureRegistered(launch);
  return { score: await launch.protocol.registry.scoreOf(id(launch.file.modelId)) };
});

/** Step 3: mints the supplier allocation. */
export const distributeModel: Work = (args) => {
  const modelId = readId(args);
  args.refuse();
  return resumed(async (context) => {
    const token = await ensureDistributed(context, modelId);
    const recipient = await token.supplierRecipient();
    return resultOf(context, modelId, { recipient, amount: await token.supplierAllocation() });
  });
};

/** The status of a model, together with a task's own results. */
async function resultOf(
  { protocol }: TaskContext,
  modelId: string,
  found: Record<string, unknown>,
): Promise<TaskResult> {
  const status = statusName(await protocol.registry.statusOf(id(modelId)));
  return { lines: [`${modelId} is ${status}`], document: { model: { id: modelId, status, ...found } } };
}

/** Shows everything that the chain has of a model. */
export const showModel: Work = (args) => {
  const modelId = readId(args);
  args.refuse();
  return async (context) => {
    const { protocol } = context;
    const { registry } = protocol;
    const key = id(modelId);
    const token = await requireToken(context, modelId);
    const pool = await findPool(context, modelId);
    const [name, symbol] = [await token.name(), await token.symbol()];
    const status = statusName(await registry.statusOf(key));
    const [owner, governor] = [await registry.ownerOf(key), await registry.governorOf(key)];
    const parameters = await registry.parametersOf(key);
    const pending = await pendingChanges(context, key);
    const isRegistered = (await registry.benchmarkVersionOf(key)) > 0n;
    const benchmark = isRegistered ? await readBenchmark(context, key) : undefined;
    const supply = await readSupply(token, pool);
    const market = pool && (await readPool(pool));
    const present = Object.fromEntries(GOVERNED.map(({ name: parameter }) => [parameter, parameters[parameter]]));
    const addresses = { token: await token.getAddress(), ...(pool && { pool: await pool.getAddress() }) };
    return {
      lines: [
        bold(`${printed(name)} is ${status}`),
        "",
        ...table(
          [modelId, ""],
          [
            ...Object.entries(addresses),
            ["owner", owner],
            ["governor", governor],
            ["licence", printed(parameters.licenseURI)],
          ],
        ),
        "",
        ...supplyTable(supply, printed(symbol)),
        ...(market ? ["", ...marketTable(market, printed(symbol))] : []),
        "",
        ...table(
          ["parameters", "now", "pending"],
          GOVERNED.map(({ name: parameter, show }) => {
            const change = pending.find((entry) => entry.parameter === parameter);
            const then = change ? `${show(change.value)} ${change.when}` : "";
            return [parameter, show(parameters[parameter]), then];
          }),
        ),
        ...(benchmark
          ? [
              "",
              ...table(
                ["benchmark", ""],
                Object.entries(benchmark).map(([field, value]) => [field, String(value)]),
              ),
            ]
          : []),
      ],
      document: {
        model: { id: modelId, key, name, symbol, status, ...addresses, owner, governor },
        supply,
        ...(market && { pool: market }),
        parameters: { ...present, licenseHash: parameters.licenseHash, licenseURI: parameters.licenseURI },
        pending: pending.map(({ parameter, value, effectiveAt }) => ({ parameter, value, effectiveAt })),
        ...(benchmark && { benchmark }),
      },
    };
  };
};

async function readBenchmark({ protocol: { registry } }: TaskContext, key: string) {
  const benchmark = await registry.benchmarkOf(key);
  return {
    version: await registry.benchmarkVersionOf(key),
    score: await registry.scoreOf(key),
    method: benchmark.method,
    specHash: benchmark.specHash,
    evaluationDataHash: benchmark.evaluationDataHash,
    minImprovementBps: benchmark.minImprovementBps,
    minSampleSize: benchmark.minSampleSize,
    minRuns: benchmark.minRuns,
    minLowerBoundBps: benchmark.minLowerBoundBps,
    remainingTodayBps: await registry.remainingTodayBps(key),
  };
}
