// A transaction, from the wallet's prompt to the block that includes it. Nothing is shown as done before it is.

import { useCallback, useRef, useState, type ReactNode } from "react";
import { useChain } from "../chain/chainContext.tsx";
import { Address, Notice } from "../ui/parts.tsx";
import { wordsOf } from "./words.ts";
import { Offers } from "./walletMenu.tsx";
import { useWallet } from "./walletContext.tsx";

/** How far the transaction is. */
export type SendProgress =
  | { readonly stage: "idle" }
  | { readonly stage: "asking"; readonly words: string }
  | { readonly stage: "sent"; readonly words: string; readonly hash: string }
  | { readonly stage: "done"; readonly words: string; readonly hash: string | undefined }
  | { readonly stage: "failed"; readonly words: string; readonly hash: string | undefined };

/** What a task reports as it proceeds. */
export interface Teller {
  readonly asking: (words: string) => void;
  readonly sent: (hash: string, words: string) => void;
}

/** Runs one task at a time; the task returns what was done, in words. */
export function useTransaction() {
  const { site, refresh } = useChain();
  const [progress, setProgress] = useState<SendProgress>({ stage: "idle" });
  const isRunning = useRef(false);
  const run = useCallback(
    async (task: (teller: Teller) => Promise<string>) => {
      if (isRunning.current) return;
      isRunning.current = true;
      let hash: string | undefined;
      const teller: Teller = {
        asking: (words) => setProgress({ stage: "asking", words }),
        sent: (sent, words) => {
          hash = sent;
          setProgress({ stage: "sent", words, hash: sent });
        },
      };
      try {
        setProgress({ stage: "asking", words: "Checking what the chain would do …" });
        const words = await task(teller);
        setProgress({ stage: "done", words, hash });
      } catch (error) {
        setProgress({ stage: "failed", words: await wordsOf(site?.chain.access, error), hash });
      } finally {
        isRunning.current = false;
        refresh();
      }
    },
    [site, refresh],
  );
  const isBusy = progress.stage === "asking" || progress.stage === "sent";
  return { progress, run, isBusy };
}

export function TransactionStatus({ progress }: { readonly progress: SendProgress }) {
  if (progress.stage === "idle") return null;
  const tone = progress.stage === "done" ? "good" : progress.stage === "failed" ? "bad" : "info";
  return (
    <Notice tone={tone}>
      <p>{progress.words}</p>
      {progress.stage !== "asking" && progress.hash !== undefined && (
        <p>
          Transaction <Address value={progress.hash} label="transaction hash" />
        </p>
      )}
    </Notice>
  );
}

/** Shows its children if a wallet on the right chain is connected; otherwise, what the reader has to do first. */
export function WalletGate({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const { account, isRightChain, switchChain, trouble } = useWallet();
  const { site } = useChain();
  if (account === undefined) {
    return (
      <div className="gate">
        <h3>Connect a wallet to {to}</h3>
        <Offers />
      </div>
    );
  }
  if (!isRightChain) {
    const network = site?.deployment.network ?? "the page's chain";
    return (
      <div className="gate">
        <Notice tone="warning">Your wallet is on another chain than this page, which is of {network}.</Notice>
        <button type="button" className="primary wide" onClick={() => void switchChain()}>
          Switch the wallet to {network}
        </button>
        {trouble !== undefined && <Notice tone="bad">{trouble}</Notice>}
      </div>
    );
  }
  return children;
}
