import { concat, dataSlice, getCreate2Address, id, Interface, keccak256, zeroPadValue } from "ethers";

/** CreateX, the factory that deploys the contracts. It has the same address on every chain where it exists. */
export const CREATE_X = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";

/** The part of CreateX's published interface that is used. */
export const CREATE_X_INTERFACE = new Interface([
  "function deployCreate2(bytes32 salt, bytes initCode) payable returns (address newContract)",
  "event ContractCreation(address indexed newContract, bytes32 indexed salt)",
]);

const LABEL = "Hokusai";
const LABEL_BYTES = 11;
/** The 21st byte of a salt: asks for the same addresses on every chain. */
const ON_EVERY_CHAIN = "0x00";

/**
 * The salt of an account's deployments. It begins with the account's address, which CreateX mixes in only for that sender. The same salt
 * gives everybody else a different address, so nobody can occupy the account's. The same label, account and init code give the same address
 * on every chain.
 */
export function saltOf(account: string, label = LABEL): string {
  return concat([account, ON_EVERY_CHAIN, dataSlice(id(label), 0, LABEL_BYTES)]);
}

/** The salt that CreateX derives from an account's salt, and reports in its event. */
export function guardedSalt(account: string, salt: string): string {
  return keccak256(concat([zeroPadValue(account, 32), salt]));
}

/** The address at which CreateX deploys a contract for an account that uses {@link saltOf} its own address. */
export function create2Address(account: string, salt: string, initCode: string): string {
  return getCreate2Address(CREATE_X, guardedSalt(account, salt), keccak256(initCode));
}
