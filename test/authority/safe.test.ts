import proxyFactoryArtifact from "@safe-global/safe-smart-account/build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json";
import safeArtifact from "@safe-global/safe-smart-account/build/artifacts/contracts/Safe.sol/Safe.json";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type Contract, type ContractTransactionResponse, ZeroAddress, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";
import { readParameters } from "../../deploy/parameters";
import { deployProtocol } from "../../deploy/protocol";
import { networkOf } from "../../deploy/network";
import { ascending, DAILY_LIMIT, registerModel } from "../../scripts/dev/world/improvements";
import { buildBenchmark } from "../../scripts/dev/world/models";

const DELAY = 172_800n;
const SALT = ethers.id("salt");
const THRESHOLD = 2;
const NEW_LIMIT = 700n;

/** The timelock's set of states that has only the one of an operation that can be executed. */
const READY = ethers.toBeHex(1n << 2n, 32);

/** A Safe of three owners, two of whom must sign. */
async function deploySafe(owners: readonly HardhatEthersSigner[]): Promise<Contract> {
  const [deployer] = await ethers.getSigners();
  const singleton = await new ethers.ContractFactory(safeArtifact.abi, safeArtifact.bytecode, deployer).deploy();
  const factory = (await new ethers.ContractFactory(
    proxyFactoryArtifact.abi,
    proxyFactoryArtifact.bytecode,
    deployer,
  ).deploy()) as Contract;
  const setup = new ethers.Interface(safeArtifact.abi).encodeFunctionData("setup", [
    ...[owners.map(({ address }) => address), THRESHOLD],
    ...[ZeroAddress, "0x", ZeroAddress, ZeroAddress, 0n, ZeroAddress],
  ]);
  const create = factory.getFunction("createProxyWithNonce");
  const proxy = (await create.staticCall(singleton, setup, 0n)) as string;
  await create(singleton, setup, 0n);
  return new ethers.Contract(proxy, safeArtifact.abi, deployer);
}

/** The shipped protocol whose multisig is a Safe, with one registered model. */
async function governedBySafe() {
  const owners = (await ethers.getSigners()).slice(16, 19);
  const safe = await deploySafe(owners);
  const multisig = [await safe.getAddress()];
  const parameters = await readParameters(networkOf(hre));
  const protocol = await deployProtocol(hre, {
    parameters: { ...parameters, Governance: { proposers: multisig, executors: multisig } },
  });
  return { ...protocol, safe, owners };
}

type Context = Awaited<ReturnType<typeof governedBySafe>>;

/** A transaction of the Safe, signed by these owners. */
async function send(
  { safe }: Context,
  signers: readonly HardhatEthersSigner[],
  to: string,
  data: string,
): Promise<ContractTransactionResponse> {
  const nonce = (await safe.getFunction("nonce")()) as bigint;
  const transaction = {
    ...{ to, value: 0n, data, operation: 0n, safeTxGas: 0n, baseGas: 0n, gasPrice: 0n },
    ...{ gasToken: ZeroAddress, refundReceiver: ZeroAddress },
  };
  const { chainId } = await ethers.provider.getNetwork();
  const types = {
    SafeTx: [
      { name: "to", type: "address" },
      { name: "value", type: "uint256" },
      { name: "data", type: "bytes" },
      { name: "operation", type: "uint8" },
      { name: "safeTxGas", type: "uint256" },
      { name: "baseGas", type: "uint256" },
      { name: "gasPrice", type: "uint256" },
      { name: "gasToken", type: "address" },
      { name: "refundReceiver", type: "address" },
      { name: "nonce", type: "uint256" },
    ],
  };
  const domain = { chainId, verifyingContract: await safe.getAddress() };
  const signatures = await Promise.all(
    ascending(signers).map((signer) => signer.signTypedData(domain, types, { ...transaction, nonce })),
  );
  return (await safe.getFunction("execTransaction")(
    ...Object.values(transaction),
    ethers.concat(signatures),
  )) as ContractTransactionResponse;
}

describe("a Safe as the multisig behind the timelock", () => {
  let context: Context;
  let addAttester: [string, bigint, string, string, string];

  beforeEach(async () => {
    context = await loadFixture(governedBySafe);
    const { oracleAttestation, owners } = context;
    const data = oracleAttestation.interface.encodeFunctionData("addAttester", [owners[2]!.address]);
    addAttester = [await oracleAttestation.getAddress(), 0n, data, ZeroHash, SALT];
  });

  const byTimelock = (signers: readonly HardhatEthersSigner[], data: string) =>
    send(context, signers, context.addresses.TimelockController!, data);

  const schedule = (signers = context.owners.slice(0, THRESHOLD), delay = DELAY) =>
    byTimelock(signers, context.timelock.interface.encodeFunctionData("schedule", [...addAttester, delay]));

  const execute = () =>
    byTimelock(context.owners.slice(1), context.timelock.interface.encodeFunctionData("execute", addAttester));

  const isAttester = () => context.oracleAttestation.isAttester(context.owners[2]!);

  /** The Safe answers with the error of what it calls. */
  const expectNotReady = (id: string) =>
    expect(execute())
      .to.be.revertedWithCustomError(context.timelock, "TimelockUnexpectedOperationState")
      .withArgs(id, READY);

  it("A3: executes a proposal after two days, and not a second before", async () => {
    const { timelock, oracleAttestation } = context;
    const id = await timelock.hashOperation(...addAttester);
    await expect(schedule())
      .to.emit(timelock, "CallScheduled")
      .withArgs(id, 0, ...addAttester.slice(0, 4), DELAY);
    const readyAt = BigInt(await time.latest()) + DELAY;
    expect(await timelock.getTimestamp(id)).to.equal(readyAt);

    await time.setNextBlockTimestamp(readyAt - 1n);
    await expectNotReady(id);
    expect(await isAttester()).to.equal(false);

    await time.setNextBlockTimestamp(readyAt);
    await expect(execute()).to.emit(oracleAttestation, "AttesterAdded");
    expect(await isAttester()).to.equal(true);
    expect(await timelock.isOperationDone(id)).to.equal(true);
    await expectNotReady(id);
  });

  it("changes a model's daily limit", async () => {
    const { registry, timelock, owners, oracleAttestation, tokenManager, parameters } = context;
    const signer = (address: string) => ethers.getSigner(address);
    const { id } = await registerModel(
      {
        ...{ tokenManager, registry, oracleAttestation },
        launcher: await signer(parameters.Tokens.deployers[0]!),
        registrar: await signer(parameters.Models.registrars[0]!),
        ...{ supplier: owners[0]!, governor: owners[1]! },
      } as Parameters<typeof registerModel>[0],
      { benchmark: buildBenchmark(await oracleAttestation.getAddress()) },
    );
    const call = registry.interface.encodeFunctionData("setDailyLimit", [id, NEW_LIMIT]);
    const operation: typeof addAttester = [await registry.getAddress(), 0n, call, ZeroHash, SALT];
    const two = owners.slice(0, THRESHOLD);
    await byTimelock(two, timelock.interface.encodeFunctionData("schedule", [...operation, DELAY]));
    await time.increase(DELAY);
    await expect(byTimelock(two, timelock.interface.encodeFunctionData("execute", operation)))
      .to.emit(registry, "DailyLimitChanged")
      .withArgs(id, DAILY_LIMIT, NEW_LIMIT);
    expect(await registry.dailyLimitOf(id)).to.equal(NEW_LIMIT);
  });

  it("cancels an operation that it has scheduled", async () => {
    const { timelock } = context;
    await schedule();
    const id = await timelock.hashOperation(...addAttester);
    await expect(
      byTimelock(context.owners.slice(0, THRESHOLD), timelock.interface.encodeFunctionData("cancel", [id])),
    ).to.emit(timelock, "Cancelled");
    await time.increase(DELAY);
    await expectNotReady(id);
    expect(await isAttester()).to.equal(false);
  });

  it("changes nothing with too few signatures, with a shorter delay, or without the timelock", async () => {
    const { owners, oracleAttestation, safe, timelock } = context;
    const [target, , data] = addAttester;
    const two = owners.slice(0, THRESHOLD);
    await expect(schedule(owners.slice(0, 1))).to.be.revertedWith("GS020");
    await expect(schedule(two, DELAY - 1n))
      .to.be.revertedWithCustomError(timelock, "TimelockInsufficientDelay")
      .withArgs(DELAY - 1n, DELAY);
    for (const [call, caller] of [
      [() => send(context, two, target, data), safe],
      [() => oracleAttestation.connect(owners[0]!).addAttester(owners[2]!), owners[0]!],
    ] as const) {
      await expect(call())
        .to.be.revertedWithCustomError(oracleAttestation, "AccessControlUnauthorizedAccount")
        .withArgs(caller, ZeroHash);
    }
    expect(await isAttester()).to.equal(false);
  });
});
