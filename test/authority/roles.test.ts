import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre, { ethers } from "hardhat";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { changingFunctions, rolesPage } from "../../scripts/dev/roles";
import { AUTHORITY } from "../../sdk/state/authority";
import { deployProtocol } from "../../deploy/protocol";
import { readParameters } from "../../deploy/parameters";
import { roleId } from "../helpers/guarded.behavior";

const PAGE = join(__dirname, "../../docs/roles.md");
const MAX_CODE_BYTES = 24_576;
const [DELEGATECALL, SELFDESTRUCT] = [0xf4, 0xff];

/** Contracts of the library that are part of a deployment. */
const DEPLOYED_OF_LIBRARY = ["TimelockController"];

async function shipped() {
  return deployProtocol(hre);
}

/** The project's own contracts that can be deployed. */
async function productionContracts(): Promise<string[]> {
  const names = await hre.artifacts.getAllFullyQualifiedNames();
  const own = names.filter((name) => name.startsWith("contracts/") && !name.startsWith("contracts/mocks/"));
  const artifacts = await Promise.all(own.map((name) => hre.artifacts.readArtifact(name)));
  return artifacts.filter(({ bytecode }) => bytecode.length > 2).map(({ contractName }) => contractName);
}

/** Operation codes of runtime code, without the bytes that are pushed. */
function opcodesOf(code: string): Set<number> {
  const bytes = ethers.getBytes(code);
  const found = new Set<number>();
  for (let i = 0; i < bytes.length; i++) {
    const opcode = bytes[i]!;
    found.add(opcode);
    if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f;
  }
  return found;
}

describe("docs/roles.md", () => {
  it("is what npm run roles writes", async () => {
    expect(readFileSync(PAGE, "utf8")).to.equal(await rolesPage());
  });

  it("lists every function of every contract that changes state", async () => {
    const page = readFileSync(PAGE, "utf8");
    for (const contract of [...(await productionContracts()), ...DEPLOYED_OF_LIBRARY]) {
      const functions = await changingFunctions(contract);
      expect(Object.keys(AUTHORITY[contract] ?? {}).sort(), contract).to.deep.equal(functions);
      for (const name of functions) expect(page).to.contain(`| \`${name}\` `);
    }
  });

  it("lists no contract that does not exist", async () => {
    const existing = [...(await productionContracts()), ...DEPLOYED_OF_LIBRARY].filter((name) => name in AUTHORITY);
    expect(Object.keys(AUTHORITY).sort()).to.deep.equal(existing.sort());
  });
});

describe("authority of the shipped deployment", () => {
  it("A2: has granted exactly the roles of the parameter file, as the events show", async () => {
    const protocol = await loadFixture(shipped);
    const { $global, Governance, Models, Tokens } = await readParameters(protocol.network);
    const timelock = await protocol.timelock.getAddress();
    const common: [string, string[]][] = [
      ["DEFAULT_ADMIN_ROLE", [timelock]],
      ["GUARDIAN_ROLE", $global.guardians],
    ];
    const matrix = [
      {
        contract: protocol.registry,
        roles: [
          ...common,
          ["REGISTRAR_ROLE", Models.registrars],
          ["POOL_CREATOR_ROLE", Models.poolCreators],
          ["PAYER_ROLE", Models.payers],
        ],
      },
      {
        contract: protocol.tokenManager,
        roles: [
          ...common,
          ["OPERATOR_ROLE", Tokens.operators],
          ["DEPLOYER_ROLE", Tokens.deployers],
          ["DISTRIBUTOR_ROLE", Tokens.distributors],
        ],
      },
      {
        contract: protocol.timelock,
        roles: [
          ["DEFAULT_ADMIN_ROLE", [timelock]],
          ["PROPOSER_ROLE", Governance.proposers],
          ["CANCELLER_ROLE", Governance.proposers],
          ["EXECUTOR_ROLE", Governance.executors],
        ],
      },
    ] as { contract: typeof protocol.registry; roles: [string, string[]][] }[];
    for (const { contract, roles } of matrix) {
      const declared = roles.flatMap(([role, holders]) => holders.map((holder) => `${roleId(role)} ${holder}`));
      const granted = await contract.queryFilter(contract.filters.RoleGranted);
      expect(granted.map(({ args }) => `${args.role} ${args.account}`).sort()).to.deep.equal(declared.sort());
      expect(await contract.queryFilter(contract.filters.RoleRevoked)).to.have.length(0);
    }
  });

  it("A1: has the timelock as its only admin, and gives the deploying key no role", async () => {
    const protocol = await loadFixture(shipped);
    const { registry, tokenManager, factory, infrastructureReserve, oracleAttestation, timelock, parameters } =
      protocol;
    for (const contract of [factory, infrastructureReserve, oracleAttestation]) {
      expect(await contract.registry()).to.equal(registry);
    }
    expect(await ethers.provider.getCode(timelock)).to.not.equal("0x");
    const { deployer } = parameters.$global;
    for (const contract of [registry, tokenManager]) {
      expect(await contract.defaultAdmin()).to.equal(timelock);
      expect((await contract.pendingDefaultAdmin()).newAdmin).to.equal(ethers.ZeroAddress);
      const granted = await contract.queryFilter(contract.filters.RoleGranted(undefined, deployer));
      expect(granted).to.have.length(0);
    }
    const granted = await timelock.queryFilter(timelock.filters.RoleGranted(undefined, deployer));
    expect(granted).to.have.length(0);
    expect(await timelock.getMinDelay()).to.equal(parameters.$global.adminDelay);
  });

  it("A5: contains no delegatecall, no selfdestruct and no contract above the size limit @uninstrumented", async () => {
    for (const contract of await productionContracts()) {
      const { deployedBytecode } = await hre.artifacts.readArtifact(contract);
      expect(ethers.dataLength(deployedBytecode), contract).to.be.at.most(MAX_CODE_BYTES);
      const opcodes = opcodesOf(deployedBytecode);
      expect(opcodes.has(SELFDESTRUCT), `${contract}: selfdestruct`).to.equal(false);
      expect(opcodes.has(DELEGATECALL), `${contract}: delegatecall`).to.equal(false);
    }
  });
});
