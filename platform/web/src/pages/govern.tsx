// What a model's governor can do, with a wallet or a Safe: propose and cancel changes, and hand over.

import { getAddress, isAddress } from "ethers";
import { useState } from "react";
import { pendingAt, valueAt, PARAMETERS } from "../../../../sdk/state/protocolState.ts";
import { useChain } from "../chain/chainContext.tsx";
import {
  changeForSafe,
  parseGoverned,
  sendChange,
  type GovernedChange,
  type GovernedName,
} from "../chain/governing.ts";
import type { ModelFacts } from "../chain/model.ts";
import { AtBlockNote, spanOf, Time } from "../ui/figures.tsx";
import { Address, Card, Choice, Notice, TextField } from "../ui/parts.tsx";
import { saveFile } from "../ui/save.ts";
import { TransactionStatus, useTransaction, WalletGate } from "../wallet/transaction.tsx";
import { useWallet } from "../wallet/walletContext.tsx";
import { ModelHead } from "./modelHead.tsx";
import { NoModel, useModel } from "./model.tsx";
import { parameterWords } from "./modelGovernance.tsx";

const UNITS: Readonly<Record<GovernedName, string>> = {
  tokensPerDeltaOne: "tokens",
  infrastructureAccrualBps: "%",
  pricePerThousandCalls: "USDC",
};

/** When a change takes effect in the registry. */
const DELAYS: Readonly<Record<GovernedName, string>> = {
  tokensPerDeltaOne: "Takes effect after two days.",
  infrastructureAccrualBps: "A lower share takes effect at once, a higher one after two days.",
  pricePerThousandCalls: "A higher price takes effect at once, as the first one does; a lower one after two days.",
};

export function GovernPage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params["id"] ?? "";
  const { value: facts, block, trouble } = useModel(id);
  if (facts === undefined) return <NoModel id={id} isRead={block !== undefined} trouble={trouble} />;
  return (
    <>
      <ModelHead facts={facts} />
      <p className="lead">
        The governor is <Address value={facts.state.governor} label="governor" />. A guardian can cancel a change that
        waits, too.
      </p>
      <WhoCanSend governor={facts.state.governor} />
      <div className="columns">
        <ProposalCard facts={facts} now={block?.timestamp ?? 0} />
        <div className="stack">
          <PendingCard facts={facts} now={block?.timestamp ?? 0} />
          <HandoverCard facts={facts} />
        </div>
      </div>
      <AtBlockNote block={block} />
    </>
  );
}

function WhoCanSend({ governor }: { readonly governor: string }) {
  const { account } = useWallet();
  if (account === undefined || account === governor) return null;
  return (
    <Notice tone="info">
      Your account is not the governor: you can prepare files for a governor that is a Safe, and see what the chain
      would refuse.
    </Notice>
  );
}

interface ActionsProps {
  readonly facts: ModelFacts;
  /** Undefined until a valid change is typed. */
  readonly change: GovernedChange | undefined;
  readonly name: string;
}

/** The two ways to send a change. */
function ChangeActions({ facts: { state }, change, name }: ActionsProps) {
  const { site } = useChain();
  const { signer } = useWallet();
  const { progress, run, isBusy } = useTransaction();
  const isOff = change === undefined || isBusy;
  const send = () =>
    run(async (teller) => {
      if (site === undefined || change === undefined) throw new Error("there is nothing to send");
      const block = await sendChange(site, await signer(), state.id, change, teller);
      return `Done in block ${block.toLocaleString("en")}.`;
    });
  const save = () =>
    run(async () => {
      if (site === undefined || change === undefined) throw new Error("there is nothing to save");
      const text = await changeForSafe(site, { model: state.id, governor: state.governor, name }, change);
      saveFile(`${state.modelId}-${change.kind}.json`, text);
      return "Saved. The chain would accept it from the governor now: import it in the Safe's Transaction Builder.";
    });
  return (
    <>
      <div className="actions">
        <button type="button" disabled={isOff} onClick={() => void save()}>
          File for a Safe
        </button>
      </div>
      <div className="actions">
        <WalletGate to="send it yourself">
          <button type="button" className="primary" disabled={isOff} onClick={() => void send()}>
            {name}
          </button>
        </WalletGate>
      </div>
      <TransactionStatus progress={progress} />
    </>
  );
}

function PendingCard({ facts, now }: { readonly facts: ModelFacts; readonly now: number }) {
  const { state, symbol } = facts;
  const waiting = PARAMETERS.flatMap((parameter, index) => {
    const pending = pendingAt(state.parameters[index as 0 | 1 | 2], BigInt(now));
    return pending ? [{ parameter, pending }] : [];
  });
  return (
    <Card title="Changes that wait" intro="Each can be cancelled until it takes effect.">
      {waiting.length === 0 && <p className="empty">No change waits.</p>}
      <ul className="claims">
        {waiting.map(({ parameter, pending }) => {
          const { title, show } = parameterWords(parameter, symbol);
          return (
            <li key={parameter}>
              <div>
                <p>
                  {title}: {show(pending.value)}
                </p>
                <p className="note">
                  from <Time seconds={pending.effectiveAt} /> on, in {spanOf(Number(pending.effectiveAt) - now)}
                </p>
              </div>
              <div>
                <ChangeActions facts={facts} change={{ kind: "cancel", parameter }} name="Cancel this change" />
              </div>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function ProposalCard({ facts, now }: { readonly facts: ModelFacts; readonly now: number }) {
  const { state, symbol } = facts;
  const [parameter, setParameter] = useState<GovernedName>("tokensPerDeltaOne");
  const [text, setText] = useState("");
  const { title, show } = parameterWords(parameter, symbol);
  const value = parseGoverned(parameter, text);
  const present = state.parameters[PARAMETERS.indexOf(parameter) as 0 | 1 | 2];
  return (
    <Card
      title="Change a parameter"
      intro="The chain enforces the bounds: what it would refuse is shown before anything is sent."
    >
      <Choice
        label="Parameter"
        options={PARAMETERS.map((name) => [name, parameterWords(name, symbol).title] as const)}
        value={parameter}
        onChange={(next) => {
          setParameter(next);
          setText("");
        }}
      />
      <p className="note">
        Now {show(valueAt(present, BigInt(now)))}. {DELAYS[parameter]}
      </p>
      <TextField
        label={title}
        unit={UNITS[parameter]}
        inputMode="decimal"
        value={text}
        onChange={setText}
        error={text !== "" && value === undefined ? "Type a number, such as 1000 or 12.5." : undefined}
      />
      <ChangeActions
        facts={facts}
        change={value === undefined ? undefined : { kind: "set", parameter, value }}
        name="Change it"
      />
    </Card>
  );
}

function HandoverCard({ facts }: { readonly facts: ModelFacts }) {
  const { pendingGovernor } = facts.state;
  const [text, setText] = useState("");
  const governor = isAddress(text) ? getAddress(text) : undefined;
  return (
    <Card title="Hand over" intro="The next governor must accept; changes that wait end with the handover.">
      {pendingGovernor && (
        <Notice tone="info">
          <Address value={pendingGovernor.account} label="proposed governor" /> was proposed, and can accept from{" "}
          <Time seconds={pendingGovernor.acceptableFrom} /> on.
        </Notice>
      )}
      <TextField
        label="Next governor"
        placeholder="0x…"
        value={text}
        onChange={setText}
        error={text !== "" && governor === undefined ? "Type an address: 0x and 40 hexadecimal digits." : undefined}
      />
      <ChangeActions
        facts={facts}
        change={governor === undefined ? undefined : { kind: "handover", governor }}
        name="Propose the governor"
      />
    </Card>
  );
}
