// Deploys one model token through the published interface of the TokenManager, without Hardhat.
//
//   RPC_URL=http://127.0.0.1:8545 PRIVATE_KEY=… TOKEN_MANAGER_ADDRESS=… GOVERNOR_ADDRESS=… MODEL_SUPPLIER_RECIPIENT=… \
//     npm run deploy-model-token
//
// On any chain except a local one, CHAIN_ID must confirm which it is. RPC_URL may list several addresses separated by commas. Instead of
// PRIVATE_KEY, the key may be named by KEYSTORE, LEDGER, KMS or REMOTE_SIGNER; MAX_FEE limits what gas may cost: docs/signing.md.

import {
  decodeBytes32String,
  Contract,
  formatEther,
  id,
  isAddress,
  isCallException,
  isError,
  keccak256,
  parseUnits,
  ZeroAddress,
} from "ethers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reach, type Reached } from "../deploy/reach";
import { noting, sendingAs, type Dispatch, type Sending } from "../deploy/sends";
import { Problem } from "../sdk/base/problem";
import { receiptOf } from "../sdk/client/confirm";
import { classify } from "../sdk/client/errors";
import { namedKeys, openAccounts, UNNAMED, type KeyRef, type Secrets, type SigningAccount } from "../sdk/node/keys";
import { nodesListed } from "../sdk/rpc/nodes";
import type { EndpointProvider } from "../sdk/rpc/provider";
import { runAsScript, type Streams } from "./cli/command";
import { tellFailure } from "./cli/failure";
import { readMaxFee } from "./cli/sending";
import { tellProblem } from "../sdk/node/failure";

const LOCAL_CHAIN_ID = "31337";
const DIGITS = /^[1-9][0-9]{0,14}$/;

/** The published function, the views that the checks need, and the errors in its troubleshooting table. */
export const TOKEN_MANAGER_ABI = [
  "function deployTokenWithAllocations(string modelId, string name, string symbol, uint256 modelSupplierAllocation, address modelSupplierRecipient, uint256 investorAllocation, (uint256 tokensPerDeltaOne, uint16 infrastructureAccrualBps, uint256 initialOraclePricePerThousandUsd, bytes32 licenseHash, string licenseURI, address governor) initialParams) payable returns (address)",
  "function hasRole(bytes32 role, address account) view returns (bool)",
  "function tokenOf(string modelId) view returns (address)",
  "error InvalidAmount()",
  "error ZeroAddress()",
  "error OutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max)",
  "error AccessControlUnauthorizedAccount(address account, bytes32 role)",
];

const MODEL = {
  id: "sentiment-v2",
  name: "Sentiment Model",
  symbol: "SENT",
  supplierAllocation: parseUnits("400000", 18),
  investorAllocation: parseUnits("600000", 18),
  tokensPerDeltaOne: parseUnits("100000", 18),
  infrastructureAccrualBps: 5000,
  pricePerThousandCalls: 0n,
  licenseFile: join(__dirname, "../deploy/models/licenses/sentiment-v2.txt"),
  licenseURI: "https://example.org/licenses/sentiment-v2.txt",
};

interface Settings {
  readonly rpcUrl: string;
  readonly key: KeyRef;
  /** The ceiling in wei per unit of gas; 0 without one. */
  readonly maxFee: bigint;
  readonly tokenManager: string;
  readonly governor: string;
  readonly recipient: string;
  readonly chainId: string;
}

/** Reads the settings; throws one {@link Problem} that names everything missing or wrong. The key is never shown. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const problems: string[] = [];
  const read = (name: string, expected: string, isRight: (value: string) => boolean) => {
    const value = env[name] ?? "";
    if (value === "") problems.push(`${name} is missing, expected ${expected}`);
    else if (!isRight(value)) {
      // A node's address may contain an access key.
      const shown = { PRIVATE_KEY: "not a key", RPC_URL: "not an address" }[name] ?? value;
      problems.push(`${name} is ${shown}, expected ${expected}`);
    }
    return value;
  };
  const readKey = (): KeyRef => {
    const [named] = namedKeys(UNNAMED, { ...env, PRIVATE_KEY: "" });
    if (named) return named;
    read("PRIVATE_KEY", "64 hexadecimal digits", (value) => /^(0x)?[0-9a-fA-F]{64}$/.test(value));
    return { kind: "environment", variable: "PRIVATE_KEY" };
  };
  const isAccount = (value: string) => isAddress(value) && value !== ZeroAddress;
  const settings = {
    rpcUrl: read("RPC_URL", "the network's RPC address", (list) =>
      nodesListed(list).every((address) => URL.canParse(address)),
    ),
    key: readKey(),
    maxFee: readMaxFee(env),
    tokenManager: read("TOKEN_MANAGER_ADDRESS", "the TokenManager's address", isAccount),
    governor: read("GOVERNOR_ADDRESS", "the address of the model's governor, not zero", isAccount),
    recipient: read(
      "MODEL_SUPPLIER_RECIPIENT",
      "the address that receives the supplier allocation, not zero",
      isAccount,
    ),
    chainId: env.CHAIN_ID
      ? read("CHAIN_ID", "the chain's id in digits", (value) => DIGITS.test(value))
      : LOCAL_CHAIN_ID,
  };
  if (problems.length > 0) throw new Problem("BAD_OPTION", `${problems.join("; ")}: set it in the environment.`);
  return settings;
}

/** Arguments that the published troubleshooting table mentions. */
const FIELDS: Readonly<Record<string, string>> = {
  tokensPerDeltaOne: "the reward for a DeltaOne, in wei,",
  infrastructureAccrualBps: "the infrastructure share, in bps,",
};

/** Converts the failures that the script expects to a {@link Problem}. */
function problemFrom(error: unknown): Problem {
  if (isError(error, "NETWORK_ERROR") || /ECONNREFUSED/.test(String(error))) {
    return new Problem("NODE_FAILED", explainRefusal(error));
  }
  return isCallException(error) ? new Problem("REVERTED", explainRefusal(error)) : classify(error);
}

/** Explains each error in the published troubleshooting table. */
export function explainRefusal(error: unknown): string {
  if (isError(error, "NETWORK_ERROR") || /ECONNREFUSED/.test(String(error))) {
    return "RPC_URL does not answer: start the node or correct the address.";
  }
  if (!isCallException(error)) return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  const { name = "", args = [] } = error.revert ?? {};
  const [value, ...range] = args.map(String);
  switch (name) {
    case "Error":
      return value === "Token already deployed for this model"
        ? `${value}: ${MODEL.id} is taken; choose another id.`
        : `the TokenManager refuses: ${value}.`;
    case "InvalidAmount":
      return "InvalidAmount: an allocation is zero; both the supplier's and the investors' must be positive.";
    case "ZeroAddress":
      return "ZeroAddress: MODEL_SUPPLIER_RECIPIENT or GOVERNOR_ADDRESS is zero; both must be accounts.";
    case "OutOfRange": {
      const field = decodeBytes32String(String(value));
      return `OutOfRange: ${FIELDS[field] ?? field} is ${range[0]}, expected ${range[1]} to ${range[2]}.`;
    }
    case "AccessControlUnauthorizedAccount":
      return missingRole(String(value));
    default:
      return `the TokenManager refuses: ${error.data ?? error.shortMessage}; docs/errors.md explains every error.`;
  }
}

const missingRole = (account: string) =>
  `AccessControl: account ${account} is missing role DEPLOYER_ROLE on TokenManager; an operator can grant it.`;

type Print = (line: string) => void;

/** Where and by whom the token is deployed. */
interface Desk {
  readonly provider: EndpointProvider;
  readonly account: SigningAccount;
}

async function deploy({ provider }: Reached, settings: Settings, secrets: Secrets, print: Print): Promise<void> {
  try {
    const chainId = String(BigInt((await provider.send("eth_chainId", [])) as string));
    if (chainId !== settings.chainId) {
      throw new Problem(
        "WRONG_CHAIN",
        `the chain at RPC_URL has id ${chainId}, expected ${settings.chainId}: confirm it with CHAIN_ID.`,
      );
    }
    const [account] = await openAccounts({ isLocal: chainId === LOCAL_CHAIN_ID }, [settings.key], secrets);
    const sending: Sending = {
      ...(settings.maxFee > 0n && { maxFeePerGas: settings.maxFee }),
      accounts: async () => [account as SigningAccount],
      onNotice: print,
    };
    await sendingAs(sending, () => deployThrough({ provider, account: account as SigningAccount }, settings, print));
  } finally {
    provider.destroy();
  }
}

async function deployThrough({ provider, account }: Desk, settings: Settings, print: Print): Promise<void> {
  const { chainId } = settings;
  const { address } = account;
  if ((await provider.getCode(settings.tokenManager)) === "0x") {
    throw new Problem(
      "NOT_DEPLOYED",
      `TOKEN_MANAGER_ADDRESS is ${settings.tokenManager}, where chain ${chainId} has no contract.`,
    );
  }
  const tokenManager = new Contract(settings.tokenManager, TOKEN_MANAGER_ABI, await provider.getSigner(address));
  const taken = String(await tokenManager.getFunction("tokenOf")(MODEL.id));
  if (taken !== ZeroAddress) {
    throw new Problem(
      "ALREADY_DONE",
      `Token already deployed for this model: ${MODEL.id} has the token ${taken}; choose another id.`,
    );
  }
  if (!(await tokenManager.getFunction("hasRole")(id("DEPLOYER_ROLE"), address))) {
    throw new Problem("NOT_ALLOWED", missingRole(address));
  }

  const licenseHash = keccak256(readFileSync(MODEL.licenseFile));
  const deployToken = tokenManager.getFunction("deployTokenWithAllocations");
  const args = [
    MODEL.id,
    MODEL.name,
    MODEL.symbol,
    MODEL.supplierAllocation,
    settings.recipient,
    MODEL.investorAllocation,
    {
      tokensPerDeltaOne: MODEL.tokensPerDeltaOne,
      infrastructureAccrualBps: MODEL.infrastructureAccrualBps,
      initialOraclePricePerThousandUsd: MODEL.pricePerThousandCalls,
      licenseHash,
      licenseURI: MODEL.licenseURI,
      governor: settings.governor,
    },
  ];
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  const price = maxFeePerGas ?? gasPrice ?? 0n;
  const most = settings.maxFee > 0n && settings.maxFee < price ? settings.maxFee : price;
  const gasLimit = await deployToken.estimateGas(...args);
  const cost = gasLimit * most;
  const balance = await provider.getBalance(address);
  if (balance < cost) {
    const [has, needs] = [balance, cost].map(formatEther);
    throw new Problem("NO_FUNDS", `${address} has ${has} ether, expected at least ${needs} for gas: send it some.`);
  }

  print(`chain         ${chainId}`);
  print(`from          ${address}, ${formatEther(balance)} ether`);
  print(`licence hash  ${licenseHash}`);
  const fees = maxFeePerGas === null ? { gasPrice } : { maxFeePerGas, maxPriorityFeePerGas };
  const receipt = await receiptOf("deploy token", deployToken(...args, { gasLimit, ...fees }));
  print(`transaction   ${receipt.hash}`);
  print(`gas used      ${receipt.gasUsed}`);
  print(`token         ${await tokenManager.getFunction("tokenOf")(MODEL.id)}`);
}

/** Runs the script and returns its exit code; it takes no arguments. */
export async function main(_: readonly string[], { env, askPassword, out, err }: Streams): Promise<number> {
  const teller = { name: "deploy-model-token", env, isJson: false, out, err };
  const said: string[] = [];
  const sends: Dispatch[] = [];
  const tell = (line: string) => {
    said.push(line);
    out(line);
  };
  let reached: Reached | undefined;
  try {
    const settings = readSettings(env);
    const found = (reached = reach(settings.rpcUrl, Number(settings.chainId)));
    await noting(sends, () => deploy(found, settings, { env, askPassword }, tell));
    return 0;
  } catch (error) {
    const problem = problemFrom(error);
    return reached === undefined
      ? tellProblem(teller, problem)
      : tellFailure(teller, problem, { provider: reached.chain, sends, said });
  }
}

runAsScript(module, main);
