// SPDX-License-Identifier: MIT
// The everyday tasks. This file only says what they are called and take: what they do is imported when one runs, because it needs
// compiled contracts, and `npx hardhat compile` must work without any.

import { task } from "hardhat/config";
import type { ConfigurableTaskDefinition, HardhatRuntimeEnvironment } from "hardhat/types";
import type { Work } from "./run";

const FILE = "model file, such as deploy/models/sentiment-v2.json";
const ID = "published id of the model, such as sentiment-v2";
const BATCH =
  "write what is to be sent to this file instead of sending it: a batch for Safe's Transaction Builder; for the timelock, one file each to schedule, execute and cancel";
const FROM = "account that sends; by default the network's first";

/** Declares a task whose implementation is imported when it runs. Hardhat passes absent parameters as undefined. */
function declare(
  name: string,
  description: string,
  work: () => Promise<Work>,
  isSending = false,
): ConfigurableTaskDefinition {
  return task(name, description)
    .addFlag("json", "print one JSON document; amounts are strings of the smallest unit")
    .setAction(async (args: Record<string, unknown>, hre: HardhatRuntimeEnvironment) => {
      const { runTask } = await import("./run");
      await runTask(hre, name, args, work, isSending);
    });
}

/** Declares a task that sends, with the same options as `scripts/cli/sending.ts`, which explains them. */
function declareSending(name: string, description: string, work: () => Promise<Work>): ConfigurableTaskDefinition {
  return declare(name, description, work, true)
    .addOptionalParam("keystore", "encrypted key that signs; its password is KEYSTORE_PASSWORD or asked for")
    .addOptionalParam("ledger", "or a Ledger's account: its number or path")
    .addOptionalParam("kms", "or a key of AWS KMS or Google Cloud KMS")
    .addOptionalParam("remote", "or a module that signs elsewhere; without any of them PRIVATE_KEY")
    .addOptionalParam("maxFee", "gwei above which nothing is sent; MAX_FEE without it");
}

/** Declares a task that needs a role. With `--batch`, what a multisig or the timelock must send is written to a file instead. */
function declareOfRole(name: string, description: string, work: () => Promise<Work>): ConfigurableTaskDefinition {
  return declareSending(name, description, work).addOptionalParam("batch", BATCH);
}

declareOfRole(
  "model:deploy",
  "Deploys a model's token: the first step of a launch",
  async () => (await import("./models")).deployModel,
).addOptionalPositionalParam("file", FILE);

declareOfRole(
  "model:register",
  "Commits a model's benchmark: the second step of a launch",
  async () => (await import("./models")).registerModel,
).addOptionalPositionalParam("file", FILE);

declareOfRole(
  "model:distribute",
  "Mints a model's supplier allocation, once: the third step of a launch",
  async () => (await import("./models")).distributeModel,
).addOptionalPositionalParam("id", ID);

declare(
  "model:show",
  "Shows a model: its status, supply, market, parameters and benchmark",
  async () => (await import("./models")).showModel,
).addOptionalPositionalParam("id", ID);

declareOfRole(
  "pool:create",
  "Creates a model's pool on the terms of its file: the fourth step of a launch",
  async () => (await import("./pools")).createPool,
).addOptionalPositionalParam("file", FILE);

declare(
  "pool:quote",
  "Shows what a trade would give now, and sends nothing",
  async () => (await import("./pools")).quote,
)
  .addOptionalPositionalParam("id", ID)
  .addOptionalParam("usdc", "buy with this much USDC")
  .addOptionalParam("tokens", "buy this many tokens")
  .addOptionalParam("sell", "sell this many tokens");

declareSending(
  "pool:buy",
  "Buys tokens of a model, after approving exactly what may be spent",
  async () => (await import("./pools")).buy,
)
  .addOptionalPositionalParam("id", ID)
  .addOptionalParam("usdc", "spend exactly this much USDC")
  .addOptionalParam("tokens", "or buy exactly this many tokens")
  .addOptionalParam("min", "fewest tokens to accept for --usdc")
  .addOptionalParam("max", "most USDC to spend for --tokens")
  .addOptionalParam("slippageBps", "instead of --min or --max: how far from the quote, in bps; 50 by default")
  .addOptionalParam("deadline", "minutes after which the trade is refused; 20 by default")
  .addOptionalParam("from", FROM);

declareSending("pool:sell", "Sells tokens of a model to its pool", async () => (await import("./pools")).sell)
  .addOptionalPositionalParam("id", ID)
  .addOptionalParam("tokens", "sell exactly this many tokens")
  .addOptionalParam("min", "least USDC to accept")
  .addOptionalParam("slippageBps", "instead of --min: how far from the quote, in bps; 50 by default")
  .addOptionalParam("deadline", "minutes after which the trade is refused; 20 by default")
  .addOptionalParam("from", FROM);

declareSending(
  "fees:deposit",
  "Pays usage fees of a model: a share for its infrastructure, the rest into its pool",
  async () => (await import("./fees")).deposit,
)
  .addOptionalPositionalParam("id", ID)
  .addOptionalParam("usdc", "the fees")
  .addOptionalParam("from", FROM);

const EVALUATION = "id of the evaluation, or its name";
const METHOD = "address of the verification method";

declare(
  "payout:list",
  "Lists the rewards of a model: what waits, what is stopped, and what was released",
  async () => (await import("./payouts")).listPayouts,
).addOptionalPositionalParam("id", ID);

declareSending(
  "payout:release",
  "Mints a reward whose time has come; anybody may",
  async () => (await import("./payouts")).releasePayout,
)
  .addOptionalPositionalParam("id", ID)
  .addOptionalPositionalParam("evaluation", EVALUATION)
  .addOptionalParam("from", FROM);

declareOfRole(
  "payout:stop",
  "Stops the rewards that a method vouched for, as a guardian, until the admin decides",
  async () => (await import("./payouts")).stopPayouts,
)
  .addOptionalPositionalParam("method", METHOD)
  .addOptionalParam("since", "second from which they were queued; by default all that are waiting");

declareOfRole(
  "payout:lift",
  "Lifts a stop, so that its rewards can be released; on a live network the admin does it, by --batch",
  async () => (await import("./payouts")).liftPayoutStop,
).addOptionalPositionalParam("method", METHOD);

declareOfRole(
  "payout:void",
  "Makes a stop final: its rewards are never minted; on a live network the admin does it, by --batch",
  async () => (await import("./payouts")).voidPayouts,
)
  .addOptionalPositionalParam("method", METHOD)
  .addOptionalParam("since", "second from which they were queued; by default the stop's own")
  .addOptionalParam("until", "first second after it; by default everything until now");

declareSending(
  "payout:return",
  "Puts a void reward back into the model's lifetime rewards; anybody may",
  async () => (await import("./payouts")).returnPayout,
)
  .addOptionalPositionalParam("id", ID)
  .addOptionalPositionalParam("evaluation", EVALUATION)
  .addOptionalParam("from", FROM);

declare(
  "pass-time",
  "Lets time pass on a local chain",
  async () => (await import("./payouts")).letTimePass,
).addOptionalPositionalParam("duration", "how much: seconds, or a number with m, h or d");

declareOfRole(
  "params:propose",
  "Changes a parameter as the model's governor, and says when the change takes effect",
  async () => (await import("./parameters")).proposeChange,
)
  .addOptionalPositionalParam("id", ID)
  .addOptionalParam("tokensPerDeltaOne", "reward of one DeltaOne, in tokens")
  .addOptionalParam("infrastructureAccrualBps", "share of usage fees for the infrastructure, in bps")
  .addOptionalParam("pricePerThousandCalls", "price of 1000 calls, in USDC");

for (const steward of ["governor", "owner"] as const) {
  declareOfRole(`${steward}:propose`, `Proposes another ${steward} of a model, as the present one`, async () =>
    (await import("./stewards")).proposeSteward(steward),
  )
    .addOptionalPositionalParam("id", ID)
    .addOptionalPositionalParam("account", `who is to be the ${steward}`);

  declareOfRole(`${steward}:accept`, `Becomes the ${steward} of a model, as the account that was proposed`, async () =>
    (await import("./stewards")).acceptSteward(steward),
  ).addOptionalPositionalParam("id", ID);
}

declareOfRole(
  "roles:apply",
  "Makes roles, attesters, treasury and delay match the parameter file; on a live network the admin does it, by --batch",
  async () => (await import("./roles")).applyRoles,
);

declare(
  "roles:list",
  "Lists who holds which role, rebuilt from events and confirmed by the contracts",
  async () => (await import("./roles")).listRoles,
);

declare(
  "batch:show",
  "Reads a batch file and says what it would do on this network, before anybody signs it",
  async () => (await import("./batches")).showBatch,
).addOptionalPositionalParam("file", "a file that --batch has written");
