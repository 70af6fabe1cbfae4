// The platform's copy of a model that is being typed.

import { useEffect, useRef } from "react";
import type { DraftView } from "../../../../sdk/platform/wire.ts";
import type { LaunchDraft } from "../chain/launch.ts";
import { draftInputOf, isKeptAs, typedOf } from "./drafts.ts";
import { useKept, useService } from "./serviceContext.tsx";

/** How what is typed is kept. */
export interface DraftKeeping {
  readonly kept: DraftView | undefined;
  readonly trouble: string | undefined;
  /** Whether the platform keeps just what is typed. */
  readonly isUpToDate: boolean;
  /** Keeps what is typed, if it is not kept already. */
  readonly save: () => Promise<DraftView>;
  /** Saves and publishes it: PROPOSAL. */
  readonly publish: () => Promise<DraftView>;
}

interface DraftListener {
  readonly onRead: (typed: Partial<LaunchDraft>) => void;
  readonly onMade: (id: string) => void;
}

/** Keeps what is typed as the draft of an id, or as a new one; what was kept before is taken over once. */
export function useDraft(id: string | null, draft: LaunchDraft, { onRead, onMade }: DraftListener): DraftKeeping {
  const { client } = useService();
  const { value, trouble, again } = useKept(id === null ? undefined : `draft ${id}`, (at) => at.draft(id ?? ""));
  const known = useRef<string | undefined>(undefined);
  useEffect(() => {
    // What is typed afterwards stays.
    if (value === undefined || known.current === value.id) return;
    known.current = value.id;
    onRead(typedOf(value));
  });
  const save = async () => {
    const present = id === null ? undefined : await client.draft(id);
    if (present !== undefined && isKeptAs(present, draft)) return present;
    const input = draftInputOf(draft);
    const kept = present ? await client.updateDraft(present.id, input) : await client.createDraft(input);
    known.current = kept.id;
    if (kept.id === id) again();
    else onMade(kept.id);
    return kept;
  };
  const publish = async () => {
    const saved = await save();
    const published = saved.status === "DRAFT" ? await client.publishDraft(saved.id) : saved;
    again();
    return published;
  };
  return { kept: value, trouble, isUpToDate: value !== undefined && isKeptAs(value, draft), save, publish };
}
