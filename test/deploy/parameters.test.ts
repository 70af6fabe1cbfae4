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

describe("Deployment parameters", () => {
  it("accepts a complete set as it is", () => {
    expect(parseParameters(JSON.parse(JSON.stringify(buildParameters())), FILE, false)).to.deep.equal(
      buildParameters(),
    );
  });

  it("accepts the local file, which leaves the reserve token to the deployment", async () => {
    const { $global } = await readParameters({ name: "hardhat", isLocal: true });

    expect($global.reserveToken).to.equal("");
  });

  for (const name of PUBLIC_NETWORKS) {
    it(`names everything at once that is to be filled in for ${name}`, async () => {
      await expect(readParameters({ name, isLocal: false })).to.be.rejectedWith(
        Problem,
        `ignition/parameters/${name}.json5: to be filled in: $global.deployer, $global.guardians, ` +
          "Governance.proposers, Governance.executors, Models.registrars, Models.poolCreators, Models.payers, " +
          "Methods.attesters, Tokens.operators, Tokens.deployers, Tokens.distributors, Market.treasury.",
      );
    });
  }

  it("says which file to write for another network", async () => {
    await expect(readParameters({ name: "elsewhere", isLocal: false })).to.be.rejectedWith(
      "ignition/parameters/elsewhere.json5 does not exist: write it to deploy to elsewhere.",
    );
  });

  it("refuses a development account on a public network, and not on a local one", () => {
    const change = (parameters: Parameters) => void (parameters.Tokens.operators = [DEVELOPMENT_ACCOUNT]);

    expect(refusalOf(change)).to.throw(
      `${FILE}: Tokens.operators is ${DEVELOPMENT_ACCOUNT}, a development account whose key everybody knows.`,
    );
    expect(refusalOf(change, true)).not.to.throw();
  });

  it("refuses a public network without a reserve token", () => {
    const change = ({ $global }: Parameters) => void Reflect.deleteProperty($global, "reserveToken");

    expect(refusalOf(change)).to.throw(
      `${FILE}: $global.reserveToken is missing, expected an address, not zero, in lower case or with its checksum.`,
    );
    expect(refusalOf(change, true)).not.to.throw();
  });

  it("holds the threshold to the number of attesters", () => {
    expect(refusalOf(({ Methods }) => void (Methods.threshold = 3))).to.throw(
      `${FILE}: Methods.threshold is 3, expected at most the number of attesters, 2.`,
    );
    expect(refusalOf(({ Methods }) => void (Methods.threshold = 0))).to.throw(
      `${FILE}: Methods.threshold is 0, expected an integer from 1 to 64.`,
    );
  });

  it("holds the wait of rewards to the bounds of the registry", () => {
    for (const payoutDelay of [600, 1_209_600]) {
      expect(refusalOf(({ Models }) => void (Models.payoutDelay = payoutDelay))).not.to.throw();
    }
    for (const payoutDelay of [599, 1_209_601]) {
      expect(refusalOf(({ Models }) => void (Models.payoutDelay = payoutDelay))).to.throw(
        `${FILE}: Models.payoutDelay is ${payoutDelay}, expected an integer from 600 to 1209600.`,
      );
    }
  });

  it("refuses an empty list, one with repetitions and one with the zero address", () => {
    for (const payers of [[], [account(1), account(1)], [account(0)]]) {
      expect(refusalOf(({ Models }) => void (Models.payers = payers))).to.throw(
        `${FILE}: Models.payers is ${JSON.stringify(payers)}, expected a list of different addresses.`.slice(0, 92),
      );
    }
  });

  it("tells several problems at once, unknown names included", () => {
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
