// Who may do what, and the worst that each can do: the source of docs/roles.md, which tests compare with the contracts.

/** The kinds of callers of a function. */
export type Caller =
  | "anyone"
  | "admin"
  | "multisig"
  | "guardian"
  | "operator"
  | "launcher"
  | "registrar"
  | "distributor"
  | "poolCreator"
  | "payer"
  | "governor"
  | "owner"
  | "successor"
  | "wirer"
  | "contract";

/** The roles that make an account one of these callers. */
export const ROLE_OF = {
  guardian: "GUARDIAN_ROLE",
  operator: "OPERATOR_ROLE",
  launcher: "DEPLOYER_ROLE",
  registrar: "REGISTRAR_ROLE",
  distributor: "DISTRIBUTOR_ROLE",
  poolCreator: "POOL_CREATOR_ROLE",
  payer: "PAYER_ROLE",
} as const satisfies Partial<Record<Caller, string>>;

/** The parts of the protocol's state that a call may change. */
export type Effect =
  | "roles" // holders of roles, the admin and its transfers
  | "book" // address book, allow-list, attesters, treasury
  | "lifecycle" // existing models, their status and benchmarks
  | "limits" // limits recorded per day
  | "payouts" // waiting rewards and their stops
  | "parameters" // parameters and licences, current and pending
  | "handovers" // governors and owners, current and proposed
  | "pauses"
  | "payees"
  | "supply" // existing tokens, by bucket
  | "market" // reserve, stream and fees of pools
  | "bills"; // what the infrastructure reserve owes models

/** What is known about one function. */
export interface Power {
  callers: readonly Caller[];
  effects: readonly Effect[];
  /** The worst that a stolen key can do with it. */
  worst: string;
  /** What delays the effect after the call, or after the decision to call. */
  delay: string;
}

const AT_ONCE = "none";
const TIMELOCK = "2 days, timelock";

const power = (callers: readonly Caller[], effects: readonly Effect[], worst: string, delay = AT_ONCE): Power => ({
  callers,
  effects,
  worst,
  delay,
});

const byAdmin = (effects: readonly Effect[], worst: string) => power(["admin"], effects, worst, TIMELOCK);

const byContract = (who: string, effects: readonly Effect[]) =>
  power(["contract"], effects, `nothing: only the ${who} calls it, or the contract itself`);

const own = (effects: readonly Effect[], worst: string) => power(["anyone"], effects, worst);

/** The functions that every contract with roles has. */
export const ACCESS: Readonly<Record<string, Power>> = {
  grantRole: power(
    ["admin", "operator"],
    ["roles"],
    "admin: any role to anybody, except the default admin and TokenManager's DEPLOYER_ROLE, which an operator of its choice can grant; operator: that role",
    "admin: 2 days, timelock; operator: none",
  ),
  revokeRole: power(
    ["admin", "operator"],
    ["roles"],
    "a role's holders are locked out until it is granted again",
    "admin: 2 days, timelock; operator: none",
  ),
  renounceRole: own(["roles"], "the caller's own role ends; the admin's only by a transfer, never to zero"),
  suspendRole: power(
    ["guardian"],
    ["roles"],
    "operational keys are locked out until the role's admin grants it again: an operator at once for DEPLOYER_ROLE, the admin for every other",
  ),
  beginDefaultAdminTransfer: byAdmin(["roles"], "another admin, which must accept two days later"),
  cancelDefaultAdminTransfer: byAdmin(["roles"], "the admin stays"),
  acceptDefaultAdminTransfer: power(["successor"], ["roles"], "becomes the admin that the admin proposed", "2 days"),
  changeDefaultAdminDelay: byAdmin(["roles"], "a shorter wait between the steps of an admin transfer"),
  rollbackDefaultAdminDelay: byAdmin(["roles"], "the wait stays as it is"),
};

/** Every function that changes state, by contract. */
export const AUTHORITY: Readonly<Record<string, Readonly<Record<string, Power>>>> = {
  ModelRegistry: {
    ...ACCESS,
    wire: power(["wirer"], ["book"], "wrong contracts and methods in the protocol, once, before anybody uses it"),
    setVerifier: byAdmin(
      ["book"],
      "rewards of every model are queued for the thief, within daily limits; minted after the payout delay, they can be sold for the reserves",
    ),
    setMethodAccess: byAdmin(["book"], "new benchmarks with a verification method of the admin's choice"),
    createModel: byContract("TokenManager", ["lifecycle"]),
    registerModel: power(
      ["registrar", "admin"],
      ["lifecycle"],
      "wrong benchmarks for unregistered models, with methods that are open to registrars; the admin can replace them",
      "registrar: none; admin: 2 days, timelock",
    ),
    replaceBenchmark: byAdmin(
      ["lifecycle", "parameters"],
      "a benchmark through which, if its method agrees, all remaining rewards of one model are queued",
    ),
    setDailyLimit: byAdmin(["limits"], "if its method agrees, all rewards of one model can be queued within a day"),
    pauseSubmissions: power(["guardian"], ["pauses"], "no improvements, for 14 days in any 42 at most"),
    resumeSubmissions: byAdmin(["pauses"], "a pause ends"),
    stopPayouts: power(["guardian"], ["payouts"], "a method's payouts are not released until the admin decides"),
    liftPayoutStop: byAdmin(["payouts"], "rewards that a guardian stopped can be released"),
    voidPayouts: byAdmin(["payouts"], "rewards that a guardian stopped are never minted"),
    returnVoided: own(["payouts"], "nothing: the reward of a void payout goes back to its model"),
    setTokensPerDeltaOne: power(
      ["governor"],
      ["parameters"],
      "rewards within the bounds and the lifetime bucket",
      "2 days",
    ),
    setInfrastructureAccrual: power(
      ["governor"],
      ["parameters"],
      "10 % to 100 % of future fees to the infrastructure",
      "higher: 2 days; lower: none",
    ),
    setPricePerThousandCalls: power(
      ["governor"],
      ["parameters"],
      "calls at up to 1,000,000 USDC per thousand, up to the payers' own limits",
      "lower: 2 days; higher or first: none",
    ),
    cancelChange: power(["governor", "guardian"], ["parameters"], "a pending change does not take place"),
    setLicense: power(["governor"], ["parameters"], "another licence from now on; earlier ones stay in the log"),
    proposeGovernor: power(
      ["governor", "admin"],
      ["handovers"],
      "governor: hands over its own power; admin: replaces a governor who does not object",
      "governor: none; admin: 2 days, timelock, and 7 days",
    ),
    acceptGovernor: power(["successor"], ["handovers"], "becomes the governor that was proposed"),
    proposeOwner: power(["owner"], ["handovers"], "hands over the owner's share of future rewards"),
    acceptOwner: power(["successor"], ["handovers"], "becomes the owner that was proposed"),
    recordImprovement: byContract("DeltaOneVerifier", ["lifecycle", "payouts"]),
    releasePayout: byContract("TokenManager", ["payouts"]),
    setPool: byContract("HokusaiAMMFactory", ["lifecycle"]),
  },
  TokenManager: {
    ...ACCESS,
    deployTokenWithAllocations: power(
      ["launcher"],
      ["lifecycle", "limits", "parameters", "handovers", "supply"],
      "useless tokens, and occupied model ids",
    ),
    distributeModelSupplierAllocation: power(["distributor"], ["supply"], "the timing of one mint per model"),
    releasePayout: own(["payouts", "supply"], "nothing: mints a reward that has waited, for those it is owed to"),
    setPool: byContract("HokusaiAMMFactory", ["lifecycle"]),
    pauseLaunches: power(["guardian"], ["pauses"], "no launches, for 14 days in any 42 at most"),
    resumeLaunches: byAdmin(["pauses"], "a pause ends"),
  },
  ModelToken: {
    transfer: own([], "the caller's own tokens"),
    transferFrom: own([], "what a holder has approved for the caller"),
    approve: own([], "the caller's own tokens"),
    permit: own([], "nothing: the holder has signed"),
    mint: byContract("pool", ["supply"]),
    burn: byContract("pool", ["supply"]),
    mintRewards: byContract("TokenManager", ["supply"]),
    mintSupplierAllocation: byContract("TokenManager", ["supply"]),
    setPool: byContract("TokenManager", ["lifecycle"]),
  },
  HokusaiAMMFactory: {
    createPool: power(["poolCreator"], ["lifecycle", "market"], "a pool on default terms, if the governor fixed none"),
    createPoolWithParams: power(
      ["poolCreator"],
      ["lifecycle", "market"],
      "a pool on the worst terms within the bounds, for ever, if the governor fixed none: crr 5 %, 10 % fee, 30 days without sells",
    ),
    setPoolTerms: power(["governor"], ["lifecycle"], "its own model gets a pool only on its terms, or none"),
    pauseBuys: power(["guardian"], ["pauses"], "no buys of one pool, for 14 days in any 42 at most; sells go on"),
    resumeBuys: byAdmin(["pauses"], "a pause ends"),
    setTreasury: byAdmin(["book"], "trade fees to another account"),
  },
  HokusaiAMM: {
    buy: own(["supply", "market"], "pays the curve's price"),
    buyWithPermit: own(["supply", "market"], "pays the curve's price"),
    buyExactOut: own(["supply", "market"], "pays the curve's price"),
    buyExactOutWithPermit: own(["supply", "market"], "pays the curve's price"),
    sell: own(["supply", "market"], "receives the curve's price, first come first served"),
    depositFees: own(["market"], "a gift to the holders"),
    collectFees: own(["market"], "sends trade fees to the treasury"),
    setBuysPausedUntil: byContract("HokusaiAMMFactory", ["pauses"]),
  },
  UsageFeeRouter: {
    depositFee: own(["market", "bills"], "a gift to the model"),
    depositFeeWithPermit: own(["market", "bills"], "a gift to the model"),
    payForCalls: own(["market", "bills"], "a gift to the model"),
    payForCallsWithPermit: own(["market", "bills"], "a gift to the model"),
    depositFees: own(["market", "bills"], "a gift to the models"),
    depositFeesWithPermit: own(["market", "bills"], "a gift to the models"),
    depositFromBatch: byContract("router", ["market", "bills"]),
  },
  InfrastructureReserve: {
    credit: byContract("UsageFeeRouter", ["bills"]),
    pay: power(
      ["payer"],
      ["bills"],
      "pays accrued balances to payees that the governor approved two days before; uses up hashes of other models' invoices",
    ),
    payMany: power(
      ["payer"],
      ["bills"],
      "pays accrued balances to payees that the governor approved two days before; uses up hashes of other models' invoices",
    ),
    payFromBatch: byContract("infrastructure reserve", ["bills"]),
    approvePayee: power(["governor"], ["payees"], "with a payer: the model's own balance, to anybody", "2 days"),
    revokePayee: power(["governor", "guardian"], ["payees"], "a payee has to wait two days again"),
    rescueSurplus: byAdmin([], "tokens that no model owns"),
  },
  OracleAttestation: {
    addAttester: byAdmin(
      ["book"],
      "with enough of them for the threshold: undeserved rewards wait, within daily limits",
    ),
    setThreshold: byAdmin(["book"], "fewer attesters have to sign, but at least one"),
    removeAttester: power(
      ["guardian", "admin"],
      ["book"],
      "only as many attesters remain as must sign; a guardian can leave the dishonest ones",
    ),
  },
  Hybrid: {},
  DeltaOneVerifier: {
    processImprovement: own(
      ["lifecycle", "payouts"],
      "nothing unless the method agrees; with enough stolen attesters, rewards up to each model's daily limit are queued until a guardian acts",
    ),
  },
  RewardDistributor: {
    claim: own([], "pays a contributor what the contributor is owed"),
    claimMany: own([], "pays contributors what they are owed"),
    createDistribution: byContract("TokenManager", []),
  },
  TimelockController: {
    schedule: power(["multisig"], [], "announces an operation", "2 days"),
    scheduleBatch: power(["multisig"], [], "announces operations", "2 days"),
    execute: power(["multisig"], [], "whatever was announced two days before"),
    executeBatch: power(["multisig"], [], "whatever was announced two days before"),
    cancel: power(["multisig"], [], "an announced operation does not take place"),
    updateDelay: byAdmin([], "another delay, after the present one"),
    grantRole: byAdmin(["roles"], "another multisig"),
    revokeRole: byAdmin(["roles"], "no multisig is left, and nothing can be changed any more"),
    renounceRole: own(["roles"], "the caller's own role ends"),
    onERC721Received: own([], "nothing"),
    onERC1155Received: own([], "nothing"),
    onERC1155BatchReceived: own([], "nothing"),
  },
};
