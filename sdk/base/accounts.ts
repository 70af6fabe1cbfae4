import { HDNodeWallet, Mnemonic } from "ethers";

/** The phrase that Hardhat's and anvil's chains start with. Everybody knows its keys. */
const DEVELOPMENT_PHRASE = "test test test test test test test test test test test junk";
const DEVELOPMENT_ACCOUNTS = 20;

/** Derived from the phrase once, because it takes long: what all keys share, and the addresses. */
let parent: HDNodeWallet | undefined;
let addresses: ReadonlySet<string> | undefined;

/** Addresses of the well-known development accounts. Whoever sends them anything on a public chain loses it. */
export function developmentAddresses(): ReadonlySet<string> {
  addresses ??= new Set(Array.from({ length: DEVELOPMENT_ACCOUNTS }, (_, index) => developmentKey(index).address));
  return addresses;
}

/** The key of a development account. */
export function developmentKey(index: number): HDNodeWallet {
  parent ??= HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_PHRASE), "m/44'/60'/0'/0");
  return parent.deriveChild(index);
}
