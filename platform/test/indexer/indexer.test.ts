import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import hre from "hardhat";
import { Problem } from "../../../sdk/base/problem";
import { USDC } from "../../../scripts/dev/world/units";
import { Indexer, type IndexerNews, type IndexerOptions } from "../../indexer/indexer";
import type { Store } from "../../store/open";
import { createTestDatabase, type TestDatabase } from "../store/testDatabase";
import { contentOf, expectTrue } from "./compare";
import { buildWorld, liveALife, poolOf, tradeAWhile, useServer, type IndexedWorld } from "./world";

/** Reads until nothing is new. */
async function catchUp(indexer: Indexer): Promise<void> {
  while (await indexer.step());
}

describe("Indexer @uninstrumented", () => {
  const chain = useServer();
  const databases: TestDatabase[] = [];
  let world: IndexedWorld;

  const create = async () => {
    const database = await createTestDatabase();
    databases.push(database);
    return database;
  };
  const emptyStore = async () => (await create()).open();
  const index = (store: Store, options: Partial<IndexerOptions> = {}) =>
    Indexer.open({ store, url: chain.url, deployment: world.deployment, ...options });
  const codeOf = async (failing: Promise<unknown>) =>
    failing.then(
      () => undefined,
      (error: unknown) => (error as Problem).code,
    );

  beforeEach(async () => {
    world = await buildWorld();
  });
  afterEach(async () => {
    await Promise.all(databases.splice(0).map((database) => database.drop()));
  });

  describe("given models with a whole life of events", () => {
    it("indexes what a replay and the contracts say, in one run or block by block", async () => {
      const [afar, near] = [await emptyStore(), await emptyStore()];
      const follower = await index(near);
      await catchUp(follower);
      await liveALife(world);
      await catchUp(follower);
      await expectTrue(near.db, chain.url, world);

      await mine(100);
      await catchUp(follower);
      await catchUp(await index(afar));
      await expectTrue(afar.db, chain.url, world);
      expect(await contentOf(afar.db)).to.deep.equal(await contentOf(near.db));
    });
  });

  describe("given reorganisations", () => {
    const { provider } = hre.network;

    /** Blocks with a purchase each, while the indexer follows. */
    async function buy(indexer: Indexer, blocks: number, amount: bigint): Promise<void> {
      const pool = await poolOf(world);
      for (let block = 0; block < blocks; block++) {
        await pool.buy(amount, 0n, world.bob, MaxUint256);
        await indexer.step();
      }
    }

    it("forgets 1 to 50 undone blocks, and indexes the blocks that replaced them", async () => {
      const news: IndexerNews[] = [];
      const store = await emptyStore();
      const indexer = await index(store, { onNews: (each) => news.push(each) });
      await catchUp(indexer);
      for (const depth of [1, 2, 9, 50]) {
        const snapshot: unknown = await provider.send("evm_snapshot", []);
        await buy(indexer, depth, 10n * USDC);
        await catchUp(indexer);
        await provider.send("evm_revert", [snapshot]);
        await time.increase(100); // so that no block is the same
        await buy(indexer, depth + 1, 11n * USDC);
        await catchUp(indexer);
        await expectTrue(store.db, chain.url, world);
      }
      const fresh = await emptyStore();
      await catchUp(await index(fresh));

      expect(news.filter(({ kind }) => kind === "reorganisation")).to.have.length(4);
      expect(await contentOf(store.db)).to.deep.equal(await contentOf(fresh.db));
    });

    it("forgets undone models, payouts, claims and roles", async () => {
      const store = await emptyStore();
      const indexer = await index(store);
      const snapshot: unknown = await provider.send("evm_snapshot", []);
      await catchUp(indexer);
      await liveALife(world);
      await catchUp(indexer);
      await provider.send("evm_revert", [snapshot]);
      await time.increase(100);
      await mine(1);
      await catchUp(indexer);
      await tradeAWhile(world);
      while ((await hre.ethers.provider.getBlockNumber()) < indexer.block + 1) await mine(1);
      await catchUp(indexer);
      await expectTrue(store.db, chain.url, world);

      const fresh = await emptyStore();
      await catchUp(await index(fresh));
      expect(await contentOf(store.db)).to.deep.equal(await contentOf(fresh.db));
    });
  });

  describe("given a database of an earlier run", () => {
    it("continues where a killed run stopped, even on another machine", async () => {
      const database = await create();
      const first = await database.open();
      await catchUp(await index(first));
      await liveALife(world);
      await catchUp(
        await index({ ...first, becomeWriter: async () => ({ db: first.db, release: async () => undefined }) }),
      );
      await first.close(); // without a last snapshot, as after a kill

      await database.move();
      const second = await database.open();
      const indexer = await index(second);
      await world.feeRouter.connect(world.alice).depositFee(world.model.id, USDC);
      await catchUp(indexer);
      await expectTrue(second.db, chain.url, world);
    });

    it("refuses a database of another deployment, and one that another indexer writes", async () => {
      const store = await emptyStore();
      const indexer = await index(store);
      expect(await codeOf(index(store))).to.equal("BUSY");
      await indexer.close();

      const contracts = { ...world.deployment.contracts, ModelRegistry: world.deployment.contracts.TokenManager };
      expect(await codeOf(index(store, { deployment: { ...world.deployment, contracts } }))).to.equal("CONFLICT");
      expect(await codeOf(index(store, { deployment: { ...world.deployment, chainId: 1 } }))).to.equal("WRONG_CHAIN");
    });

    it("refuses a chain whose blocks are all different", async () => {
      const store = await emptyStore();
      const indexer = await index(store);
      await catchUp(indexer);
      await indexer.close();
      await store.db.execute("UPDATE snapshots SET block_hash = '0x00'");
      await store.db.execute("UPDATE chain SET block_hash = '0x00'");
      await mine(1);

      expect(await codeOf(catchUp(await index(store)))).to.equal("WRONG_CHAIN");
    });
  });
});
