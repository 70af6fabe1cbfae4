// Deploys one model token through the published interface of the TokenManager, without Hardhat.
//
//   RPC_URL=http://127.0.0.1:8545 PRIVATE_KEY=… TOKEN_MANAGER_ADDRESS=… GOVERNOR_ADDRESS=… MODEL_SUPPLIER_RECIPIENT=… \
//     npm run deploy-model-token
//
// On any chain but a local one CHAIN_ID must confirm which it is.

import {
  decodeBytes32String,
  Contract,
  formatEther,
  id,
  isAddress,
  isCallException,
  isError,
  JsonRpcProvider,
  keccak256,
  parseUnits,
  Wallet,
  ZeroAddress,
} from "ethers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { developmentAddresses } from "../sdk/base/accounts";
import { Problem } from "../sdk/base/problem";
import { classify } from "../sdk/client/errors";
import { runAsScript, type Streams } from "./cli/command";
import { tellProblem } from "../sdk/node/failure";

const LOCAL_CHAIN_ID = "31337";
const DIGITS = /^[1-9][0-9]{0,14}$/;

/** The published function, the views that the checks need, and the errors that its troubleshooting table names. */
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
  readonly privateKey: string;
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
      // The address of a node may hold an access key.
      const shown = { PRIVATE_KEY: "not a key", RPC_URL: "not an address" }[name] ?? value;
      problems.push(`${name} is ${shown}, expected ${expected}`);
    }
    return value;
  };
  const isAccount = (value: string) => isAddress(value) && value !== ZeroAddress;
  const settings = {
    rpcUrl: read("RPC_URL", "the network's RPC address", (value) => URL.canParse(value)),
    privateKey: read("PRIVATE_KEY", "64 hexadecimal digits", (value) => /^(0x)?[0-9a-fA-F]{64}$/.test(value)),
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

/** Arguments that the published troubleshooting table speaks of. */
const FIELDS: Readonly<Record<string, string>> = {
  tokensPerDeltaOne: "the reward for a DeltaOne, in wei,",
  infrastructureAccrualBps: "the infrastructure share, in bps,",
};

/** What the script may meet, as a {@link Problem}. */
function problemFrom(error: unknown): Problem {
  if (isError(error, "NETWORK_ERROR") || /ECONNREFUSED/.test(String(error))) {
    return new Problem("NODE_FAILED", explainRefusal(error));
  }
  return isCallException(error) ? new Problem("REVERTED", explainRefusal(error)) : classify(error);
}

/** Each row of the published troubleshooting table in words. */
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

async function deploy(settings: Settings, print: Print): Promise<void> {
  const provider = new JsonRpcProvider(settings.rpcUrl, BigInt(settings.chainId), { staticNetwork: true });
  try {
    await deployThrough(provider, settings, print);
  } finally {
    provider.destroy();
  }
}

async function deployThrough(provider: JsonRpcProvider, settings: Settings, print: Print): Promise<void> {
  const wallet = new Wallet(settings.privateKey, provider);
  const chainId = String(BigInt(await provider.send("eth_chainId", [])));
  if (chainId !== settings.chainId) {
    throw new Problem(
      "WRONG_CHAIN",
      `the chain at RPC_URL has id ${chainId}, expected ${settings.chainId}: confirm it with CHAIN_ID.`,
    );
  }
  if (chainId !== LOCAL_CHAIN_ID && developmentAddresses().has(wallet.address)) {
    throw new Problem(
      "BAD_KEY",
      `PRIVATE_KEY is that of ${wallet.address}, a development account whose key everybody knows.`,
    );
  }
  if ((await provider.getCode(settings.tokenManager)) === "0x") {
    throw new Problem(
      "NOT_DEPLOYED",
      `TOKEN_MANAGER_ADDRESS is ${settings.tokenManager}, where chain ${chainId} has no contract.`,
    );
  }
  const tokenManager = new Contract(settings.tokenManager, TOKEN_MANAGER_ABI, wallet);
  const taken = String(await tokenManager.getFunction("tokenOf")(MODEL.id));
  if (taken !== ZeroAddress) {
    throw new Problem(
      "ALREADY_DONE",
      `Token already deployed for this model: ${MODEL.id} has the token ${taken}; choose another id.`,
    );
  }
  if (!(await tokenManager.getFunction("hasRole")(id("DEPLOYER_ROLE"), wallet.address))) {
    throw new Problem("NOT_ALLOWED", missingRole(wallet.address));
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
  const { maxFeePerGas, gasPrice } = await provider.getFeeData();
  const cost = (await deployToken.estimateGas(...args)) * (maxFeePerGas ?? gasPrice ?? 0n);
  const balance = await provider.getBalance(wallet.address);
  if (balance < cost) {
    const [has, needs] = [balance, cost].map(formatEther);
    throw new Problem(
      "NO_FUNDS",
      `${wallet.address} has ${has} ether, expected at least ${needs} for gas: send it some.`,
    );
  }

  print(`chain         ${chainId}`);
  print(`from          ${wallet.address}, ${formatEther(balance)} ether`);
  print(`licence hash  ${licenseHash}`);
  const transaction = await deployToken(...args);
  print(`transaction   ${transaction.hash}`);
  const receipt = await transaction.wait();
  print(`gas used      ${receipt.gasUsed}`);
  print(`token         ${await tokenManager.getFunction("tokenOf")(MODEL.id)}`);
}

/** Runs the script and returns its exit code; it takes no arguments. */
export async function main(_: readonly string[], { env, out, err }: Streams): Promise<number> {
  try {
    await deploy(readSettings(env), out);
    return 0;
  } catch (error) {
    const teller = { name: "deploy-model-token", env, isJson: false, out, err };
    return tellProblem(teller, problemFrom(error));
  }
}

runAsScript(module, main);
