import { anyValue } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { ethers } from "hardhat";
import { MODEL_ID, modelIdOf, type ModelOverrides, Status } from "../../scripts/dev/world/models";
import { argumentsOf, buildLaunch, deployProtocol, deployToken, type Protocol } from "../../scripts/dev/world/protocol";
import { rawCall } from "../helpers/rawCall";
import { field, MAX_UINT256, TOKEN } from "../../scripts/dev/world/units";

const { ZeroAddress, ZeroHash } = ethers;

const MAX_ALLOCATION = 10n ** 28n;
const REWARD_DELTA_ONES = 100n;
const MAX_NAME_LENGTH = 31;
const MAX_SYMBOL_LENGTH = 16;
const ID_TAKEN = "Token already deployed for this model";
const [MIN_RATE, MAX_RATE] = [100n * TOKEN, 10_000_000n * TOKEN];
const [MIN_ACCRUAL, MAX_ACCRUAL] = [1_000n, 10_000n];
const MAX_PRICE = 10n ** 12n;
const PAUSE = 100n;

/** Human-readable ABI as a published script has it. */
const PUBLISHED_ABI =
  "function deployTokenWithAllocations(string modelId, string name, string symbol, uint256 modelSupplierAllocation, " +
  "address modelSupplierRecipient, uint256 investorAllocation, (uint256 tokensPerDeltaOne, " +
  "uint16 infrastructureAccrualBps, uint256 initialOraclePricePerThousandUsd, bytes32 licenseHash, string licenseURI, " +
  "address governor) initialParams) payable returns (address)";

describe("TokenManager.deployTokenWithAllocations", () => {
  let protocol: Protocol;

  beforeEach(async () => {
    protocol = await loadFixture(deployProtocol);
  });

  const launch = (overrides: ModelOverrides = {}, transaction: { value?: bigint } = {}) =>
    protocol.tokenManager
      .connect(protocol.launcher)
      .deployTokenWithAllocations(...argumentsOf(buildLaunch(protocol, overrides)), transaction);

  /** Where the next token will be. The distributor came first. */
  const nextToken = async (deployed = 0) =>
    ethers.getCreateAddress({ from: await protocol.tokenManager.getAddress(), nonce: deployed + 2 });

  describe("given a free id, when every argument is acceptable", () => {
    it("deploys the token and emits its event and the registry's", async () => {
      const { tokenManager, registry } = protocol;
      const { modelId, supplierAllocation, supplierRecipient, investorAllocation, params } = buildLaunch(protocol);
      const [id, token] = [modelIdOf(modelId), await nextToken()];
      const transaction = launch();
      await expect(transaction)
        .to.emit(tokenManager, "TokenDeployed")
        .withArgs(
          ...[id, token, supplierRecipient, supplierAllocation, investorAllocation],
          REWARD_DELTA_ONES * BigInt(params.tokensPerDeltaOne),
        );
      await expect(transaction)
        .to.emit(registry, "ModelCreated")
        .withArgs(
          ...[id, token, supplierRecipient, modelId, params.governor, params.tokensPerDeltaOne],
          ...[params.infrastructureAccrualBps, params.initialOraclePricePerThousandUsd],
        );
      await expect(transaction).to.emit(registry, "LicenseSet").withArgs(id, params.licenseHash, params.licenseURI);
    });

    it("returns the address of the token", async () => {
      const { tokenManager, registry, launcher } = protocol;
      const returned = await tokenManager
        .connect(launcher)
        .deployTokenWithAllocations.staticCall(...argumentsOf(buildLaunch(protocol)));
      await launch();
      expect(await tokenManager.tokenOf(MODEL_ID)).to.equal(returned);
      expect(await registry.tokenOf(modelIdOf(MODEL_ID))).to.equal(returned);
    });

    it("mints nothing, and leaves the model a proposal without a pool", async () => {
      const { token, id } = await deployToken(protocol);
      expect(await token.totalSupply()).to.equal(0);
      expect(await token.isSupplierMinted()).to.equal(false);
      expect(await token.rewardsMinted()).to.equal(0);
      expect(await token.pool()).to.equal(ZeroAddress);
      expect(await protocol.registry.statusOf(id)).to.equal(Status.PROPOSAL);
    });

    it("deploys the token with its name, allocations and recipient, who owns the model", async () => {
      const { token, id, ...model } = await deployToken(protocol);
      const rewardAllocation = REWARD_DELTA_ONES * BigInt(model.params.tokensPerDeltaOne);
      expect(await token.name()).to.equal(model.name);
      expect(await token.symbol()).to.equal(model.symbol);
      expect(await token.decimals()).to.equal(18);
      expect(await token.supplierAllocation()).to.equal(model.supplierAllocation);
      expect(await token.investorAllocation()).to.equal(model.investorAllocation);
      expect(await token.rewardAllocation()).to.equal(rewardAllocation);
      expect(await token.maxSupply()).to.equal(model.supplierAllocation + model.investorAllocation);
      expect(await token.supplierRecipient()).to.equal(model.supplierRecipient);
      expect(await token.tokenManager()).to.equal(protocol.tokenManager);
      expect(await protocol.registry.ownerOf(id)).to.equal(model.supplierRecipient);
      expect(await protocol.registry.governorOf(id)).to.equal(model.params.governor);
    });

    it("can be called through the published ABI, under the same selector", async () => {
      const { tokenManager, launcher } = protocol;
      const published = new ethers.Interface([PUBLISHED_ABI]);
      const { selector } = published.getFunction("deployTokenWithAllocations")!;
      expect(selector).to.equal(tokenManager.interface.getFunction("deployTokenWithAllocations").selector);

      const token = await nextToken();
      const script = new ethers.Contract(await tokenManager.getAddress(), published, launcher);
      const deploy = script.getFunction("deployTokenWithAllocations");
      expect(await deploy.staticCall(...argumentsOf(buildLaunch(protocol)))).to.equal(token);
      await deploy(...argumentsOf(buildLaunch(protocol)));
      expect(await tokenManager.tokenOf(MODEL_ID)).to.equal(token);
    });
  });

  describe("given a taken id", () => {
    it("refuses it with the published reason string, which the published ABI alone can decode", async () => {
      const { tokenManager, launcher } = protocol;
      await launch();
      await expect(launch({ name: "Another", supplierAllocation: 1n })).to.be.revertedWith(ID_TAKEN);

      const published = new ethers.Interface([PUBLISHED_ABI]);
      const call = published.encodeFunctionData("deployTokenWithAllocations", argumentsOf(buildLaunch(protocol)));
      const { data } = await rawCall(launcher.address, await tokenManager.getAddress(), call);
      expect(published.parseError(data)!.args).to.deep.equal([ID_TAKEN]);
    });

    it("leaves other ids free", async () => {
      await launch();
      await launch({ modelId: "other" });
      expect(await protocol.tokenManager.tokenOf("other")).to.equal(await nextToken(1));
    });
  });

  for (const [allocation, parameter] of [
    ["supplierAllocation", "modelSupplierAllocation"],
    ["investorAllocation", "investorAllocation"],
  ] as const) {
    describe(`when ${allocation} is at its bounds`, () => {
      it("refuses 0", async () => {
        await expect(launch({ [allocation]: 0n })).to.be.revertedWithCustomError(
          protocol.tokenManager,
          "InvalidAmount",
        );
      });

      for (const value of [1n, MAX_ALLOCATION - 1n, MAX_ALLOCATION]) {
        it(`accepts ${value}`, async () => {
          const { token } = await deployToken(protocol, { [allocation]: value });
          expect(await token[allocation]()).to.equal(value);
        });
      }

      for (const value of [MAX_ALLOCATION + 1n, 2n ** 95n, MAX_UINT256]) {
        it(`refuses ${value}`, async () => {
          await expect(launch({ [allocation]: value }))
            .to.be.revertedWithCustomError(protocol.tokenManager, "OutOfRange")
            .withArgs(field(parameter), value, 1, MAX_ALLOCATION);
        });
      }
    });
  }

  describe("when all three allocations are at their largest", () => {
    it("stores them exactly", async () => {
      const { token } = await deployToken(protocol, {
        supplierAllocation: MAX_ALLOCATION,
        investorAllocation: MAX_ALLOCATION,
        params: { tokensPerDeltaOne: MAX_RATE },
      });
      expect(await token.maxSupply()).to.equal(2n * MAX_ALLOCATION);
      expect(await token.rewardAllocation()).to.equal(REWARD_DELTA_ONES * MAX_RATE);
      expect(await token.remainingInvestorAllocation()).to.equal(MAX_ALLOCATION);
    });
  });

  for (const [text, maxLength] of [
    ["name", MAX_NAME_LENGTH],
    ["symbol", MAX_SYMBOL_LENGTH],
  ] as const) {
    describe(`when the length of ${text} is at its bounds`, () => {
      for (const length of [0, maxLength + 1]) {
        it(`refuses ${length} bytes`, async () => {
          await expect(launch({ [text]: "N".repeat(length) }))
            .to.be.revertedWithCustomError(protocol.tokenManager, "OutOfRange")
            .withArgs(field(text), length, 1, maxLength);
        });
      }

      for (const length of [1, maxLength]) {
        it(`accepts ${length} bytes`, async () => {
          const { token } = await deployToken(protocol, { [text]: "N".repeat(length) });
          expect(await token[text]()).to.equal("N".repeat(length));
        });
      }
    });

    describe(`when ${text} has a character at the bounds of printable ASCII`, () => {
      for (const code of [0x20, 0x7e]) {
        it(`accepts 0x${code.toString(16)}, in every position`, async () => {
          const character = String.fromCharCode(code);
          const { token } = await deployToken(protocol, { [text]: character.repeat(maxLength) });
          expect(await token[text]()).to.equal(character.repeat(maxLength));
        });
      }

      for (const byte of [0x00, 0x1b, 0x1f, 0x7f, 0x80, 0xff]) {
        for (const [place, index] of [
          ["first", 0],
          ["last", maxLength - 1],
        ] as const) {
          it(`refuses 0x${byte.toString(16).padStart(2, "0")} as the ${place} character`, async () => {
            const bytes = new Uint8Array(maxLength).fill("N".charCodeAt(0));
            bytes[index] = byte;
            const { tokenManager, launcher } = protocol;
            const data = launchWithBytes(text, bytes);
            await expect(launcher.sendTransaction({ to: tokenManager, data }))
              .to.be.revertedWithCustomError(tokenManager, "UnprintableCharacter")
              .withArgs(field(text), index, ethers.toBeHex(byte));
            expect(await tokenManager.tokenOf(MODEL_ID)).to.equal(ZeroAddress);
          });
        }
      }

      it("refuses letters beyond ASCII, and names the first byte", async () => {
        await expect(launch({ [text]: "Né" }))
          .to.be.revertedWithCustomError(protocol.tokenManager, "UnprintableCharacter")
          .withArgs(field(text), 1, "0xc3");
      });
    });
  }

  /** The call of a launch whose name or symbol is these bytes, which need not be UTF-8. */
  function launchWithBytes(text: "name" | "symbol", bytes: Uint8Array): string {
    const stand = text === "name" ? "§".repeat(15) + "N" : "§".repeat(8);
    const call = protocol.tokenManager.interface.encodeFunctionData("deployTokenWithAllocations", [
      ...argumentsOf(buildLaunch(protocol, { [text]: stand })),
    ]);
    const placeholder = ethers.hexlify(ethers.toUtf8Bytes(stand)).slice(2);
    expect(call.split(placeholder)).to.have.length(2);
    return call.replace(placeholder, ethers.hexlify(bytes).slice(2));
  }

  describe("when the recipient is unacceptable", () => {
    it("refuses zero", async () => {
      await expect(launch({ supplierRecipient: ZeroAddress })).to.be.revertedWithCustomError(
        protocol.tokenManager,
        "ZeroAddress",
      );
    });

    for (const name of ["tokenManager", "registry", "factory", "verifier", "rewardDistributor"] as const) {
      it(`refuses the protocol's ${name}`, async () => {
        const supplierRecipient = await ethers.resolveAddress(protocol[name]);
        await expect(launch({ supplierRecipient }))
          .to.be.revertedWithCustomError(protocol.tokenManager, "ProtocolContract")
          .withArgs(supplierRecipient);
      });
    }

    it("refuses the model's own token, whose address can be predicted", async () => {
      const token = await nextToken();
      await expect(launch({ supplierRecipient: token }))
        .to.be.revertedWithCustomError(protocol.tokenManager, "ProtocolContract")
        .withArgs(token);
    });
  });

  describe("when the governor is zero", () => {
    it("refuses it", async () => {
      await expect(launch({ params: { governor: ZeroAddress } })).to.be.revertedWithCustomError(
        protocol.registry,
        "ZeroAddress",
      );
    });
  });

  describe("when a parameter is out of its bounds", () => {
    // A hundred times 2^254 is a multiple of 2^256: the reward allocations that wrap to 0 and to an allowed one are among them.
    for (const value of [MIN_RATE - 1n, MAX_RATE + 1n, 2n ** 254n, 2n ** 254n + MIN_RATE, MAX_UINT256]) {
      it(`refuses a rate of ${value}`, async () => {
        await expect(launch({ params: { tokensPerDeltaOne: value } }))
          .to.be.revertedWithCustomError(protocol.registry, "OutOfRange")
          .withArgs(field("tokensPerDeltaOne"), value, MIN_RATE, MAX_RATE);
      });
    }

    it("refuses an accrual, a price and a licence hash that the registry refuses", async () => {
      const { registry } = protocol;
      await expect(launch({ params: { infrastructureAccrualBps: MIN_ACCRUAL - 1n } }))
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("infrastructureAccrualBps"), MIN_ACCRUAL - 1n, MIN_ACCRUAL, MAX_ACCRUAL);
      await expect(launch({ params: { initialOraclePricePerThousandUsd: MAX_PRICE + 1n } }))
        .to.be.revertedWithCustomError(registry, "OutOfRange")
        .withArgs(field("pricePerThousandCalls"), MAX_PRICE + 1n, 0, MAX_PRICE);
      await expect(launch({ params: { licenseHash: ZeroHash } }))
        .to.be.revertedWithCustomError(registry, "HashMissing")
        .withArgs(field("licenseHash"));
    });

    for (const value of [MIN_RATE, MAX_RATE]) {
      it(`accepts a rate of ${value}`, async () => {
        const { token } = await deployToken(protocol, { params: { tokensPerDeltaOne: value } });
        expect(await token.rewardAllocation()).to.equal(REWARD_DELTA_ONES * value);
      });
    }
  });

  describe("when ether is sent", () => {
    for (const value of [1n, TOKEN]) {
      it(`refuses ${value} wei`, async () => {
        await expect(launch({}, { value }))
          .to.be.revertedWithCustomError(protocol.tokenManager, "UnexpectedEther")
          .withArgs(value);
        expect(await ethers.provider.getBalance(protocol.tokenManager)).to.equal(0);
      });
    }
  });

  describe("when a launch fails at the last step", () => {
    it("leaves nothing behind", async () => {
      await expect(launch({ params: { licenseURI: "" } }))
        .to.be.revertedWithCustomError(protocol.registry, "OutOfRange")
        .withArgs(field("licenseURI"), 0, 1, await protocol.registry.MAX_LICENSE_URI_LENGTH());
      expect(await protocol.tokenManager.tokenOf(MODEL_ID)).to.equal(ZeroAddress);
      expect(await ethers.provider.getCode(await nextToken())).to.equal("0x");
      const { token } = await deployToken(protocol);
      expect(await token.getAddress()).to.equal(await nextToken());
    });
  });

  describe("when everything is wrong at once", () => {
    it("reports the errors in the documented order", async () => {
      const { tokenManager, registry, guardian, mallory, factory } = protocol;
      await launch();
      await tokenManager.connect(guardian).pauseLaunches(PAUSE);
      const wrong = {
        modelId: "",
        name: "",
        symbol: "",
        supplierAllocation: 0n,
        supplierRecipient: ZeroAddress,
        investorAllocation: 0n,
        params: {
          tokensPerDeltaOne: 0n,
          infrastructureAccrualBps: 0n,
          initialOraclePricePerThousandUsd: MAX_PRICE + 1n,
          licenseHash: ZeroHash,
          licenseURI: "",
          governor: ZeroAddress,
        },
      };
      const { params: good, ...rest } = buildLaunch(protocol, { modelId: "other" });

      await expect(
        tokenManager.connect(mallory).deployTokenWithAllocations(...argumentsOf(wrong), { value: 1n }),
      ).to.be.revertedWithCustomError(tokenManager, "AccessControlUnauthorizedAccount");
      await expect(launch(wrong, { value: 1n })).to.be.revertedWithCustomError(tokenManager, "UnexpectedEther");
      await expect(launch(wrong)).to.be.revertedWithCustomError(tokenManager, "Paused");
      await time.increase(PAUSE);

      const protocolContract = await factory.getAddress();
      const repairs: [contract: BaseContract, error: string, named: string, repair: ModelOverrides][] = [
        [tokenManager, "InvalidModelId", "", { modelId: MODEL_ID }],
        [tokenManager, ID_TAKEN, "", { modelId: rest.modelId }],
        [tokenManager, "InvalidAmount", "", { supplierAllocation: MAX_ALLOCATION + 1n }],
        [tokenManager, "OutOfRange", "modelSupplierAllocation", { supplierAllocation: rest.supplierAllocation }],
        [tokenManager, "InvalidAmount", "", { investorAllocation: MAX_ALLOCATION + 1n }],
        [tokenManager, "OutOfRange", "investorAllocation", { investorAllocation: rest.investorAllocation }],
        [tokenManager, "ZeroAddress", "", { supplierRecipient: protocolContract }],
        [tokenManager, "ProtocolContract", "", { supplierRecipient: rest.supplierRecipient }],
        [tokenManager, "OutOfRange", "name", { name: "\n" }],
        [tokenManager, "UnprintableCharacter", "name", { name: rest.name }],
        [tokenManager, "OutOfRange", "symbol", { symbol: "\n" }],
        [tokenManager, "UnprintableCharacter", "symbol", { symbol: rest.symbol }],
        [registry, "OutOfRange", "tokensPerDeltaOne", { params: { tokensPerDeltaOne: good.tokensPerDeltaOne } }],
        [
          ...([registry, "OutOfRange", "infrastructureAccrualBps"] as const),
          { params: { infrastructureAccrualBps: good.infrastructureAccrualBps } },
        ],
        [registry, "OutOfRange", "pricePerThousandCalls", { params: { initialOraclePricePerThousandUsd: 0n } }],
        [registry, "ZeroAddress", "", { params: { governor: good.governor } }],
        [registry, "HashMissing", "licenseHash", { params: { licenseHash: good.licenseHash } }],
        [registry, "OutOfRange", "licenseURI", { params: { licenseURI: good.licenseURI } }],
      ];
      let current: ModelOverrides = wrong;
      for (const [contract, error, named, repair] of repairs) {
        if (error === ID_TAKEN) await expect(launch(current)).to.be.revertedWith(ID_TAKEN);
        else {
          const refused = expect(launch(current)).to.be.revertedWithCustomError(contract, error);
          const others = contract.interface
            .getError(error)!
            .inputs.slice(1)
            .map(() => anyValue);
          await (named === "" ? refused : refused.withArgs(field(named), ...others));
        }
        current = { ...current, ...repair, params: { ...current.params, ...repair.params } };
      }
      await expect(launch(current)).to.emit(tokenManager, "TokenDeployed");
    });
  });
});
