// Everything that an address can claim or release.

import { Contract, getAddress, isAddress, VoidSigner } from "ethers";
import { useState, type ReactNode } from "react";
import { contractAt } from "../../../../sdk/client/access.ts";
import { confirm, receiptOf } from "../../../../sdk/client/confirm.ts";
import type { TokenManager } from "../../../../sdk/client/contracts.ts";
import { releaseCall } from "../../../../sdk/client/payouts.ts";
import { useChain, useReading } from "../chain/chainContext.tsx";
import { readClaimable, VESTING_ABI, type OwnPayout, type Vesting } from "../chain/claimable.ts";
import { Link, useLocation } from "../router.tsx";
import { AtBlockNote, inPercent, readable, Time, TokenAmount, wholeTokens } from "../ui/figures.tsx";
import { Address, Card, Loading, Notice, TextField } from "../ui/parts.tsx";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";
import { payoutWords } from "./payoutTable.tsx";
import { SharesCard } from "./shares.tsx";

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
        <Card title="Vesting" intro="Supplier allocations that a wallet releases gradually.">
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
      sent(transaction.hash, "Sent. Waiting for a block that includes it …");
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
      sent(transaction.hash, "Sent. Waiting for a block that includes it …");
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
