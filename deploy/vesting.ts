// Who gets the supplier allocation: an account, or a vesting wallet that is deployed before the token and found again by its salt.

import { Contract, dataSlice, id } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { VestingWallet } from "../.build/typechain";
import { vestingModuleId, vestingOf } from "../ignition/modules/Vesting";
import { Problem } from "../sdk/base/problem";
import type { Sent } from "../sdk/client/confirm";
import { readEvents, readLogs } from "../sdk/rpc/logs";
import { keyOf, type ModelFile } from "../sdk/schemas/model";
import { draftBefore, isDrafting } from "./batch/drafting";
import { checkWallet, VESTING_SECONDS } from "./comparison";
import { CREATE_X, CREATE_X_INTERFACE, create2Address, guardedSalt, saltOf } from "./create2";
import { deployModule } from "./ignition";
import { blocksOf, journaledArguments } from "./journal";
import type { Protocol } from "./protocol";
import type { Report } from "./step";

/**
 * Returns the supplier recipient. If it is a vesting wallet, that is deployed first; its start is when sells open if the launch goes on at
 * once.
 */
export async function ensureRecipient(
  {
    hre,
    protocol,
    file,
    report,
  }: { hre: HardhatRuntimeEnvironment; protocol: Protocol; file: ModelFile; report: Report },
  sender: string,
): Promise<string> {
  requireSpender(protocol, file);
  if (file.recipient.kind === "account") return file.recipient.account;
  const { beneficiary } = file.recipient;
  const key = keyOf(file);
  const moduleId = vestingModuleId(key);
  const now = (await hre.ethers.provider.getBlock("latest"))?.timestamp ?? 0;
  const begun = await journaledArguments(hre, `${moduleId}#VestingWallet`);
  const found = await findWallet(hre, protocol, file);
  if (found !== undefined && found.creator !== sender) {
    // A deployer who has since been replaced may have created it; there is no second one.
    const address = await found.wallet.getAddress();
    await checkWallet(hre, address, beneficiary);
    report({ name: "deploy vesting wallet", outcome: `${address}, by ${found.creator}` });
    return address;
  }
  const known = begun ? begun[1] : await found?.wallet.start();
  const start = Number(known ?? now + Number(file.pool.ibrDuration));
  if (isDrafting()) {
    if (found !== undefined) return found.wallet.getAddress();
    return draftWallet(hre, sender, walletSalt(protocol, key, sender), [beneficiary, start]);
  }
  let sent: Sent | undefined;
  const { VestingWallet: wallet } = await deployModule(hre, vestingOf(key), {
    parameters: { [moduleId]: { beneficiary, start } },
    sender,
    salt: walletSalt(protocol, key, sender),
    onSent: (transaction) => (sent = transaction),
  });
  await checkWallet(hre, wallet as string, beneficiary);
  const starts = new Date(start * 1000).toISOString().slice(0, 10);
  report({ name: "deploy vesting wallet", sent, outcome: `${wallet}, a year from ${starts} to ${beneficiary}` });
  return wallet as string;
}

/**
 * Refuses the protocol's contracts as recipients, except the timelock, which can pass tokens on. The TokenManager itself refuses only some
 * of them.
 */
function requireSpender({ addresses }: Protocol, { recipient }: ModelFile): void {
  const [field, account] =
    recipient.kind === "account" ? ["recipient", recipient.account] : ["beneficiary", recipient.beneficiary];
  const [name] = Object.entries(addresses).find(([, address]) => address === account) ?? [];
  if (name === undefined || name === "TimelockController") return;
  throw new Problem(
    "BAD_FILE",
    `${field} is ${account}, the protocol's ${name}, which does not pass tokens on: name another.`,
  );
}

/** Drafts the wallet's creation by the account that deploys the token, in the same transaction; returns the wallet's address. */
async function draftWallet(
  hre: HardhatRuntimeEnvironment,
  sender: string,
  salt: string,
  [beneficiary, start]: readonly [string, number],
): Promise<string> {
  const factory = await hre.ethers.getContractFactory("VestingWallet");
  const { data } = await factory.getDeployTransaction(beneficiary, start, VESTING_SECONDS);
  draftBefore({ to: CREATE_X, data: CREATE_X_INTERFACE.encodeFunctionData("deployCreate2", [salt, data]) });
  return create2Address(sender, salt, data);
}

/** The salt of a model's wallet in one protocol, by which the wallet can be found again without knowing its start. */
function walletSalt({ addresses }: Protocol, key: string, sender: string): string {
  return saltOf(sender, `vesting wallet of ${key} in ${addresses["TokenManager"]}`);
}

/** Finds the model's vesting wallet on the chain alone, whichever present or former deployer created it; undefined if there is none. */
export async function findWallet(
  hre: HardhatRuntimeEnvironment,
  protocol: Protocol,
  file: ModelFile,
): Promise<{ wallet: VestingWallet; creator: string } | undefined> {
  if (protocol.network.isEphemeral || file.recipient.kind !== "vesting") return undefined;
  const { tokenManager } = protocol;
  const blocks = await blocksOf(hre);
  const granted = await readEvents(blocks, tokenManager, tokenManager.filters.RoleGranted(id("DEPLOYER_ROLE")));
  const creators = new Map(
    granted.map(({ args: { account } }) => [guardedSalt(account, walletSalt(protocol, keyOf(file), account)), account]),
  );
  const factory = new Contract(CREATE_X, CREATE_X_INTERFACE, hre.ethers.provider);
  const creations = await readLogs(blocks, async ({ from, to }) =>
    factory.queryFilter(factory.getEvent("ContractCreation")(null, [...creators.keys()]), from, to),
  );
  for (const { topics } of creations) {
    const wallet = await hre.ethers.getContractAt("VestingWallet", dataSlice(topics[1] as string, 12));
    const creator = creators.get(topics[2] as string) as string;
    if ((await wallet.owner()) === file.recipient.beneficiary) return { wallet, creator };
  }
  return undefined;
}
