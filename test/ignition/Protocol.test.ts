import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";
import hre, { ethers } from "hardhat";
import type { Sent } from "../../sdk/client/confirm";
import { readParameters, type Parameters } from "../../deploy/parameters";
import { deployProtocol } from "../../deploy/protocol";
import { ProtocolModule } from "../../ignition/modules/Protocol";
import { MethodAccess } from "../../scripts/dev/world/models";

const LOCAL = { name: "localhost", isLocal: true };
const MOST_TRANSACTIONS = 14;

/** Holders by role and contract, names for readers. */
type Matrix = Record<string, Record<string, string[]>>;

async function deploy() {
  const sent: Sent[] = [];
  const protocol = await deployProtocol(hre, { onSent: (transaction) => sent.push(transaction) });
  return { protocol, sent, declared: await readParameters(LOCAL) };
}

/** Who holds which role, as the parameter file declares it. */
function declaredMatrix({ $global, ...declared }: Parameters, timelock: string): Matrix {
  const { Governance, Models, Tokens } = declared;
  const everywhere = { DEFAULT_ADMIN_ROLE: [timelock], GUARDIAN_ROLE: $global.guardians };
  return {
    TimelockController: {
      DEFAULT_ADMIN_ROLE: [timelock],
      PROPOSER_ROLE: Governance.proposers,
      CANCELLER_ROLE: Governance.proposers,
      EXECUTOR_ROLE: Governance.executors,
    },
    ModelRegistry: {
      ...everywhere,
      REGISTRAR_ROLE: Models.registrars,
      POOL_CREATOR_ROLE: Models.poolCreators,
      PAYER_ROLE: Models.payers,
    },
    TokenManager: {
      ...everywhere,
      OPERATOR_ROLE: Tokens.operators,
      DEPLOYER_ROLE: Tokens.deployers,
      DISTRIBUTOR_ROLE: Tokens.distributors,
    },
  };
}

/** Who holds which role, rebuilt from the contracts' logs. */
async function matrixFromEvents(addresses: Record<string, string>): Promise<Matrix> {
  const { abi } = await hre.artifacts.readArtifact("IAccessControl");
  const events = new ethers.Interface(abi);
  const topics = [["RoleGranted", "RoleRevoked"].map((name) => events.getEvent(name)!.topicHash)];
  const matrix: Matrix = {};
  const address = Object.values(addresses);
  for (const log of await ethers.provider.getLogs({ fromBlock: 0, address, topics })) {
    const { name, args } = events.parseLog(log)!;
    const contract = Object.entries(addresses).find(([, address]) => address === log.address)![0];
    const roles = (matrix[contract] ??= {});
    const role = await roleName(contract, String(args.role));
    const others = (roles[role] ?? []).filter((holder) => holder !== args.account);
    roles[role] = name === "RoleGranted" ? [...others, String(args.account)] : others;
  }
  return matrix;
}

async function roleName(contract: string, role: string): Promise<string> {
  if (role === ZeroHash) return "DEFAULT_ADMIN_ROLE";
  const { abi } = await hre.artifacts.readArtifact(contract);
  const names = (abi as { name?: string }[]).map(({ name }) => name ?? "").filter((name) => name.endsWith("_ROLE"));
  return names.find((name) => id(name) === role)!;
}

describe("Deployment of the protocol", () => {
  it("A1 A2: grants exactly the declared roles, as the events show, with the timelock as the only admin", async () => {
    const { protocol, declared } = await loadFixture(deploy);

    expect(await matrixFromEvents(protocol.addresses)).to.deep.equal(
      declaredMatrix(declared, protocol.addresses.TimelockController!),
    );
  });

  it("A1: never gives the deploying account a role", async () => {
    const { protocol, declared } = await loadFixture(deploy);
    const account = ethers.zeroPadValue(declared.$global.deployer, 32);

    const granted = await ethers.provider.getLogs({
      fromBlock: 0,
      topics: [id("RoleGranted(bytes32,address,address)"), null, account],
    });
    expect(granted).to.deep.equal([]);
    const somebody = (await ethers.getSigners())[0]!;
    const { registry } = protocol;
    await expect(
      registry
        .connect(somebody)
        .wire(declared.$global.deployer, declared.$global.deployer, declared.$global.deployer, []),
    )
      .to.be.revertedWithCustomError(registry, "UnauthorizedCaller")
      .withArgs(somebody.address, declared.$global.deployer);
    const deployer = await ethers.getSigner(declared.$global.deployer);
    const again = registry.connect(deployer).wire(deployer, deployer, deployer, [deployer]);
    await expect(again).to.be.revertedWithCustomError(registry, "AlreadyWired");
  });

  it("A3: sets the declared delay in the timelock and for changes of the admin", async () => {
    const { protocol, declared } = await loadFixture(deploy);
    const { registry, tokenManager, timelock } = protocol;

    expect(await timelock.getMinDelay()).to.equal(declared.$global.adminDelay);
    for (const contract of [registry, tokenManager]) {
      expect(await contract.defaultAdminDelay()).to.equal(declared.$global.adminDelay);
      expect(await contract.defaultAdmin()).to.equal(await timelock.getAddress());
    }
  });

  it("wires the contracts to each other as declared", async () => {
    const { protocol, declared } = await loadFixture(deploy);
    const { addresses, registry, tokenManager, factory, oracleAttestation, verifier, feeRouter } = protocol;
    const { infrastructureReserve } = protocol;

    expect(await registry.tokenManager()).to.equal(addresses.TokenManager);
    expect(await registry.factory()).to.equal(addresses.HokusaiAMMFactory);
    expect(await registry.verifier()).to.equal(addresses.DeltaOneVerifier);
    expect(await registry.methodAccessOf(oracleAttestation)).to.equal(MethodAccess.REGISTRAR);
    expect(await registry.payoutDelay()).to.equal(declared.Models.payoutDelay);
    expect(await tokenManager.distributor()).to.equal(addresses.RewardDistributor);
    expect(await tokenManager.registry()).to.equal(addresses.ModelRegistry);
    expect(await verifier.registry()).to.equal(addresses.ModelRegistry);
    expect(await factory.registry()).to.equal(addresses.ModelRegistry);
    expect(await factory.reserveToken()).to.equal(addresses.ReserveToken);
    expect(await factory.treasury()).to.equal(declared.Market.treasury);
    expect(await oracleAttestation.registry()).to.equal(addresses.ModelRegistry);
    expect(await infrastructureReserve.registry()).to.equal(addresses.ModelRegistry);
    expect(await feeRouter.registry()).to.equal(addresses.ModelRegistry);
    expect(await feeRouter.infrastructureReserve()).to.equal(addresses.InfrastructureReserve);
    expect(await oracleAttestation.threshold()).to.equal(declared.Methods.threshold);
    for (const attester of declared.Methods.attesters) {
      expect(await oracleAttestation.isAttester(attester)).to.equal(true);
    }
  });

  it("@uninstrumented sends few transactions, all from the deployer", async () => {
    const { sent, declared } = await loadFixture(deploy);

    expect(sent.filter(({ name }) => !name.startsWith("LocalReserve"))).to.have.length.at.most(MOST_TRANSACTIONS);
    for (const { hash, gasUsed } of sent) {
      const receipt = await ethers.provider.getTransactionReceipt(hash);
      expect(receipt!.from).to.equal(declared.$global.deployer);
      expect(receipt!.gasUsed).to.equal(gasUsed);
    }
  });

  it("deploys no reserve token when the parameters name one", async () => {
    const { declared } = await loadFixture(deploy);
    const reserveToken = await (await ethers.deployContract("ReserveTokenMock")).getAddress();
    const sent: string[] = [];
    const protocol = await deployProtocol(hre, {
      parameters: { ...declared, $global: { ...declared.$global, reserveToken } },
      onSent: ({ name }) => sent.push(name),
    });

    expect(protocol.addresses.ReserveToken).to.equal(reserveToken);
    expect(await protocol.factory.reserveToken()).to.equal(reserveToken);
    expect(sent.filter((name) => name.startsWith("LocalReserve"))).to.deep.equal([]);
  });

  it("also deploys to deterministic addresses, with the same admin and verifier", async () => {
    const declared = await readParameters(LOCAL);
    const reserveToken = await (await ethers.deployContract("ReserveTokenMock")).getAddress();
    const contracts = await hre.ignition.deploy(ProtocolModule, {
      parameters: { ...declared, $global: { ...declared.$global, reserveToken } },
      defaultSender: declared.$global.deployer,
      strategy: "create2",
      strategyConfig: { salt: id("hokusai") },
    });

    expect(await contracts.registry.getFunction("defaultAdmin")()).to.equal(await contracts.timelock.getAddress());
    expect(await contracts.registry.getFunction("verifier")()).to.equal(await contracts.verifier.getAddress());
  });

  it("refuses a deployer whose key is missing, or that has no ether", async () => {
    const declared = await readParameters(LOCAL);
    const stranger = ethers.Wallet.createRandom().address;
    const withDeployer = (deployer: string) => ({ ...declared, $global: { ...declared.$global, deployer } });
    await expect(deployProtocol(hre, { parameters: withDeployer(stranger) })).to.be.rejectedWith(
      `expected that of the declared deployer ${stranger}`,
    );

    const { deployer } = declared.$global;
    const balance = await ethers.provider.getBalance(deployer);
    await ethers.provider.send("hardhat_setBalance", [deployer, "0x0"]);
    await expect(deployProtocol(hre, { parameters: declared })).to.be.rejectedWith(
      `the deployer ${deployer} has no ether on hardhat: send it some to pay for gas.`,
    );
    await ethers.provider.send("hardhat_setBalance", [deployer, ethers.toQuantity(balance)]);
  });

  it("takes the payout delay from the parameters, within the bounds of the registry", async () => {
    const declared = await readParameters(LOCAL);
    const waiting = (payoutDelay: number) => ({ ...declared, Models: { ...declared.Models, payoutDelay } });
    for (const payoutDelay of [600, 1_209_600]) {
      const { registry } = await deployProtocol(hre, { parameters: waiting(payoutDelay) });
      expect(await registry.payoutDelay()).to.equal(payoutDelay);
    }
    for (const payoutDelay of [599, 1_209_601]) {
      await expect(deployProtocol(hre, { parameters: waiting(payoutDelay) })).to.be.rejectedWith(
        /the constructor of Models#ModelRegistry refuses: .*OutOfRange/,
      );
    }
  });

  it("reports in one line why a constructor refuses its arguments", async () => {
    const declared = await readParameters(LOCAL);
    const parameters = { ...declared, Market: { ...declared.Market, treasury: ZeroAddress } };
    await expect(deployProtocol(hre, { parameters })).to.be.rejectedWith(
      /^hardhat: the constructor of Market#HokusaiAMMFactory refuses: .*ZeroAddress/,
    );
  });
});
