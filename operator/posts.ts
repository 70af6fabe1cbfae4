// SPDX-License-Identifier: MIT
// What may be posted: what could as well be dropped into a folder of a duty.

import { setImmediate as others } from "node:timers/promises";
import { Problem } from "../sdk/base/problem";
import { readJson } from "../sdk/schemas/json";
import type { DutyName } from "./config";
import { formatMeteringRecord, readMeteringRecord } from "./duties/records";
import { nameOfBundle } from "./duties/submit";
import type { Reply, TakePost } from "./http";
import type { Inbox } from "./inbox";

/** The most records in a post. */
const MOST_RECORDS = 20_000;

/** How many records are read before other work gets a turn, which takes some milliseconds. */
const AT_A_TIME = 250;

/** The handlers of posts, by path, which put them into the folders of the duties that have one. */
export function postsFor(inboxes: ReadonlyMap<DutyName, Inbox>): Map<string, TakePost> {
  const posts = new Map<string, TakePost>();
  const [bundles, fees] = [inboxes.get("submit"), inboxes.get("fees")];
  if (bundles) posts.set("/bundles", async (text) => store(bundles, new Map([[nameOfBundle(text), text]])));
  if (fees) posts.set("/fees", async (text) => takeRecords(fees, text));
  return posts;
}

async function takeRecords(inbox: Inbox, text: string): Promise<Reply> {
  const entries = [readJson("the body", text)].flat();
  if (entries.length > MOST_RECORDS)
    throw new Problem(
      "BAD_FILE",
      `the body has ${entries.length} records, expected at most ${MOST_RECORDS}: post them in parts.`,
    );
  const files = new Map<string, string>();
  for (const [index, entry] of entries.entries()) {
    if (index % AT_A_TIME === 0) await others();
    const record = readMeteringRecord("the record", entry);
    const [name, content] = [`${record.id}.json`, formatMeteringRecord(record)];
    if ((files.get(name) ?? content) !== content)
      throw new Problem(
        "BAD_FILE",
        `the body has two different records with the id ${record.id}: give each an id of its own.`,
      );
    files.set(name, content);
  }
  return store(inbox, files);
}

/** Stores all files, or reports a name that waits with other content. */
async function store(inbox: Inbox, files: ReadonlyMap<string, string>): Promise<Reply> {
  const taken = await inbox.store(files);
  if (taken !== undefined) return { status: 409, body: { error: `${taken} is waiting with another content` } };
  return { status: 202, body: { accepted: [...files.keys()] } };
}
