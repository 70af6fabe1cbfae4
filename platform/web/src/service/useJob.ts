// Follows an evaluation on the platform to its end, by its server-sent events.

import { useEffect, useState } from "react";
import type { EvaluationDocument } from "../../../../sdk/evaluation/document.ts";
import type { JobView } from "../../../../sdk/platform/wire.ts";
import { wordsOf } from "../wallet/words.ts";
import { clientWith } from "./serviceContext.tsx";

/** What is known about a job. */
export interface FollowedJob {
  readonly job: JobView | undefined;
  /** Once the job is accepted or refused. */
  readonly document: EvaluationDocument | undefined;
  readonly trouble: string | undefined;
}

const NOTHING: FollowedJob = { job: undefined, document: undefined, trouble: undefined };

/** Follows a job; a new value of `turn` starts over after trouble. */
export function useJob(modelId: string, jobId: string | null, turn: number): FollowedJob {
  const [followed, setFollowed] = useState<FollowedJob & { readonly of: string }>();
  const of = `${modelId} ${jobId ?? ""}`;

  useEffect(() => {
    if (jobId === null) return;
    const leaving = new AbortController();
    const client = clientWith("", leaving.signal);
    const set = (change: Partial<FollowedJob>) => {
      if (leaving.signal.aborted) return;
      setFollowed((last) => ({ ...(last?.of === of ? last : NOTHING), trouble: undefined, ...change, of }));
    };
    const follow = async () => {
      const job = await client.followJob(modelId, jobId, (present) => set({ job: present }));
      set({ job });
      if (job.evaluation_id !== null) set({ document: (await client.jobDocument(modelId, jobId)).document });
    };
    follow().catch(async (error: unknown) => set({ trouble: await wordsOf(undefined, error) }));
    return () => leaving.abort();
  }, [modelId, jobId, of, turn]);

  return followed?.of === of ? followed : NOTHING;
}
