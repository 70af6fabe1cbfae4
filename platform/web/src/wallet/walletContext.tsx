// The wallet that the reader has connected, if any.

import { BrowserProvider, getAddress, toQuantity, type JsonRpcSigner } from "ethers";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { useChain } from "../chain/chainContext.tsx";
import { discoverWallets, type WalletOffer } from "./discovery.ts";
import { wordsOf } from "./words.ts";

interface WalletView {
  readonly offers: readonly WalletOffer[];
  readonly wallet: WalletOffer | undefined;
  readonly account: string | undefined;
  readonly isRightChain: boolean;
  /** Whether a wallet is connected, and on this page's chain. */
  readonly canSend: boolean;
  readonly trouble: string | undefined;
  readonly connect: (offer: WalletOffer) => Promise<void>;
  readonly disconnect: () => void;
  readonly switchChain: () => Promise<void>;
  /** Returns a signer for the connected account. */
  readonly signer: () => Promise<JsonRpcSigner>;
}

const WalletContext = createContext<WalletView | undefined>(undefined);
const REMEMBERED = "wallet";

function remember(rdns: string | undefined): void {
  try {
    if (rdns === undefined) localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, rdns);
  } catch {
    // no storage: the reader connects the wallet again
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

const firstOf = (accounts: unknown): string | undefined =>
  Array.isArray(accounts) && typeof accounts[0] === "string" ? getAddress(accounts[0]) : undefined;

export function WalletContextProvider({ children }: { readonly children: ReactNode }) {
  const { site } = useChain();
  const chainId = site?.deployment.chainId;
  const network = site?.deployment.network ?? "";
  const [offers, setOffers] = useState<readonly WalletOffer[]>([]);
  const [wallet, setWallet] = useState<WalletOffer>();
  const [account, setAccount] = useState<string>();
  const [walletChain, setWalletChain] = useState<number>();
  const [trouble, setTrouble] = useState<string>();

  useEffect(
    () =>
      discoverWallets((offer) =>
        setOffers((known) => (known.some(({ uuid }) => uuid === offer.uuid) ? known : [...known, offer])),
      ),
    [],
  );

  const open = useCallback(async (offer: WalletOffer, method: "eth_accounts" | "eth_requestAccounts") => {
    const found = firstOf(await offer.provider.request({ method }));
    if (found === undefined) return;
    setWalletChain(Number(await offer.provider.request({ method: "eth_chainId" })));
    setWallet(offer);
    setAccount(found);
    remember(offer.rdns);
  }, []);

  const connect = useCallback(
    async (offer: WalletOffer) => {
      setTrouble(undefined);
      try {
        await open(offer, "eth_requestAccounts");
      } catch (error) {
        setTrouble(await wordsOf(undefined, error));
      }
    },
    [open],
  );

  // A wallet that was connected before is asked silently: `eth_accounts` opens no window.
  useEffect(() => {
    const before = offers.find(({ rdns }) => rdns !== "" && rdns === remembered());
    if (before && wallet === undefined) void open(before, "eth_accounts").catch(() => undefined);
  }, [offers, wallet, open]);

  useEffect(() => {
    if (wallet === undefined) return;
    const { provider } = wallet;
    const onAccounts = (accounts: unknown) => setAccount(firstOf(accounts));
    const onChain = (id: unknown) => setWalletChain(Number(id));
    provider.on?.("accountsChanged", onAccounts);
    provider.on?.("chainChanged", onChain);
    return () => {
      provider.removeListener?.("accountsChanged", onAccounts);
      provider.removeListener?.("chainChanged", onChain);
    };
  }, [wallet]);

  const disconnect = useCallback(() => {
    remember(undefined);
    setWallet(undefined);
    setAccount(undefined);
  }, []);

  const switchChain = useCallback(async () => {
    if (wallet === undefined || chainId === undefined) return;
    setTrouble(undefined);
    try {
      await wallet.provider.request({
        method: "wallet_switchEthereumChain",
        params: [{ chainId: toQuantity(chainId) }],
      });
      setWalletChain(Number(await wallet.provider.request({ method: "eth_chainId" })));
    } catch (error) {
      setTrouble(`${await wordsOf(undefined, error)} This page is of ${network}, chain id ${chainId}.`);
    }
  }, [wallet, chainId, network]);

  const signer = useCallback(async () => {
    if (wallet === undefined || account === undefined) throw new Error("no wallet is connected");
    const provider = new BrowserProvider(wallet.provider, chainId, { cacheTimeout: -1 });
    return provider.getSigner(account);
  }, [wallet, account, chainId]);

  const view = useMemo(
    () => ({
      ...{ offers, wallet, account, trouble, connect, disconnect, switchChain, signer },
      isRightChain: walletChain !== undefined && walletChain === chainId,
      canSend: account !== undefined && walletChain !== undefined && walletChain === chainId,
    }),
    [offers, wallet, account, trouble, connect, disconnect, switchChain, signer, walletChain, chainId],
  );
  return <WalletContext value={view}>{children}</WalletContext>;
}

export function useWallet(): WalletView {
  const view = useContext(WalletContext);
  if (view === undefined) throw new Error("there is no wallet around this part of the page");
  return view;
}
