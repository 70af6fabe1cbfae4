// Everything about a new model on one page, and the one signature that deploys it.

import { useChain, useReading } from "../chain/chainContext.tsx";
import { readLaunchRights, sendLaunch, type LaunchDraft } from "../chain/launch.ts";
import { useLocation } from "../router.tsx";
import { DIRECTION_WORDS } from "../service/drafts.ts";
import { useService } from "../service/serviceContext.tsx";
import type { DraftKeeping } from "../service/useDraft.ts";
import { Datum, readable } from "../ui/figures.tsx";
import { Address, Notice } from "../ui/parts.tsx";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";

interface ReviewProps {
  readonly draft: LaunchDraft;
  readonly keeping: DraftKeeping;
}

export function ReviewStep({ draft, keeping }: ReviewProps) {
  const { site } = useChain();
  const { go } = useLocation();
  const { hasKey } = useService();
  const { account, signer } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const rights = useReading(account && `rights ${account} ${draft.modelId}`, (at) =>
    readLaunchRights(at, account ?? "", draft.modelId),
  ).value;
  const { kept } = keeping;
  const isFollowed = kept !== undefined && hasKey;
  const send = () =>
    run(async (teller) => {
      if (site === undefined) throw new Error("there is no chain");
      if (isFollowed) {
        teller.asking("Publishing the draft …");
        await keeping.publish();
      }
      const block = await sendLaunch(site, await signer(), draft, teller);
      go(isFollowed ? `/proposals/${kept.id}?sent=1` : `/create?created=${encodeURIComponent(draft.modelId)}`);
      return `Created in block ${block.toLocaleString("en")}.`;
    });
  return (
    <>
      <Summary draft={draft} />
      <Notice tone="info">
        Allocations, recipient and id can never be changed. Nothing is minted now; the operator registers the benchmark
        and opens the pool.
      </Notice>
      {!isFollowed && (
        <Notice tone="warning">
          No draft of this is saved on the platform. Its operator registers only models whose drafts it has: save one
          beside this before you create the model.
        </Notice>
      )}
      {rights?.isFree === false && <Notice tone="bad">There is already a model with this id: choose another.</Notice>}
      {rights?.mayDeploy === false && (
        <Notice tone="warning">Your account is not admitted to create models: ask the operator to admit it.</Notice>
      )}
      <WalletGate to="create the model">
        <button
          type="button"
          className="primary wide"
          disabled={isBusy || rights?.isFree !== true || !rights.mayDeploy}
          onClick={() => void send()}
        >
          Create {draft.symbol}
        </button>
      </WalletGate>
      <TransactionStatus progress={progress} />
    </>
  );
}

function Summary({ draft }: { readonly draft: LaunchDraft }) {
  return (
    <dl className="list">
      <Datum name="Id">{draft.modelId}</Datum>
      <Datum name="Name and ticker">
        {draft.name} {draft.symbol}
      </Datum>
      <Datum name="Category">{draft.category}</Datum>
      <Datum name="Metric">
        {draft.metric}, {DIRECTION_WORDS[draft.direction]}
      </Datum>
      <Datum name="Its value now">{draft.currentValue}</Datum>
      <Datum name="Target">{draft.targetValue === "" ? "none" : draft.targetValue}</Datum>
      <Datum name="Supplier">{readable(Number(draft.supplier))} tokens</Datum>
      <Datum name="Investors, at most">{readable(Number(draft.investor))} tokens</Datum>
      <Datum name="Reward for one DeltaOne">{readable(Number(draft.tokensPerDeltaOne))} tokens</Datum>
      <Datum name="Fees for infrastructure">{draft.infrastructurePercent} %</Datum>
      <Datum name="Price of 1,000 calls">
        {Number(draft.pricePerThousandCalls) === 0 ? "not set" : `${draft.pricePerThousandCalls} USDC`}
      </Datum>
      <Datum name="Licence">
        <span className="breakable">{draft.licenceUri}</span> <Address value={draft.licenceHash} label="hash" />
      </Datum>
      <Datum name="Recipient and owner">
        <Address value={draft.recipient} />
      </Datum>
      <Datum name="Governor">
        <Address value={draft.governor} />
      </Datum>
    </dl>
  );
}
