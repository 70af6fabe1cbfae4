import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { PANIC_CODES } from "@nomicfoundation/hardhat-chai-matchers/panic";
import { expect } from "chai";
import { ethers } from "hardhat";
import { type GuardedFunction, shouldBeGuarded, shouldHaveOnly } from "../helpers/guarded.behavior";
import { BPS, field, MAX_UINT256 } from "../../scripts/dev/world/units";
import { deployToken, deployTokenWithPool, TOKEN_ARGUMENTS, type TokenContext } from "./token.fixture";

const { ZeroAddress } = ethers;
const { supplierAllocation, investorAllocation, rewardAllocation } = TOKEN_ARGUMENTS;
const MAX_SUPPLY = supplierAllocation + investorAllocation;
const MAX_STRING_LENGTH = 31;
const MAX_PAYEES = 64;
const FIRST_PAYEE = 1_000_000;
const LARGEST_ALLOCATION = 10n ** 28n;
const LARGEST_REWARD_ALLOCATION = 10n ** 27n;

const byTokenManager = {
  holders: ["tokenManager"],
  error: "UnauthorizedCaller",
  errorArguments: (sender: string, { tokenManager }: TokenContext) => [sender, tokenManager.address],
} as const;
const byPool = {
  holders: ["pool"],
  error: "UnauthorizedCaller",
  errorArguments: async (sender: string, { token }: TokenContext) => [sender, await token.pool()],
} as const;

const SET_POOL: GuardedFunction<TokenContext> = {
  name: "setPool",
  ...byTokenManager,
  call: ({ token, pool }, sender) => token.connect(sender).setPool(pool),
};

const GUARDED: GuardedFunction<TokenContext>[] = [
  {
    name: "mintSupplierAllocation",
    ...byTokenManager,
    call: ({ token }, sender) => token.connect(sender).mintSupplierAllocation(),
  },
  {
    name: "mintRewards",
    ...byTokenManager,
    call: ({ token, alice }, sender) => token.connect(sender).mintRewards([alice], [1n]),
  },
  { name: "mint", ...byPool, call: ({ token, alice }, sender) => token.connect(sender).mint(alice, 1n) },
  { name: "burn", ...byPool, call: ({ token, alice }, sender) => token.connect(sender).burn(alice, 0n) },
];

describe("ModelToken callers", () => {
  describe("given no pool", () => {
    shouldBeGuarded(deployToken, ({ token }) => token, [
      SET_POOL,
      ...GUARDED.slice(0, 2),
      // Before there is a pool nobody is it, the TokenManager included.
      ...GUARDED.slice(2).map((row) => ({ ...row, holders: [] })),
    ]);
  });

  describe("given a pool", () => {
    shouldBeGuarded(deployTokenWithPool, ({ token }) => token, GUARDED);

    shouldHaveOnly(deployTokenWithPool, ({ token }) => token, [
      ...GUARDED.map(({ name }) => name),
      ...[SET_POOL.name, "approve", "permit", "transfer", "transferFrom"],
    ]);

    it("refuses another pool, whoever asks", async () => {
      const context = await loadFixture(deployTokenWithPool);
      const { token, pool, mallory, tokenManager } = context;
      for (const sender of [pool, mallory]) {
        await expect(token.connect(sender).setPool(mallory))
          .to.be.revertedWithCustomError(token, "UnauthorizedCaller")
          .withArgs(sender, tokenManager);
      }
      for (const address of [mallory, pool]) {
        await expect(token.connect(tokenManager).setPool(address))
          .to.be.revertedWithCustomError(token, "PoolAlreadySet")
          .withArgs(pool);
      }
    });
  });
});

describe("ModelToken.setPool", () => {
  it("sets the pool", async () => {
    const { token, tokenManager, pool } = await loadFixture(deployToken);
    expect(await token.pool()).to.equal(ZeroAddress);
    await expect(token.connect(tokenManager).setPool(pool)).to.emit(token, "PoolSet").withArgs(pool);
    expect(await token.pool()).to.equal(pool);
  });

  it("refuses zero", async () => {
    const { token, tokenManager } = await loadFixture(deployToken);
    await expect(token.connect(tokenManager).setPool(ZeroAddress)).to.be.revertedWithCustomError(token, "ZeroAddress");
  });

  // One word has the pool, and the caps beside it: neither may lose a bit to the other.
  for (const pool of [1n, 1n << 159n, (1n << 160n) - 1n].map((bits) => ethers.toBeHex(bits, 20))) {
    it(`stores ${pool} in full, and changes no allocation`, async () => {
      const { token, tokenManager, alice } = await loadFixture(deployToken);
      await token.connect(tokenManager).mintSupplierAllocation();
      await token.connect(tokenManager).mintRewards([alice], [1n]);
      await token.connect(tokenManager).setPool(pool);
      expect(BigInt(await token.pool())).to.equal(BigInt(pool));
      expect(await token.isSupplierMinted()).to.equal(true);
      expect(await token.rewardsMinted()).to.equal(1);
      expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation);
    });

    it(`keeps ${pool} in full when rewards and the supplier allocation are minted after it`, async () => {
      const { token, tokenManager, alice } = await loadFixture(deployToken);
      await token.connect(tokenManager).setPool(pool);
      expect(await token.isSupplierMinted()).to.equal(false);
      await token.connect(tokenManager).mintRewards([alice], [rewardAllocation]);
      await token.connect(tokenManager).mintSupplierAllocation();
      expect(BigInt(await token.pool())).to.equal(BigInt(pool));
      expect(await token.isSupplierMinted()).to.equal(true);
      expect(await token.rewardsMinted()).to.equal(rewardAllocation);
      expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation);
    });
  }
});

describe("ModelToken constructor", () => {
  const deployWith = async (name: string, symbol: string, allocations: [bigint, bigint, bigint] = [1n, 1n, 1n]) => {
    const factory = await ethers.getContractFactory("ModelToken");
    const [deployer] = await ethers.getSigners();
    return factory.deploy(name, symbol, deployer!, ...allocations);
  };

  it("stores its arguments, and its deployer as the TokenManager", async () => {
    const { token, tokenManager, supplier } = await loadFixture(deployToken);
    expect(await token.name()).to.equal(TOKEN_ARGUMENTS.name);
    expect(await token.symbol()).to.equal(TOKEN_ARGUMENTS.symbol);
    expect(await token.decimals()).to.equal(18);
    expect(await token.tokenManager()).to.equal(tokenManager);
    expect(await token.supplierRecipient()).to.equal(supplier);
    expect(await token.supplierAllocation()).to.equal(supplierAllocation);
    expect(await token.investorAllocation()).to.equal(investorAllocation);
    expect(await token.rewardAllocation()).to.equal(rewardAllocation);
    expect(await token.maxSupply()).to.equal(MAX_SUPPLY);
  });

  it("mints nothing", async () => {
    const { token } = await loadFixture(deployToken);
    expect(await token.totalSupply()).to.equal(0);
    expect(await token.isSupplierMinted()).to.equal(false);
    expect(await token.rewardsMinted()).to.equal(0);
    expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation);
  });

  it("accepts names and symbols of 31 bytes", async () => {
    const longest = "N".repeat(MAX_STRING_LENGTH);
    const token = await deployWith(longest, longest.toLowerCase());
    expect(await token.name()).to.equal(longest);
    expect(await token.symbol()).to.equal(longest.toLowerCase());
  });

  it("refuses names and symbols of 32 bytes", async () => {
    const factory = await ethers.getContractFactory("ModelToken");
    const tooLong = "N".repeat(MAX_STRING_LENGTH + 1);
    for (const [name, symbol] of [
      [tooLong, TOKEN_ARGUMENTS.symbol],
      [TOKEN_ARGUMENTS.name, tooLong],
    ] as const) {
      await expect(deployWith(name, symbol)).to.be.revertedWithCustomError(factory, "StringTooLong").withArgs(tooLong);
    }
  });

  it("lets the largest allocations be minted in full", async () => {
    const [deployer, pool] = await ethers.getSigners();
    const token = await deployWith("Largest", "L", [LARGEST_ALLOCATION, LARGEST_ALLOCATION, LARGEST_REWARD_ALLOCATION]);
    await token.setPool(pool!);
    await token.mintRewards([deployer!], [LARGEST_REWARD_ALLOCATION]);
    await token.mintSupplierAllocation();
    await token.connect(pool!).mint(pool!, LARGEST_ALLOCATION);
    expect(await token.totalSupply()).to.equal(2n * LARGEST_ALLOCATION + LARGEST_REWARD_ALLOCATION);
    expect(await token.rewardsMinted()).to.equal(LARGEST_REWARD_ALLOCATION);
    expect(await token.remainingInvestorAllocation()).to.equal(0);
    expect(await token.pool()).to.equal(pool);
  });
});

describe("ModelToken.mintSupplierAllocation", () => {
  it("S3: mints the allocation to the recipient, once", async () => {
    const { token, tokenManager, supplier } = await loadFixture(deployTokenWithPool);
    const transaction = token.connect(tokenManager).mintSupplierAllocation();
    await expect(transaction).to.emit(token, "SupplierMinted").withArgs(supplier, supplierAllocation);
    await expect(transaction).to.emit(token, "Transfer").withArgs(ZeroAddress, supplier, supplierAllocation);
    await expect(token.connect(tokenManager).mintSupplierAllocation()).to.be.revertedWithCustomError(
      token,
      "SupplierAlreadyMinted",
    );
    expect(await token.isSupplierMinted()).to.equal(true);
    expect(await token.balanceOf(supplier)).to.equal(supplierAllocation);
    expect(await token.totalSupply()).to.equal(supplierAllocation);
  });

  it("S3: refuses to mint again even if the pool has burned the first tokens", async () => {
    const { token, tokenManager, supplier, pool } = await loadFixture(deployTokenWithPool);
    await token.connect(tokenManager).mintSupplierAllocation();
    await token.connect(pool).burn(supplier, supplierAllocation);
    await expect(token.connect(tokenManager).mintSupplierAllocation()).to.be.revertedWithCustomError(
      token,
      "SupplierAlreadyMinted",
    );
  });

  it("leaves the other allocations as they are", async () => {
    const { token, tokenManager } = await loadFixture(deployTokenWithPool);
    await token.connect(tokenManager).mintSupplierAllocation();
    expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation);
    expect(await token.rewardsMinted()).to.equal(0);
  });
});

describe("ModelToken.mint", () => {
  it("S5: mints exactly up to the investor allocation", async () => {
    const { token, pool, alice } = await loadFixture(deployTokenWithPool);
    const asPool = token.connect(pool);
    await expect(asPool.mint(alice, investorAllocation + 1n))
      .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
      .withArgs(investorAllocation + 1n, investorAllocation);
    await expect(asPool.mint(alice, investorAllocation - 1n))
      .to.emit(token, "Transfer")
      .withArgs(ZeroAddress, alice, investorAllocation - 1n);
    await expect(asPool.mint(alice, 2n))
      .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
      .withArgs(2, 1);
    await asPool.mint(alice, 1n);
    expect(await token.totalSupply()).to.equal(investorAllocation);
    expect(await token.remainingInvestorAllocation()).to.equal(0);
  });

  for (const amount of [2n ** 95n, 2n ** 96n, MAX_UINT256]) {
    it(`S5: refuses ${amount}, with which a sum might wrap around`, async () => {
      const { token, pool, alice } = await loadFixture(deployTokenWithPool);
      await token.connect(pool).mint(alice, 1n);
      await expect(token.connect(pool).mint(alice, amount))
        .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
        .withArgs(amount, investorAllocation - 1n);
    });
  }

  it("refuses zero as the receiver", async () => {
    const { token, pool } = await loadFixture(deployTokenWithPool);
    await expect(token.connect(pool).mint(ZeroAddress, 1n))
      .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
      .withArgs(ZeroAddress);
  });
});

describe("ModelToken.burn", () => {
  it("S5: frees the room that a mint took, and needs no approval", async () => {
    const { token, pool, alice } = await loadFixture(deployTokenWithPool);
    const asPool = token.connect(pool);
    await asPool.mint(alice, investorAllocation);
    await expect(asPool.burn(alice, 1n)).to.emit(token, "Transfer").withArgs(alice, ZeroAddress, 1);
    expect(await token.remainingInvestorAllocation()).to.equal(1);
    await expect(asPool.mint(alice, 2n))
      .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
      .withArgs(2, 1);
    await asPool.burn(alice, investorAllocation - 1n);
    expect(await token.totalSupply()).to.equal(0);
    expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation);
  });

  it("frees room above the allocation when it burns tokens that the pool never issued", async () => {
    const { token, tokenManager, supplier, pool, alice } = await loadFixture(deployTokenWithPool);
    await token.connect(tokenManager).mintSupplierAllocation();
    await token.connect(pool).burn(supplier, supplierAllocation);
    expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation + supplierAllocation);
    await token.connect(pool).mint(alice, MAX_SUPPLY);
    await expect(token.connect(pool).mint(alice, 1n))
      .to.be.revertedWithCustomError(token, "InvestorAllocationExceeded")
      .withArgs(1, 0);
    expect(await token.totalSupply()).to.equal(MAX_SUPPLY);
  });

  it("refuses more than the holder has", async () => {
    const { token, pool, alice } = await loadFixture(deployTokenWithPool);
    await token.connect(pool).mint(alice, 1n);
    await expect(token.connect(pool).burn(alice, 2n))
      .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
      .withArgs(alice, 1, 2);
  });
});

describe("ModelToken.mintRewards", () => {
  it("pays each account, and adds up all rewards", async () => {
    const { token, tokenManager, alice, bob } = await loadFixture(deployTokenWithPool);
    const asTokenManager = token.connect(tokenManager);
    const first = asTokenManager.mintRewards([alice, bob], [1n, 2n]);
    await expect(first).to.emit(token, "Transfer").withArgs(ZeroAddress, alice, 1);
    await expect(first).to.emit(token, "Transfer").withArgs(ZeroAddress, bob, 2);
    expect(await token.rewardsMinted()).to.equal(3);
    await asTokenManager.mintRewards([bob], [4n]);
    expect(await token.rewardsMinted()).to.equal(7);
    expect(await token.balanceOf(alice)).to.equal(1);
    expect(await token.balanceOf(bob)).to.equal(6);
    expect(await token.rewardsMinted()).to.equal(7);
    expect(await token.remainingInvestorAllocation()).to.equal(investorAllocation);
  });

  it("S4: pays 64 accounts exactly the reward allocation, and refuses a wei more", async () => {
    const { token, tokenManager } = await loadFixture(deployTokenWithPool);
    const accounts = Array.from({ length: MAX_PAYEES }, (_, i) =>
      ethers.getAddress(ethers.toBeHex(FIRST_PAYEE + i, 20)),
    );
    const share = rewardAllocation / BigInt(MAX_PAYEES) - 1n;
    const amounts = accounts.map(() => share);
    amounts[0] = rewardAllocation - share * BigInt(MAX_PAYEES - 1);

    const tooMuch = [...amounts.slice(1), amounts[0]! + 1n];
    await expect(token.connect(tokenManager).mintRewards(accounts, tooMuch))
      .to.be.revertedWithCustomError(token, "RewardAllocationExceeded")
      .withArgs(rewardAllocation + 1n, rewardAllocation);
    await token.connect(tokenManager).mintRewards(accounts, amounts);
    expect(await Promise.all(accounts.map((account) => token.balanceOf(account)))).to.deep.equal(amounts);
    expect(await token.rewardsMinted()).to.equal(rewardAllocation);
    expect(await token.totalSupply()).to.equal(rewardAllocation);
  });

  it("S4: names what is left when it refuses", async () => {
    const { token, tokenManager, alice } = await loadFixture(deployTokenWithPool);
    const asTokenManager = token.connect(tokenManager);
    await asTokenManager.mintRewards([alice], [rewardAllocation - 1n]);
    await expect(asTokenManager.mintRewards([alice], [2n]))
      .to.be.revertedWithCustomError(token, "RewardAllocationExceeded")
      .withArgs(2, 1);
    await asTokenManager.mintRewards([alice], [1n]);
    expect(await token.rewardsMinted()).to.equal(rewardAllocation);
  });

  it("S4: gets no room back, neither from a burn nor from the supplier mint", async () => {
    const { token, tokenManager, pool, alice } = await loadFixture(deployTokenWithPool);
    const asTokenManager = token.connect(tokenManager);
    await asTokenManager.mintRewards([alice], [rewardAllocation]);
    await token.connect(pool).burn(alice, rewardAllocation);
    await asTokenManager.mintSupplierAllocation();
    expect(await token.rewardsMinted()).to.equal(rewardAllocation);
    await expect(asTokenManager.mintRewards([alice], [1n]))
      .to.be.revertedWithCustomError(token, "RewardAllocationExceeded")
      .withArgs(1, 0);
  });

  // Twice the amount, or the amount itself, is a multiple of the word that holds the cap.
  for (const amount of [2n ** 95n, 2n ** 96n, 2n ** 255n, MAX_UINT256]) {
    it(`S4: refuses ${amount}, with which a sum might wrap around`, async () => {
      const { token, tokenManager, alice } = await loadFixture(deployTokenWithPool);
      await expect(token.connect(tokenManager).mintRewards([alice], [amount]))
        .to.be.revertedWithCustomError(token, "RewardAllocationExceeded")
        .withArgs(amount, rewardAllocation);
    });
  }

  it("S4: refuses amounts whose sum wraps around", async () => {
    const { token, tokenManager, alice, bob } = await loadFixture(deployTokenWithPool);
    await expect(token.connect(tokenManager).mintRewards([alice, bob], [MAX_UINT256, 2n])).to.be.revertedWithPanic(
      PANIC_CODES.ARITHMETIC_OVERFLOW,
    );
  });

  it("refuses lists of different lengths", async () => {
    const { token, tokenManager, alice } = await loadFixture(deployTokenWithPool);
    const asTokenManager = token.connect(tokenManager);
    for (const [accounts, amounts] of [
      [[alice], []],
      [[], [1n]],
      [[alice], [1n, 1n]],
    ] as const) {
      await expect(asTokenManager.mintRewards([...accounts], [...amounts]))
        .to.be.revertedWithCustomError(token, "ValueMismatch")
        .withArgs(field("amounts"), amounts.length, accounts.length);
    }
  });

  it("refuses zero as a receiver", async () => {
    const { token, tokenManager, alice } = await loadFixture(deployTokenWithPool);
    await expect(token.connect(tokenManager).mintRewards([alice, ZeroAddress], [1n, 1n]))
      .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
      .withArgs(ZeroAddress);
    expect(await token.totalSupply()).to.equal(0);
  });
});

/** The three mint paths; each mints an amount of its bucket to alice, or to the supplier. */
const PATHS = {
  supplier: ({ token, tokenManager }: TokenContext) => token.connect(tokenManager).mintSupplierAllocation(),
  investor: ({ token, pool, alice }: TokenContext, amount: bigint) => token.connect(pool).mint(alice, amount),
  reward: ({ token, tokenManager, alice }: TokenContext, amount: bigint) =>
    token.connect(tokenManager).mintRewards([alice], [amount]),
};

const ORDERS = [
  ["supplier", "investor", "reward"],
  ["supplier", "reward", "investor"],
  ["investor", "supplier", "reward"],
  ["investor", "reward", "supplier"],
  ["reward", "supplier", "investor"],
  ["reward", "investor", "supplier"],
] as const;

const CAPS = { supplier: supplierAllocation, investor: investorAllocation, reward: rewardAllocation };

describe("ModelToken caps", () => {
  for (const order of ORDERS) {
    it(`S1: hold when filled in the order ${order.join(", ")}, at 99.99 % and at 100 %`, async () => {
      const context = await loadFixture(deployTokenWithPool);
      const { token } = context;
      let supply = 0n;

      for (const path of order) {
        const most = (CAPS[path] * (BPS - 1n)) / BPS;
        supply += path === "supplier" ? supplierAllocation : most;
        await PATHS[path](context, most);
        expect(await token.totalSupply()).to.equal(supply);
      }

      const [investorLeft, rewardLeft] = [investorAllocation / BPS, rewardAllocation / BPS];
      for (const [path, left, error] of [
        ["investor", investorLeft, "InvestorAllocationExceeded"],
        ["reward", rewardLeft, "RewardAllocationExceeded"],
      ] as const) {
        await expect(PATHS[path](context, left + 1n))
          .to.be.revertedWithCustomError(token, error)
          .withArgs(left + 1n, left);
        await PATHS[path](context, left);
        await expect(PATHS[path](context, 1n)).to.be.revertedWithCustomError(token, error).withArgs(1, 0);
      }
      await expect(PATHS.supplier(context)).to.be.revertedWithCustomError(token, "SupplierAlreadyMinted");

      expect(await token.totalSupply()).to.equal(MAX_SUPPLY + rewardAllocation);
      expect(await token.rewardsMinted()).to.equal(rewardAllocation);
      expect(await token.remainingInvestorAllocation()).to.equal(0);
    });
  }
});
