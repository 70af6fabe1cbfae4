// SPDX-License-Identifier: MIT
// What the infrastructure reserve owes to models, and what it has.

import type { IERC20, InfrastructureReserve } from "../../../.build/typechain";
import { answerOf } from "../../../sdk/rpc/snapshot";
import { Check } from "../report";
import { COMPROMISED, contractOf, modelsOf, type Subject } from "../subject";

/** F3: compares the balances in the events, the contract's sum, and the tokens behind them. */
export async function checkOwed(subject: Subject): Promise<Check> {
  const check = new Check("invariants", "F3 the infrastructure reserve holds what it owes");
  const { chain, build, declared } = subject;
  const contract = contractOf(subject, "InfrastructureReserve");
  const address = declared.addresses.ReserveToken as string;
  const reserveToken = chain.contract<IERC20>({ address, compiled: build("IERC20Metadata") });
  const reserve = chain.contract<InfrastructureReserve>(contract);
  const totalOwed = await answerOf(reserve.totalOwed());
  const told = modelsOf(subject).reduce((sum, { owed }) => sum + owed, 0n);
  check.same("InfrastructureReserve.totalOwed", totalOwed ?? "no answer", told, COMPROMISED);
  const balance = (await answerOf(reserveToken.balanceOf(contract.address))) ?? 0n;
  const what = "the reserve balance of the InfrastructureReserve";
  check.holds(balance >= told, what, String(balance), `at least ${told}`, COMPROMISED);
  return check;
}
