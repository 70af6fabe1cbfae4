// The platform's copy of a model that is being typed.

import { useEffect, useRef } from "react";
import type { DraftView } from "../../../../sdk/platform/wire.ts";
import type { LaunchDraft } from "../chain/launch.ts";
import { draftInputOf, isKeptAs, typedOf } from "./drafts.ts";
import { useKept, useService } from "./serviceContext.tsx";

/** The platform's copy, and how to save and publish it. */
export interface DraftKeeping {
  readonly kept: DraftView | undefined;
  readonly trouble: string | undefined;
  /** Whether the platform keeps exactly what is typed. */
  readonly isUpToDate: boolean;
  /** Saves what is typed, unless it is saved already. */
  readonly save: () => Promise<DraftView>;
  /** Saves the draft and publishes it as a PROPOSAL. */
  readonly publish: () => Promise<DraftView>;
}

interface DraftListener {
  readonly onRead: (typed: Partial<LaunchDraft>) => void;
  readonly onMade: (id: string) => void;
}

/** Saves what is typed as the draft with the given id, or as a new one. The saved draft is loaded into the form once. */
export function useDraft(id: string | null, draft: LaunchDraft, { onRead, onMade }: DraftListener): DraftKeeping {
  const { client } = useService();
  const { value, trouble, again } = useKept(id === null ? undefined : `draft ${id}`, (at) => at.draft(id ?? ""));
  const known = useRef<string | undefined>(undefined);
  useEffect(() => {
    // Loaded only once, so that later edits are kept.
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
