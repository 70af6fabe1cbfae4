// What a model's governor can change, what is about to change, and what each key can do.

import { id } from "ethers";
import { AUTHORITY, ROLE_OF, type Caller } from "../../../../sdk/state/authority.ts";
import { pendingAt, valueAt, PARAMETERS } from "../../../../sdk/state/protocolState.ts";
import type { GovernedName } from "../chain/governing.ts";
import type { ModelFacts } from "../chain/model.ts";
import { useChain } from "../chain/chainContext.tsx";
import { inPercent, readable, spanOf, Time, wholeReserve, wholeTokens } from "../ui/figures.tsx";
import { Address, Card, Notice, DataTable } from "../ui/parts.tsx";

/** A parameter's name and value as people read them. */
export function parameterWords(name: GovernedName, symbol: string) {
  const words: Readonly<Record<GovernedName, readonly [string, (value: bigint) => string]>> = {
    tokensPerDeltaOne: ["Reward for one DeltaOne", (value) => `${readable(wholeTokens(value))} ${symbol}`],
    infrastructureAccrualBps: ["Share of fees for infrastructure", (value) => inPercent(value)],
    pricePerThousandCalls: [
      "Price of 1,000 calls",
      (value) => (value === 0n ? "not set" : `${readable(wholeReserve(value))} USDC`),
    ],
  };
  const [title, show] = words[name];
  return { title, show };
}

export function ParameterCard({ facts, now }: { readonly facts: ModelFacts; readonly now: number }) {
  const { state, symbol } = facts;
  const rows = PARAMETERS.map((name, index) => {
    const parameter = state.parameters[index as 0 | 1 | 2];
    const { title, show } = parameterWords(name, symbol);
    const pending = pendingAt(parameter, BigInt(now));
    return {
      name,
      title,
      value: show(valueAt(parameter, BigInt(now))),
      pending: pending && { ...pending, words: show(pending.value) },
    };
  });
  return (
    <Card
      title="Parameters"
      intro="The governor changes them within bounds; changes that may hurt others take two days."
    >
      {state.pendingGovernor && (
        <Notice tone="warning">
          <Address value={state.pendingGovernor.account} /> may become governor from{" "}
          <Time seconds={state.pendingGovernor.acceptableFrom} /> on.
        </Notice>
      )}
      <DataTable
        caption="Parameters and pending changes"
        rows={rows}
        keyOf={({ name }) => name}
        empty=""
        columns={[
          { name: "Parameter", isText: true, cell: ({ title }) => title },
          { name: "Now", cell: ({ value }) => value },
          {
            name: "Will be",
            isText: true,
            cell: ({ pending }) =>
              pending ? (
                <>
                  {pending.words} <small className="note">in {spanOf(Number(pending.effectiveAt) - now)}</small>
                </>
              ) : (
                "no change"
              ),
          },
        ]}
      />
      <dl className="list">
        <div className="fact">
          <dt>Licence</dt>
          <dd>
            <span className="breakable">{state.licenseURI}</span>
          </dd>
        </div>
        <div className="fact">
          <dt>Hash of the licence file</dt>
          <dd>
            <Address value={state.licenseHash} label="hash" />
          </dd>
        </div>
      </dl>
    </Card>
  );
}

/** The callers in the table of roles, with their names on the page. */
const OF_MODEL: readonly (readonly [Caller, string])[] = [
  ["governor", "Governor"],
  ["owner", "Owner"],
  ["guardian", "Guardian"],
  ["registrar", "Registrar"],
  ["admin", "Admin, a timelock"],
];

function worstOf(caller: Caller): string {
  const powers = Object.values(AUTHORITY).flatMap((contract) => Object.entries(contract));
  const names = powers.filter(([, { callers }]) => callers.includes(caller)).map(([name]) => name);
  return [...new Set(names)].join(", ");
}

export function RolesCard({ facts: { state, protocol } }: { readonly facts: ModelFacts }) {
  const { site } = useChain();
  const book = protocol.roles.get(site?.deployment.contracts.ModelRegistry.toLowerCase() ?? "");
  const holders = (caller: Caller): readonly string[] => {
    if (caller === "governor") return [state.governor];
    if (caller === "owner") return [state.owner];
    if (caller === "admin") return site ? [site.deployment.contracts.TimelockController] : [];
    if (caller !== "guardian" && caller !== "registrar") return [];
    return [...(book?.holders.get(id(ROLE_OF[caller])) ?? [])];
  };
  return (
    <Card
      title="Who can do what"
      className="wide"
      intro="Functions that each key can call; docs/roles.md says what a stolen one does at worst."
    >
      <DataTable
        caption="Roles"
        rows={OF_MODEL}
        keyOf={([caller]) => caller}
        empty=""
        columns={[
          { name: "Role", isText: true, cell: ([, name]) => name },
          {
            name: "Held by",
            isText: true,
            cell: ([caller]) => (
              <ul className="payees">
                {holders(caller).map((account) => (
                  <li key={account}>
                    <Address value={account} label="holder" />
                  </li>
                ))}
              </ul>
            ),
          },
          { name: "Can call", isText: true, cell: ([caller]) => <code className="breakable">{worstOf(caller)}</code> },
        ]}
      />
    </Card>
  );
}
