import { HDNodeWallet, Mnemonic } from "ethers";

/** The mnemonic phrase that Hardhat and anvil start their chains with. Its keys are public knowledge. */
const DEVELOPMENT_PHRASE = "test test test test test test test test test test test junk";
const DEVELOPMENT_ACCOUNTS = 20;

/** Derived from the phrase only once, because derivation is slow: the parent of all keys, and their addresses. */
let parent: HDNodeWallet | undefined;
let addresses: ReadonlySet<string> | undefined;

/** The addresses of the well-known development accounts. Anything sent to them on a public chain is lost. */
export function developmentAddresses(): ReadonlySet<string> {
  addresses ??= new Set(Array.from({ length: DEVELOPMENT_ACCOUNTS }, (_, index) => developmentKey(index).address));
  return addresses;
}

/** Returns the key of a development account. */
export function developmentKey(index: number): HDNodeWallet {
  parent ??= HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_PHRASE), "m/44'/60'/0'/0");
  return parent.deriveChild(index);
}
