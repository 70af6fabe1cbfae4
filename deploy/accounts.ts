import { HDNodeWallet, Mnemonic } from "ethers";

/** The phrase that Hardhat's and anvil's chains start with. Everybody knows its keys. */
const DEVELOPMENT_PHRASE = "test test test test test test test test test test test junk";
const DEVELOPMENT_ACCOUNTS = 20;

let cached: ReadonlySet<string> | undefined;

/** Addresses of the well-known development accounts. Whoever sends them anything on a public chain loses it. */
export function developmentAddresses(): ReadonlySet<string> {
  cached ??= new Set(Array.from({ length: DEVELOPMENT_ACCOUNTS }, (_, index) => developmentKey(index).address));
  return cached;
}

/** The key of a development account. */
export function developmentKey(index: number): HDNodeWallet {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVELOPMENT_PHRASE), `m/44'/60'/0'/0/${index}`);
}
