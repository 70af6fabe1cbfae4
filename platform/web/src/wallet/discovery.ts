// Wallets in this browser, as they announce themselves (EIP-6963).

import type { Eip1193Provider } from "ethers";

/** A wallet, and how it presents itself. */
export interface WalletOffer {
  readonly uuid: string;
  readonly name: string;
  /** An image as a data URL, or empty. */
  readonly icon: string;
  /** Reverse domain name: the same after a reload, unlike `uuid`. */
  readonly rdns: string;
  readonly provider: WalletProvider;
}

/** EIP-1193 with events. */
export interface WalletProvider extends Eip1193Provider {
  on?(event: string, listener: (value: unknown) => void): void;
  removeListener?(event: string, listener: (value: unknown) => void): void;
}

interface Announcement {
  readonly info?: {
    readonly uuid?: unknown;
    readonly name?: unknown;
    readonly icon?: unknown;
    readonly rdns?: unknown;
  };
  readonly provider?: WalletProvider;
}

/** Reports each wallet that announces itself, now and later. Returns a function that stops listening. */
export function discoverWallets(onOffer: (offer: WalletOffer) => void): () => void {
  const hear = (event: Event) => {
    const { info, provider } = (event as CustomEvent<Announcement>).detail ?? {};
    if (typeof info?.uuid !== "string" || typeof provider?.request !== "function") return;
    const icon = typeof info.icon === "string" && info.icon.startsWith("data:image/") ? info.icon : "";
    onOffer({
      uuid: info.uuid,
      name: String(info.name ?? "wallet").slice(0, 60),
      icon,
      rdns: String(info.rdns ?? ""),
      provider,
    });
  };
  window.addEventListener("eip6963:announceProvider", hear);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => window.removeEventListener("eip6963:announceProvider", hear);
}
