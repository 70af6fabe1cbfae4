import { loadFixture, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { changingFunctions } from "../../scripts/dev/roles";
import { AUTHORITY, type Power } from "../../sdk/state/authority";
import { argumentsFor } from "./arguments";
import { contractsOf, type Key, measure, protocolInUse } from "./authority.fixture";

/** What nobody can do in this state, k − 1 attesters' word and lapsed one-time calls included. */
const REFUSED_TO_ALL = new Set([
  "ModelRegistry.wire",
  "ModelToken.permit",
  "ModelToken.transferFrom",
  "DeltaOneVerifier.processImprovement",
  "RewardDistributor.claim",
  "RewardDistributor.claimMany",
  "TimelockController.execute",
  "TimelockController.executeBatch",
  "TimelockController.cancel",
]);

/** Who of the keys may call, by the table. The operator's word is about one role of one contract. */
function mayCall({ callers }: Power, contract: string, key: Key): boolean {
  if (key === "operator" && callers.includes("operator")) return contract === "TokenManager";
  // The admin grants the roles that the operator does not administer.
  if (key === "admin" && callers.includes("operator")) return contract !== "TokenManager";
  return callers.includes("anyone") || (callers as readonly string[]).includes(key);
}

/** The protocol in use and what every call is compared with. */
async function measuredProtocol() {
  const world = await protocolInUse();
  return { world, before: await measure(world) };
}

describe("authority: every function, called with every key @uninstrumented", () => {
  for (const [contract, powers] of Object.entries(AUTHORITY)) {
    describe(contract, () => {
      it("lists every function that changes state, and no other", async () => {
        expect(Object.keys(powers).sort()).to.deep.equal(await changingFunctions(contract));
      });

      for (const [name, power] of Object.entries(powers)) {
        it(`${name} can be called only by the listed keys, and changes only what the table lists`, async () => {
          const { world, before } = await loadFixture(measuredProtocol);
          const target = contractsOf(world)[contract as keyof ReturnType<typeof contractsOf>];
          const refusedToAll = REFUSED_TO_ALL.has(`${contract}.${name}`);

          for (const [key, signer] of Object.entries(world.keys) as [Key, typeof world.holder][]) {
            const call = target.connect(signer).getFunction(name);
            const args = argumentsFor(contract, name)(world, signer.address);
            const isAllowed = await call.staticCall(...args).then(
              () => true,
              () => false,
            );
            const mayBe = mayCall(power, contract, key) && !refusedToAll;
            if (isAllowed) expect(mayBe, `${key} may call`).to.equal(true);
            // Of what anybody may, some need what the attacker has: tokens, money, an approval.
            const isHolder = key === "attacker" || !power.callers.includes("anyone");
            if (mayBe && isHolder) expect(isAllowed, `${key} is let through`).to.equal(true);
            if (!isAllowed || !isHolder) continue;

            const snapshot = await takeSnapshot();
            await call(...args);
            const after = await measure(world);
            const changed = Object.keys(before).filter((part) => before[part as never] !== after[part as never]);
            expect(power.effects, `${key} changed ${changed.join(", ")}`).to.include.members(changed);
            await snapshot.restore();
          }
        });
      }
    });
  }
});
