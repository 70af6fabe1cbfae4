// What pages say about the platform's API: that it does not answer, that its indexer is behind, and where to type its key.

import type { ReactNode } from "react";
import { Notice, TextField } from "../ui/parts.tsx";
import { useService } from "./serviceContext.tsx";

/** The number of blocks that the indexer may be behind without a notice. */
const UNNOTICED = 2;

/**
 * Says that the API does not answer or is behind; shows nothing otherwise. `what` names, in the plural, what the page shows from the API.
 */
export function ServiceNotice({ what }: { readonly what: string }) {
  const { state } = useService();
  if (state.kind === "away")
    return (
      <Notice tone="warning">
        The platform&apos;s API does not answer: {what} wait until it does. Everything else comes from the chain and
        goes on. The page tries again by itself.
      </Notice>
    );
  if (state.kind === "up" && state.behind > UNNOTICED)
    return (
      <Notice tone="warning">
        The platform&apos;s indexer is {state.behind.toLocaleString("en")} blocks behind the chain: {what} are those of
        block {state.indexed.toLocaleString("en")}. It catches up by itself.
      </Notice>
    );
  return null;
}

/** Content that needs the API, shown once the API has answered. */
export function WhereServed({ what, children }: { readonly what: string; readonly children: ReactNode }) {
  const { state } = useService();
  return (
    <>
      <ServiceNotice what={what} />
      {state.kind === "up" && children}
    </>
  );
}

/** The field for the API key. */
export function KeyField() {
  const { apiKey, hasKey, setApiKey } = useService();
  return (
    <TextField
      label="Platform key"
      type="password"
      value={apiKey}
      placeholder="hk_…"
      onChange={setApiKey}
      hint="Whoever runs this platform gives it to you. It stays in this tab, and is forgotten with it."
      error={apiKey === "" || hasKey ? undefined : "Expected hk_ and the two parts of a key, as it was given to you."}
    />
  );
}
