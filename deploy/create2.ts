import { concat, dataSlice, getCreate2Address, id, Interface, keccak256, zeroPadValue } from "ethers";

/** CreateX, through which contracts are deployed: it has the same address on every chain that has it. */
export const CREATE_X = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";

/** What of CreateX is used: see its published interface. */
export const CREATE_X_INTERFACE = new Interface([
  "function deployCreate2(bytes32 salt, bytes initCode) payable returns (address newContract)",
  "event ContractCreation(address indexed newContract, bytes32 indexed salt)",
]);

const LABEL = "Hokusai";
const LABEL_BYTES = 11;
/** As the 21st byte of a salt: the same addresses on every chain. */
const ON_EVERY_CHAIN = "0x00";

/**
 * The salt of an account's deployments. It begins with the account's address, and CreateX mixes that in for this sender alone: the
 * same salt makes another address for everybody else, so that nobody can occupy the account's. The same label, account and init
 * code make the same address on every chain.
 */
export function saltOf(account: string, label = LABEL): string {
  return concat([account, ON_EVERY_CHAIN, dataSlice(id(label), 0, LABEL_BYTES)]);
}

/** What CreateX makes of the salt of an account, and tells in its event. */
export function guardedSalt(account: string, salt: string): string {
  return keccak256(concat([zeroPadValue(account, 32), salt]));
}

/** Where CreateX puts a contract for an account that uses {@link saltOf} its own address. */
export function create2Address(account: string, salt: string, initCode: string): string {
  return getCreate2Address(CREATE_X, guardedSalt(account, salt), keccak256(initCode));
}
