import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { protocolInUse } from "./authority.fixture";
import { REWARD_KEYS } from "./rewardKeys";
import { ROLE_KEYS } from "./roleKeys";

const SECURITY = join(__dirname, "../../SECURITY.md");

const ROWS = { ...REWARD_KEYS, ...ROLE_KEYS };

describe("SECURITY.md: what each key can do at worst", () => {
  it("lists exactly the keys that are tested here", () => {
    const text = readFileSync(SECURITY, "utf8");
    const [, table = ""] = /\n\| key .*\n\|[- |]+\|\n((?:\|.*\n)+)/.exec(text) ?? [];
    const keys = table
      .trim()
      .split("\n")
      .map((line) => line.split("|")[1]!.trim());
    expect(keys).to.deep.equal(Object.keys(ROWS));
  });

  for (const [key, { can, cannot }] of Object.entries(ROWS)) {
    describe(key, () => {
      for (const [kind, attempts] of Object.entries({ can, cannot })) {
        for (const [what, attempt] of Object.entries(attempts)) {
          it(`${kind} ${what}`, async () => {
            await attempt(await loadFixture(protocolInUse));
          });
        }
      }
    });
  }
});
