// Follows an evaluation job to its end.

import { printed } from "../base/printed.ts";
import { Problem } from "../base/problem.ts";
import type { ApiConnection } from "./apiConnection.ts";
import { bodyPieces } from "./http.ts";
import { serverEvents } from "./serverEvents.ts";
import type { JobStatus, JobView } from "./wire.ts";

const ENDED: ReadonlySet<JobStatus> = new Set(["accepted", "refused", "failed", "cancelled"]);

/** The time without any data after which an event stream is opened again, in milliseconds. */
const QUIET_TIMEOUT = 60_000;

/** The number of successive event streams that may end without an event. */
const QUIET_STREAMS = 5;

/** Waits for the end of the job at a path; see {@link PlatformClient.followJob}. */
export async function followJob(
  api: ApiConnection,
  path: string,
  onProgress: (job: JobView) => void,
): Promise<JobView> {
  for (let quiet = 1; ; quiet++) {
    const present = await api.get<JobView>(`${path}/status`);
    if (ENDED.has(present.status)) return present;
    onProgress(present);
    for await (const next of jobEvents(api, path)) {
      if (ENDED.has(next.status)) return next;
      onProgress(next);
      quiet = 0;
    }
    if (quiet >= QUIET_STREAMS) break;
    await api.service.rest(quiet + 1);
  }
  throw new Problem("NODE_FAILED", `the platform no longer reports on ${printed(path)}: ask for its status later.`);
}

async function* jobEvents({ service, signal }: ApiConnection, path: string): AsyncGenerator<JobView> {
  const quiet = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet.abort(), QUIET_TIMEOUT);
  };
  try {
    wait();
    const headers = { accept: "text/event-stream" };
    const answer = await service.open({ method: "GET", path: `${path}/events`, headers }, quiet.signal);
    if (!answer.ok) return;
    for await (const { event, data } of serverEvents(bodyPieces(answer))) {
      wait();
      if (event === "progress" || event === "end") yield JSON.parse(data) as JobView;
    }
  } catch {
    // The stream broke. The caller asks for the job's status next, which reveals what is wrong.
    signal?.throwIfAborted();
  } finally {
    clearTimeout(timer);
    quiet.abort();
  }
}
