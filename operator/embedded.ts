// SPDX-License-Identifier: MIT
// The service on a local chain, without a configuration: everything is there that it needs, and nothing has value.

import { MaxUint256, parseUnits } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { alone } from "../deploy/deployment";
import { networkOf } from "../deploy/network";
import { deployProtocol, type Protocol } from "../deploy/protocol";
import { developmentKey } from "../sdk/base/accounts";
import { Problem } from "../sdk/base/problem";
import { RESERVE_DECIMALS } from "../sdk/base/units";
import { confirm } from "../sdk/client/confirm";
import { APPROVALS_KEY, GWEI_DECIMALS, MODELS, TOKEN, type Config, type DutyConfig, type DutyName } from "./config";

/** The folder of inboxes, unless the environment names another. */
const FOLDER = join(__dirname, "../.build/operator");

/** Accounts as in ignition/parameters/localhost.json5; no other duty or person uses those of submit, fees and release. */
export const DUTY_ACCOUNTS: Readonly<Record<DutyName, number>> = {
  admit: 4,
  register: 5,
  distribute: 6,
  pools: 7,
  submit: 17,
  fees: 18,
  release: 19,
};

/** Name of the environment variable with the address of the approvals API; without it, nothing is approved. */
const API = "HOKUSAI_API_URL";

const FUNDS = parseUnits("1000000", RESERVE_DECIMALS);

/** Deploys the protocol if the chain has none, funds the fee account, and returns a configuration with all duties. */
export async function embed(hre: HardhatRuntimeEnvironment, env: NodeJS.ProcessEnv): Promise<Config> {
  const network = networkOf(hre);
  if (!network.isLocal)
    throw new Problem(
      "BAD_OPTION",
      `--config is missing: without it the service works on a local chain, not ${network.name}.`,
    );
  // Under a lock, because other commands write the same journal. No record is written: records are for what others rely on, and `npm run
  // deploy` writes them.
  const protocol = await alone(hre, () => deployProtocol(hre));
  await fund(hre, protocol);
  const inbox = (name: string) => join(env["OPERATOR_FOLDER"] ?? FOLDER, name);
  const duty = (name: DutyName, folder = ""): DutyConfig => ({
    name,
    folder,
    key: { kind: "development", index: DUTY_ACCOUNTS[name] },
    limits: {},
  });
  const url = env[API] ?? "";
  const approvals = { url, key: env[APPROVALS_KEY] ?? "" };
  const models = url === "" ? MODELS : inbox("models");
  mkdirSync(models, { recursive: true });
  return {
    registry: await protocol.registry.getAddress(),
    fromBlock: 0,
    confirmations: 1,
    replaceAfterBlocks: 5,
    maxFeePerGas: parseUnits("500", GWEI_DECIMALS),
    pollMilliseconds: 1_000,
    maxHeadAge: 0,
    state: inbox("state"),
    models,
    duties: [
      duty("distribute"),
      duty("pools"),
      duty("submit", inbox("bundles")),
      duty("release"),
      duty("fees", inbox("fees")),
      ...(url === ""
        ? []
        : [
            { ...duty("admit"), approvals },
            { ...duty("register"), approvals },
          ]),
    ],
    http: { host: "127.0.0.1", port: Number(env["OPERATOR_PORT"] ?? 9464), token: env[TOKEN] ?? "" },
  };
}

async function fund(hre: HardhatRuntimeEnvironment, { addresses, feeRouter }: Protocol): Promise<void> {
  const payer = await hre.ethers.getSigner(developmentKey(DUTY_ACCOUNTS.fees).address);
  const reserve = await hre.ethers.getContractAt("ReserveTokenMock", addresses["ReserveToken"] as string, payer);
  if ((await reserve.allowance(payer, feeRouter)) > 0n) return;
  await confirm("mint reserve tokens", reserve.mint(payer, FUNDS));
  await confirm("approve the fee router", reserve.approve(feeRouter, MaxUint256));
}
