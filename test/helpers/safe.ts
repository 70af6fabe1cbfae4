// A wallet that several sign for: a real Safe, and what its Transaction Builder does with a batch.

import multiSendArtifact from "@safe-global/safe-smart-account/build/artifacts/contracts/libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json";
import proxyFactoryArtifact from "@safe-global/safe-smart-account/build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json";
import safeArtifact from "@safe-global/safe-smart-account/build/artifacts/contracts/Safe.sol/Safe.json";
import {
  concat,
  Contract,
  ContractFactory,
  dataLength,
  Interface,
  solidityPacked,
  ZeroAddress,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  type JsonRpcSigner,
} from "ethers";

/** A Safe, and what it sends several calls through. */
export interface RealSafe {
  readonly wallet: Contract;
  readonly address: string;
  readonly multiSend: string;
}

/** What a Safe is to send. */
interface SafeCall {
  readonly to: string;
  readonly value: string;
  readonly data: string;
}

const SAFE_TX = {
  SafeTx: [
    ...[{ name: "to", type: "address" }],
    ...[{ name: "value", type: "uint256" }],
    ...[{ name: "data", type: "bytes" }],
    ...[{ name: "operation", type: "uint8" }],
    ...["safeTxGas", "baseGas", "gasPrice"].map((name) => ({ name, type: "uint256" })),
    ...["gasToken", "refundReceiver"].map((name) => ({ name, type: "address" })),
    ...[{ name: "nonce", type: "uint256" }],
  ],
};

/** Deploys a Safe of some owners, `threshold` of whom must sign. */
export async function deployRealSafe(
  deployer: JsonRpcSigner,
  owners: readonly JsonRpcSigner[],
  threshold: number,
): Promise<RealSafe> {
  const deploy = async ({ abi, bytecode }: { abi: object[]; bytecode: string }) => {
    const contract = await new ContractFactory(abi as never, bytecode, deployer).deploy();
    await contract.waitForDeployment();
    return contract as Contract;
  };
  const [singleton, factory, multiSend] = [
    await deploy(safeArtifact),
    await deploy(proxyFactoryArtifact),
    await deploy(multiSendArtifact),
  ];
  const setup = new Interface(safeArtifact.abi).encodeFunctionData("setup", [
    ...[owners.map(({ address }) => address), threshold],
    ...[ZeroAddress, "0x", ZeroAddress, ZeroAddress, 0n, ZeroAddress],
  ]);
  const create = factory.getFunction("createProxyWithNonce");
  const address = (await create.staticCall(singleton, setup, 0n)) as string;
  await ((await create(singleton, setup, 0n)) as ContractTransactionResponse).wait();
  const wallet = new Contract(address, safeArtifact.abi, deployer);
  return { wallet, address, multiSend: await multiSend.getAddress() };
}

/** Sends the calls of a batch in one transaction of the Safe, signed by these owners; throws when one of them fails. */
export async function sendAsSafe(
  { wallet, address, multiSend }: RealSafe,
  signers: readonly JsonRpcSigner[],
  calls: readonly SafeCall[],
): Promise<ContractTransactionReceipt> {
  const packed = calls.map(({ to, value, data }) =>
    solidityPacked(["uint8", "address", "uint256", "uint256", "bytes"], [0, to, value, dataLength(data), data]),
  );
  const data = new Interface(multiSendArtifact.abi).encodeFunctionData("multiSend", [concat(packed)]);
  const transaction = {
    ...{ to: multiSend, value: 0n, data, operation: 1n, safeTxGas: 0n, baseGas: 0n, gasPrice: 0n },
    ...{ gasToken: ZeroAddress, refundReceiver: ZeroAddress },
  };
  const nonce = (await wallet.getFunction("nonce")()) as bigint;
  const { chainId } = await signers[0]!.provider.getNetwork();
  const domain = { chainId, verifyingContract: address };
  const ordered = [...signers].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const signatures = await Promise.all(
    ordered.map((signer) => signer.signTypedData(domain, SAFE_TX, { ...transaction, nonce })),
  );
  const execute = wallet.getFunction("execTransaction");
  const sent = (await execute(...Object.values(transaction), concat(signatures))) as ContractTransactionResponse;
  return (await sent.wait())!;
}
