// Everything that an address can claim or release.

import { Contract, getAddress, isAddress, VoidSigner } from "ethers";
import { useState, type ReactNode } from "react";
import { contractAt } from "../../../../sdk/client/access.ts";
import { confirm, receiptOf } from "../../../../sdk/client/confirm.ts";
import type { TokenManager } from "../../../../sdk/client/contracts.ts";
import { releaseCall } from "../../../../sdk/client/payouts.ts";
import { claim } from "../../../../sdk/statements/claim.ts";
import { readClaims, treeOf, type Claims } from "../../../../sdk/schemas/claims.ts";
import { useChain, useReading } from "../chain/chainContext.tsx";
import { readClaimable, VESTING_ABI, type OwnPayout, type Vesting } from "../chain/claimable.ts";
import { Link, useLocation } from "../router.tsx";
import { AtBlockNote, inPercent, readable, Time, TokenAmount, wholeTokens } from "../ui/figures.tsx";
import { Address, Card, Loading, Notice, TextField } from "../ui/parts.tsx";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";
import { wordsOf } from "../wallet/words.ts";
import { payoutWords } from "./payoutTable.tsx";

export function ClaimPage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const { go } = useLocation();
  const wallet = useWallet();
  const named = params["account"] ?? "";
  const account = isAddress(named) ? getAddress(named) : named === "" ? wallet.account : undefined;
  const [text, setText] = useState(named);
  return (
    <>
      <h1>Claim</h1>
      <p className="lead">
        Rewards that wait, the supplier&apos;s tokens that vest, and shares in rewards with many contributors. Anyone
        may send these transactions; the tokens go to whom they are owed.
      </p>
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          if (isAddress(text)) go(`/claim/${getAddress(text)}`);
        }}
      >
        <TextField
          label="Address"
          value={text}
          placeholder={wallet.account ?? "0x…"}
          onChange={setText}
          error={text !== "" && !isAddress(text) ? "Type an address: 0x and 40 hexadecimal digits." : undefined}
        />
        <button type="submit" disabled={!isAddress(text)}>
          Look it up
        </button>
      </form>
      {account === undefined ? (
        <Notice tone="info">
          {named === ""
            ? "Connect a wallet, or type an address, to see what it can claim."
            : `${named} is not an address: type one above.`}
        </Notice>
      ) : (
        <Claimable key={account} account={account} />
      )}
    </>
  );
}

function Claimable({ account }: { readonly account: string }) {
  const reading = useReading(`claimable ${account}`, (site, at) => readClaimable(site, at, account));
  const { value, block, trouble } = reading;
  const { canSend } = useWallet();
  const now = block?.timestamp ?? 0;
  if (value === undefined)
    return trouble === undefined ? <Loading what="rewards" /> : <Notice tone="bad">{trouble}</Notice>;
  const { payouts, vesting } = value;
  return (
    <>
      <p>
        For <Address value={account} />
      </p>
      {trouble !== undefined && <Notice tone="warning">{trouble}</Notice>}
      {!canSend && (
        <Card title="To claim or release">
          <WalletGate to="send transactions">{null}</WalletGate>
        </Card>
      )}
      <div className="columns">
        <Card title="Rewards" intro="Each waits in public before anyone can release it.">
          {payouts.length === 0 && <p className="empty">No reward names this address.</p>}
          <ul className="claims">
            {[...payouts].reverse().map((own) => (
              <PayoutItem key={own.payout.evaluationId} own={own} now={now} />
            ))}
          </ul>
        </Card>
        <Card title="Vesting" intro="Supplier allocations that a wallet releases by and by.">
          {vesting.length === 0 && <p className="empty">No vesting wallet is owned by this address.</p>}
          <ul className="claims">
            {vesting.map((each) => (
              <VestingItem key={each.wallet} vesting={each} />
            ))}
          </ul>
        </Card>
        <SharesCard account={account} />
      </div>
      <AtBlockNote block={block} />
    </>
  );
}

function Item({
  title,
  modelId,
  children,
}: {
  readonly title: ReactNode;
  readonly modelId: string;
  readonly children: ReactNode;
}) {
  return (
    <div>
      <p>
        {title} of <Link to={`/models/${encodeURIComponent(modelId)}`}>{modelId}</Link>
      </p>
      {children}
    </div>
  );
}

function PayoutItem({ own: { model, payout, own, symbol }, now }: { readonly own: OwnPayout; readonly now: number }) {
  const { site } = useChain();
  const { signer, canSend } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const release = () =>
    run(async ({ asking, sent }) => {
      if (site === undefined) throw new Error("there is no chain");
      const { access } = site.chain;
      const manager = await contractAt<TokenManager>(access, "TokenManager", site.deployment.contracts.TokenManager);
      const sender = await signer();
      const call = releaseCall(payout);
      await manager.connect(new VoidSigner(sender.address, site.provider)).releasePayout.staticCall(...call);
      asking("Confirm the release in your wallet.");
      const transaction = await manager.connect(sender).releasePayout(...call);
      sent(transaction.hash, "Sent. Waiting for a block that holds it …");
      const { blockNumber } = await receiptOf("release", Promise.resolve(transaction));
      return `Released in block ${blockNumber.toLocaleString("en")}: ${readable(wholeTokens(own))} ${symbol} are yours.`;
    });
  return (
    <li>
      <Item title={<TokenAmount wei={own} symbol={symbol} />} modelId={model.modelId}>
        <p className="note">
          For {inPercent(payout.candidateScore - payout.baselineScore, true)}; {payoutWords(payout, now)}
          {payout.status === "waits" && (
            <>
              , until <Time seconds={payout.releasableFrom} />
            </>
          )}
        </p>
      </Item>
      {payout.status === "due" && (
        <button type="button" className="primary" disabled={isBusy || !canSend} onClick={() => void release()}>
          Release
        </button>
      )}
      <TransactionStatus progress={progress} />
    </li>
  );
}

function VestingItem({ vesting }: { readonly vesting: Vesting }) {
  const { model, symbol, wallet, releasable, released, held, end } = vesting;
  const { signer, canSend } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const release = () =>
    run(async ({ asking, sent }) => {
      asking("Confirm the release in your wallet.");
      const contract = new Contract(wallet, VESTING_ABI, await signer());
      const transaction = await contract.getFunction("release")(model.token);
      sent(transaction.hash, "Sent. Waiting for a block that holds it …");
      await confirm("release", Promise.resolve(transaction));
      return `Released: what has vested of ${symbol} is yours.`;
    });
  return (
    <li>
      <Item title={<TokenAmount wei={releasable} symbol={symbol} />} modelId={model.modelId}>
        <p className="note">
          can be released of {readable(wholeTokens(held))} {symbol} that are held; {readable(wholeTokens(released))}{" "}
          were released; the last vests <Time seconds={end} />
        </p>
      </Item>
      {releasable > 0n && (
        <button type="button" className="primary" disabled={isBusy || !canSend} onClick={() => void release()}>
          Release
        </button>
      )}
      <TransactionStatus progress={progress} />
    </li>
  );
}

/** Shares in a reward with many contributors: their list is a file that whoever submitted the improvement published. */
function SharesCard({ account }: { readonly account: string }) {
  const { site } = useChain();
  const { signer, canSend } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const [file, setFile] = useState<{ readonly name: string; readonly claims: Claims }>();
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
  const send = () =>
    run(async ({ asking }) => {
      if (site === undefined || file === undefined) throw new Error("there is no file");
      asking("Confirm the claim in your wallet.");
      const { payments } = await claim(site.chain, [file], await signer(), {
        account,
        fromBlock: site.deployment.firstBlock,
      });
      const total = payments.reduce((sum, { amount }) => sum + amount, 0n);
      return `Claimed ${readable(wholeTokens(total))} tokens of ${file.claims.modelId}.`;
    });
  return (
    <Card
      title="Shares in a list"
      className="wide"
      intro="Where many contributed, the chain holds only the root of their list. Choose the claims file that was published with the improvement; its root is checked, and nothing is uploaded."
    >
      <label className="file">
        Claims file
        <input type="file" accept=".json,application/json" onChange={(event) => void open(event.target.files?.[0])} />
      </label>
      {words !== undefined && <Notice tone="bad">{words}</Notice>}
      {file !== undefined && (
        <>
          <p>
            {file.claims.contributors.length.toLocaleString("en")} contributors to {file.claims.modelId}; root{" "}
            <Address value={file.claims.contributorsRoot} label="root" />
          </p>
          <button type="button" className="primary" disabled={isBusy || !canSend} onClick={() => void send()}>
            Claim this share
          </button>
        </>
      )}
      <TransactionStatus progress={progress} />
    </Card>
  );
}
