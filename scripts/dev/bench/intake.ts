/**
 * `npm run bench:intake`: posts 15,000 fee records at once to the operator. Fails if that takes longer than ten seconds, or if `/live`
 * takes longer than a second meanwhile.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openDoor } from "../../../operator/http";
import { Inbox } from "../../../operator/inbox";
import { postsFor } from "../../../operator/posts";
import { Telemetry } from "../../../operator/telemetry";

/** Records in the post, and the most milliseconds that the post, and an answer meanwhile, may take. */
const [RECORDS, LONGEST_POST, LONGEST_ANSWER] = [15_000, 10_000, 1_000];

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "intake-"));
  const well = () => ({ status: 200, body: { status: "ok" } });
  const door = await openDoor({
    ...{ host: "127.0.0.1", port: 0, token: "", live: well, ready: well },
    telemetry: new Telemetry(() => undefined),
    posts: postsFor(new Map([["fees", new Inbox(folder)]])),
  });
  try {
    const body = JSON.stringify(
      Array.from({ length: RECORDS }, (_, index) => ({ id: `record-${index}`, model: "sentiment-v2", amount: "0.25" })),
    );
    let [isPosting, slowestLive] = [true, 0];
    const watch = (async () => {
      while (isPosting) {
        const asked = performance.now();
        await (await fetch(`${door.url}/live`)).text();
        slowestLive = Math.max(slowestLive, performance.now() - asked);
        await pause(10);
      }
    })();
    const start = performance.now();
    const { status } = await fetch(`${door.url}/fees`, { method: "POST", body });
    const taken = performance.now() - start;
    isPosting = false;
    await watch;
    console.table({ records: RECORDS, status, seconds: taken / 1_000, "slowest /live in ms": slowestLive });
    process.exitCode = status === 202 && taken <= LONGEST_POST && slowestLive <= LONGEST_ANSWER ? 0 : 1;
  } finally {
    await door.close();
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void main();
