// Connects a wallet, and shows which one is connected.

import { useId, useRef, useState } from "react";
import { useChain } from "../chain/chainContext.tsx";
import { Address, Notice } from "../ui/parts.tsx";
import { Link } from "../router.tsx";
import { useWallet } from "./walletContext.tsx";

export function WalletMenu() {
  const { account, isRightChain, wallet } = useWallet();
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setIsOpen(false);
    button.current?.focus();
  };
  const label = account === undefined ? "Connect wallet" : `${account.slice(0, 6)}…${account.slice(-4)}`;
  return (
    <div
      className="wallet"
      onKeyDown={(event) => {
        if (event.key === "Escape" && isOpen) close();
      }}
    >
      <button
        ref={button}
        type="button"
        className={account === undefined ? "primary small" : "small"}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        {account !== undefined && !isRightChain && (
          <span className="dot" aria-hidden="true">
            !
          </span>
        )}
        {label}
      </button>
      <div id={id} className="panel" hidden={!isOpen}>
        {isOpen &&
          (wallet === undefined || account === undefined ? <Offers onDone={close} /> : <Connected onDone={close} />)}
      </div>
    </div>
  );
}

/** The wallets that this browser has. */
export function Offers({ onDone }: { readonly onDone?: () => void }) {
  const { offers, connect, trouble } = useWallet();
  return (
    <>
      {offers.length === 0 && (
        <p>
          No wallet has announced itself in this browser. Install one that supports EIP-6963, then load the page again.
          Everything can be read without one.
        </p>
      )}
      <ul className="offers">
        {offers.map((offer) => (
          <li key={offer.uuid}>
            <button type="button" onClick={() => void connect(offer).then(onDone)}>
              {offer.icon !== "" && <img src={offer.icon} alt="" width={24} height={24} />}
              {offer.name}
            </button>
          </li>
        ))}
      </ul>
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
    </>
  );
}

function Connected({ onDone }: { readonly onDone: () => void }) {
  const { wallet, account, isRightChain, switchChain, disconnect, trouble } = useWallet();
  const { site } = useChain();
  if (wallet === undefined || account === undefined) return null;
  return (
    <>
      <p>
        {wallet.name} <Address value={account} />
      </p>
      {!isRightChain && site && (
        <>
          <Notice tone="warning">
            The wallet is on another chain. This page is of {site.deployment.network}, chain id{" "}
            {site.deployment.chainId}.
          </Notice>
          <button type="button" className="primary" onClick={() => void switchChain()}>
            Switch the wallet to {site.deployment.network}
          </button>
        </>
      )}
      {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
      <p>
        <Link to={`/claim/${account}`}>What I can claim</Link>
      </p>
      <button
        type="button"
        onClick={() => {
          disconnect();
          onDone();
        }}
      >
        Disconnect from this page
      </button>
    </>
  );
}
