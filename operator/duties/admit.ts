// SPDX-License-Identifier: MIT
// Grants DEPLOYER_ROLE to wallets that a person admitted, each once. A role that was taken away on chain is never given back: guardians
// suspend it at once, and this service must not undo that.

import { getAddress, id, type Log } from "ethers";
import type { TokenManager } from "../../.build/typechain";
import type { Approvals } from "../approvals";
import type { Fact } from "../chain/checkpoint";
import type { Follower } from "../chain/follower";
import type { Slot } from "../sender";
import { refusalOf, Refusals, tellEnd, type Duty, type Tools } from "./duty";

const DEPLOYER_ROLE = id("DEPLOYER_ROLE");

const TAKEN =
  "its DEPLOYER_ROLE was taken away on chain, expected a wallet that never lost it: a holder of OPERATOR_ROLE can grant it again";

/** What the chain's logs say about a wallet's role. */
type RoleFact = Fact & { readonly account: string; readonly kind: "granted" | "revoked" };

/** Grants admitted wallets the role that deploys models. */
export class AdmitDuty implements Duty {
  readonly name = "admit";
  private readonly sent = new Map<string, Slot>();
  private readonly granted = new Set<string>();
  private readonly revoked = new Set<string>();
  private readonly refusals: Refusals;

  constructor(
    private readonly tools: Tools,
    private readonly approvals: Approvals,
    private readonly tokenManager: TokenManager,
    private readonly follower: Follower,
  ) {
    const { interface: events } = tokenManager;
    this.refusals = new Refusals(this.name, tools.telemetry);
    follower.follow<RoleFact>({
      name: "deployers",
      addresses: [tokenManager.target as string],
      events: [events.getEvent("RoleGranted").topicHash, events.getEvent("RoleRevoked").topicHash],
      read: (log) => this.read(log),
      apply: ({ account, kind }) => void this[kind].add(account),
      clear: () => [this.granted, this.revoked].forEach((known) => known.clear()),
      undone: (facts) => this.tellUndone(facts),
    });
  }

  /** @inheritdoc */
  async advance(): Promise<boolean> {
    const ended = [...this.sent].filter(([, { outcome }]) => outcome !== undefined);
    for (const [account, slot] of ended) this.end(account, slot);
    const admitted = [...new Set(await this.approvals.admittedWallets())];
    // No role is granted before it is known whether it was revoked earlier.
    if (this.follower.behind !== 0) return ended.length > 0;

    const open = admitted.filter((account) => !this.granted.has(account) || this.revoked.has(account));
    const lost = open.filter((account) => this.revoked.has(account));
    for (const account of lost) if (!this.refusals.isResting(account)) this.refusals.add(account, TAKEN);
    this.tools.telemetry.set("waiting", open.length - lost.length, { duty: this.name });
    this.refusals.keep(new Set(open));
    const ready = open.filter(
      (account) => !this.revoked.has(account) && !this.sent.has(account) && !this.refusals.isResting(account),
    );
    let count = 0;
    for (const account of ready.slice(0, this.tools.sender.free)) if (await this.start(account)) count++;
    return ended.length + count > 0;
  }

  private async start(account: string): Promise<boolean> {
    const { sender, telemetry, hre } = this.tools;
    try {
      if (await this.tokenManager.hasRole(DEPLOYER_ROLE, account)) return false; // granted by others, and not confirmed yet
      const data = this.tokenManager.interface.encodeFunctionData("grantRole", [DEPLOYER_ROLE, account]);
      const slot = await sender.send({ to: this.tokenManager.target as string, data });
      this.sent.set(account, slot);
      this.refusals.delete(account);
      telemetry.log("info", "sent", { duty: this.name, account, nonce: slot.nonce, hash: slot.hashes[0] });
      return true;
    } catch (error) {
      this.refusals.add(account, (await refusalOf(hre, error)).reason);
      return false;
    }
  }

  /** Handles a final transaction. If it did not succeed, the wallet is examined again. */
  private end(account: string, slot: Slot): void {
    this.sent.delete(account);
    tellEnd(this.tools, this.name, slot, { account });
  }

  private read(log: Log): RoleFact | undefined {
    const event = this.tokenManager.interface.parseLog(log);
    if (event?.args["role"] !== DEPLOYER_ROLE) return undefined;
    const fact = { block: log.blockNumber, transaction: log.transactionHash };
    const account = getAddress(String(event.args["account"]));
    return { ...fact, account, kind: event.name === "RoleGranted" ? "granted" : "revoked" };
  }

  /** Only logs what was undone: the duty grants a role again if it is missing. */
  private tellUndone(facts: readonly RoleFact[]): void {
    for (const { kind, account, block, transaction } of facts)
      this.tools.telemetry.log("warn", "undone", { what: `role ${kind}`, account, block, hash: transaction });
  }
}
