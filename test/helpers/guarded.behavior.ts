import { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type BaseContract, type ContractTransactionResponse, FunctionFragment, id, ZeroHash } from "ethers";

/** A function that only one key or contract may call. */
export interface GuardedFunction<Context> {
  name: string;
  /** Names in the context of who may call it. */
  holders: readonly (keyof Context)[];
  /** What everybody else meets. */
  error: string;
  errorArguments: (sender: string, context: Context) => readonly unknown[] | Promise<readonly unknown[]>;
  /** A call that succeeds for a holder in the fixture's state. */
  call: (context: Context, sender: HardhatEthersSigner) => Promise<ContractTransactionResponse>;
}

/** Functions that every contract with roles inherits; `ProtocolAccess.test.ts` is about them. */
export const ACCESS_FUNCTIONS = [
  "acceptDefaultAdminTransfer",
  "beginDefaultAdminTransfer",
  "cancelDefaultAdminTransfer",
  "changeDefaultAdminDelay",
  "grantRole",
  "renounceRole",
  "revokeRole",
  "rollbackDefaultAdminDelay",
  "suspendRole",
] as const;

/** Id of a role by its published name; the admin's is zero. */
export function roleId(name: string): string {
  return name === "DEFAULT_ADMIN_ROLE" ? ZeroHash : id(name);
}

/** What guards a function with a role. */
export function byRole(role: string) {
  return {
    error: "AccessControlUnauthorizedAccount",
    errorArguments: (sender: string) => [sender, roleId(role)],
  };
}

/** The keys in a context: everything that can send transactions. */
export function signersIn(context: object): [name: string, signer: HardhatEthersSigner][] {
  return Object.entries(context).filter(([, value]) => value instanceof HardhatEthersSigner);
}

/** Names of the functions of a contract that may change state, without repetition. */
function stateChangingFunctions(contract: BaseContract): string[] {
  const functions = contract.interface.fragments.filter((fragment) => FunctionFragment.isFragment(fragment));
  return [...new Set(functions.filter(({ constant }) => !constant).map(({ name }) => name))].sort();
}

/** The names are those of all functions of the contract that change state. */
export function shouldHaveOnly<Context>(
  fixture: () => Promise<Context>,
  contractOf: (context: Context) => BaseContract,
  names: readonly string[],
): void {
  it("has exactly the state-changing functions that are tested here", async () => {
    const contract = contractOf(await loadFixture(fixture));
    expect([...names].sort()).to.deep.equal(stateChangingFunctions(contract));
  });
}

/** Each function lets its holders through and refuses every other key of the context with its own error. */
export function shouldBeGuarded<Context extends object>(
  fixture: () => Promise<Context>,
  contractOf: (context: Context) => BaseContract,
  functions: readonly GuardedFunction<Context>[],
): void {
  for (const { name, holders, error, errorArguments, call } of functions) {
    it(`lets ${holders.length === 0 ? "nobody" : `only ${holders.join(", ")}`} call ${name}`, async () => {
      const context = await loadFixture(fixture);
      const strangers = signersIn(context).filter(([actor]) => !holders.includes(actor as keyof Context));
      expect(strangers).to.have.length.above(holders.length);

      for (const [, sender] of strangers) {
        await expect(call(context, sender))
          .to.be.revertedWithCustomError(contractOf(context), error)
          .withArgs(...(await errorArguments(sender.address, context)));
      }
      for (const holder of holders) {
        const fresh = await loadFixture(fixture);
        await expect(call(fresh, fresh[holder] as HardhatEthersSigner)).to.not.be.reverted;
      }
    });
  }
}
