// Shares in rewards with many contributors. The chain holds only the root of their list. The platform keeps a list if somebody has uploaded
// it; a reader who has the file needs no platform.

import { useState } from "react";
import type { ClaimableAnswer } from "../../../../sdk/platform/chainWire.ts";
import { Problem } from "../../../../sdk/base/problem.ts";
import { readClaims, treeOf, type Claims } from "../../../../sdk/schemas/claims.ts";
import { claim } from "../../../../sdk/statements/claim.ts";
import { useChain } from "../chain/chainContext.tsx";
import { Link } from "../router.tsx";
import { WhereServed } from "../service/parts.tsx";
import { useKept, useService } from "../service/serviceContext.tsx";
import { readable, TokenAmount, wholeTokens } from "../ui/figures.tsx";
import { Address, Card, Loading, Notice } from "../ui/parts.tsx";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";
import { wordsOf } from "../wallet/words.ts";

interface NamedList {
  readonly name: string;
  readonly claims: Claims;
}

export function SharesCard({ account }: { readonly account: string }) {
  return (
    <Card
      title="Shares in a list"
      className="wide"
      intro="Where many contributed, the chain holds only the root of their list. A list is used only if its root is the one on chain."
    >
      <WhereServed what="the lists that it keeps">
        <KeptShares account={account} />
      </WhereServed>
      <FileShare account={account} />
    </Card>
  );
}

/** Sends the claim of a share in a list, and reports what was paid. */
function useClaim(account: string) {
  const { site } = useChain();
  const { signer, canSend } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const send = (read: () => Promise<NamedList>) =>
    run(async ({ asking }) => {
      if (site === undefined) throw new Error("there is no chain");
      const list = await read();
      asking("Confirm the claim in your wallet.");
      const { firstBlock: fromBlock } = site.deployment;
      const { payments } = await claim(site.chain, [list], await signer(), { account, fromBlock });
      const total = payments.reduce((sum, { amount }) => sum + amount, 0n);
      return `Claimed ${readable(wholeTokens(total))} tokens of ${list.claims.modelId}.`;
    });
  return { send, progress, isBusy, canSend };
}

type Share = ClaimableAnswer["claims"][number];

/** The shares of the address in the lists that the platform keeps. */
function KeptShares({ account }: { readonly account: string }) {
  const { value, trouble } = useKept(`claimable ${account}`, (client) => client.claimable(account));
  if (value === undefined)
    return trouble === undefined ? <Loading what="lists" /> : <Notice tone="warning">{trouble}</Notice>;
  const shares = [...value.claims].reverse();
  if (shares.length === 0) return <p className="empty">No list that the platform keeps names this address.</p>;
  return (
    <ul className="claims">
      {shares.map((share) => (
        <ShareItem key={`${share.distribution_id} ${share.index}`} share={share} account={account} />
      ))}
    </ul>
  );
}

function ShareItem({ share, account }: { readonly share: Share; readonly account: string }) {
  const { client } = useService();
  const { send, progress, isBusy, canSend } = useClaim(account);
  const read = async (): Promise<NamedList> => {
    const name = "the platform's list";
    const claims = readClaims(name, JSON.stringify(await client.claimsFile(share.root)));
    if (claims.contributorsRoot.toLowerCase() !== share.root)
      throw new Problem("CONFLICT", `${name} is that of another root: ask its contributors for the file.`);
    return { name, claims };
  };
  return (
    <li>
      <div>
        <p>
          <TokenAmount wei={BigInt(share.amount)} symbol="tokens" /> of{" "}
          <Link to={`/models/${encodeURIComponent(share.model_id)}`}>{share.model_id}</Link>
        </p>
        <p className="note">
          Share {share.index + 1} in the list of root <Address value={share.root} label="root" />
          {share.is_claimed && "; claimed"}
        </p>
      </div>
      {!share.is_claimed && (
        <button type="button" className="primary" disabled={isBusy || !canSend} onClick={() => void send(read)}>
          Claim
        </button>
      )}
      <TransactionStatus progress={progress} />
    </li>
  );
}

/** A share in a list that the reader has as a file. */
function FileShare({ account }: { readonly account: string }) {
  const { site } = useChain();
  const { send, progress, isBusy, canSend } = useClaim(account);
  const [file, setFile] = useState<NamedList>();
  const [words, setWords] = useState<string>();
  const open = async (chosen: File | undefined) => {
    setFile(undefined);
    setWords(undefined);
    if (chosen === undefined) return;
    try {
      const claims = readClaims(chosen.name, await chosen.text());
      const { leaves } = treeOf(chosen.name, claims);
      if (!leaves.some((leaf) => leaf.account === account))
        setWords(`This address is not among the ${leaves.length} contributors in ${chosen.name}.`);
      else setFile({ name: chosen.name, claims });
    } catch (error) {
      setWords(await wordsOf(site?.chain.access, error));
    }
  };
  return (
    <details>
      <summary>Claim with a file of your own</summary>
      <label className="file">
        Claims file; it is not uploaded
        <input type="file" accept=".json,application/json" onChange={(event) => void open(event.target.files?.[0])} />
      </label>
      {words !== undefined && <Notice tone="bad">{words}</Notice>}
      {file !== undefined && (
        <>
          <p>
            {file.claims.contributors.length.toLocaleString("en")} contributors to {file.claims.modelId}; root{" "}
            <Address value={file.claims.contributorsRoot} label="root" />
          </p>
          <WalletGate to="claim this share">
            <button
              type="button"
              className="primary"
              disabled={isBusy || !canSend}
              onClick={() => void send(async () => file)}
            >
              Claim this share
            </button>
          </WalletGate>
        </>
      )}
      <TransactionStatus progress={progress} />
    </details>
  );
}
