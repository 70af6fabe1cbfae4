import { expect } from "chai";
import { parseParameters, readParameters, type Parameters } from "../../deploy/parameters";
import { Problem } from "../../sdk/base/problem";

const FILE = "parameters.json5";
const DEVELOPMENT_ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const PUBLIC_NETWORKS = ["sepolia", "base-sepolia", "mainnet", "base"];

/** A set of accounts that nobody knows the keys of; the last byte tells them apart. */
const account = (index: number) => `0x${index.toString(16).padStart(40, "0")}`;

function buildParameters(): Parameters {
  return {
    $global: { deployer: account(1), adminDelay: 172_800, guardians: [account(2)], reserveToken: account(3) },
    Governance: { proposers: [account(4)], executors: [account(4)] },
    Models: {
      registrars: [account(7)],
      poolCreators: [account(12)],
      payers: [account(11)],
      payoutDelay: 172_800,
    },
    Methods: { attesters: [account(5), account(6)], threshold: 2 },
    Tokens: { operators: [account(8)], deployers: [account(9)], distributors: [account(10)] },
    Market: { treasury: account(13) },
  };
}

const refusalOf = (change: (parameters: Parameters) => void, isLocal = false) => {
  const parameters = buildParameters();
  change(parameters);
  return () => parseParameters(JSON.parse(JSON.stringify(parameters)), FILE, isLocal);
};

describe("deployment parameters", () => {
  it("accept a complete set unchanged", () => {
    expect(parseParameters(JSON.parse(JSON.stringify(buildParameters())), FILE, false)).to.deep.equal(
      buildParameters(),
    );
  });

  it("accept the local file, which leaves the reserve token to the deployment", async () => {
    const { $global } = await readParameters({ name: "hardhat", isLocal: true });

    expect($global.reserveToken).to.equal("");
  });

  for (const name of PUBLIC_NETWORKS) {
    it(`name everything that has to be filled in for ${name} in one message`, async () => {
      await expect(readParameters({ name, isLocal: false })).to.be.rejectedWith(
        Problem,
        `ignition/parameters/${name}.json5: to be filled in: $global.deployer, $global.guardians, ` +
          "Governance.proposers, Governance.executors, Models.registrars, Models.poolCreators, Models.payers, " +
          "Methods.attesters, Tokens.operators, Tokens.deployers, Tokens.distributors, Market.treasury.",
      );
    });
  }

  it("name the file to write for an unknown network", async () => {
    await expect(readParameters({ name: "elsewhere", isLocal: false })).to.be.rejectedWith(
      "ignition/parameters/elsewhere.json5 does not exist: write it to deploy to elsewhere.",
    );
  });

  it("refuse a development account on a public network, and accept it on a local one", () => {
    const change = (parameters: Parameters) => void (parameters.Tokens.operators = [DEVELOPMENT_ACCOUNT]);

    expect(refusalOf(change)).to.throw(
      `${FILE}: Tokens.operators is ${DEVELOPMENT_ACCOUNT}, a development account whose key everybody knows.`,
    );
    expect(refusalOf(change, true)).not.to.throw();
  });

  it("refuse a public network without a reserve token", () => {
    const change = ({ $global }: Parameters) => void Reflect.deleteProperty($global, "reserveToken");

    expect(refusalOf(change)).to.throw(
      `${FILE}: $global.reserveToken is missing, expected an address, not zero, in lower case or with its checksum.`,
    );
    expect(refusalOf(change, true)).not.to.throw();
  });

  it("refuse a threshold of 0 or above the number of attesters", () => {
    expect(refusalOf(({ Methods }) => void (Methods.threshold = 3))).to.throw(
      `${FILE}: Methods.threshold is 3, expected at most the number of attesters, 2.`,
    );
    expect(refusalOf(({ Methods }) => void (Methods.threshold = 0))).to.throw(
      `${FILE}: Methods.threshold is 0, expected an integer from 1 to 64.`,
    );
  });

  it("accept payout delays within the bounds of the registry, and refuse others", () => {
    for (const payoutDelay of [600, 1_209_600]) {
      expect(refusalOf(({ Models }) => void (Models.payoutDelay = payoutDelay))).not.to.throw();
    }
    for (const payoutDelay of [599, 1_209_601]) {
      expect(refusalOf(({ Models }) => void (Models.payoutDelay = payoutDelay))).to.throw(
        `${FILE}: Models.payoutDelay is ${payoutDelay}, expected an integer from 600 to 1209600.`,
      );
    }
  });

  it("refuse a list that is empty or has a repetition or the zero address", () => {
    for (const payers of [[], [account(1), account(1)], [account(0)]]) {
      expect(refusalOf(({ Models }) => void (Models.payers = payers))).to.throw(
        `${FILE}: Models.payers is ${JSON.stringify(payers)}, expected a list of different addresses.`.slice(0, 92),
      );
    }
  });

  it("report several problems in one message, unknown names included", () => {
    const change = (parameters: Parameters) => {
      parameters.$global.adminDelay = 0;
      Object.assign(parameters.Models, { registrar: account(1) });
    };

    expect(refusalOf(change)).to.throw(
      `${FILE}: $global.adminDelay is 0, expected an integer from 1 to 2592000; ` +
        "Models.registrar is unknown, expected one of registrars, poolCreators, payers, payoutDelay.",
    );
  });
});
