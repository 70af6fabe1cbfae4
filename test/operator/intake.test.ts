// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { openDoor } from "../../operator/http";
import { Inbox } from "../../operator/inbox";
import { postsFor } from "../../operator/posts";
import { Telemetry } from "../../operator/telemetry";
import { useFolders } from "./support";

const RECORDS = 15_000;
const MOST_RECORDS = 20_000;

describe("operator: posted metering records @uninstrumented", () => {
  const folders = useFolders();
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function open() {
    const posts = postsFor(
      new Map([
        ["submit", new Inbox(folders.path("submit"))],
        ["fees", new Inbox(folders.path("fees"))],
      ] as const),
    );
    const telemetry = new Telemetry(() => undefined);
    const well = () => ({ status: 200, body: { status: "ok" } });
    const door = await openDoor({ host: "127.0.0.1", port: 0, token: "", telemetry, posts, live: well, ready: well });
    closing.push(door.close);
    const post = async (body: unknown) => {
      const response = await fetch(`${door.url}/fees`, { method: "POST", body: JSON.stringify(body) });
      const { headers, status } = response;
      return {
        status,
        retryAfter: headers.get("retry-after"),
        body: (await response.json()) as { accepted?: string[] },
      };
    };
    return { ...door, post };
  }

  const recordsOf = (count: number, first = 0) =>
    Array.from({ length: count }, (_, index) => ({
      id: `2026-05-01.sentiment-v2.${first + index}`,
      model: "sentiment-v2",
      amount: "0.25",
    }));

  it(`accepts ${RECORDS} records in one post, and answers other requests meanwhile`, async () => {
    const { url, post } = await open();
    let isDone = false;
    let answers = 0;
    const posted = post(recordsOf(RECORDS)).finally(() => (isDone = true));
    while (!isDone) {
      expect((await fetch(`${url}/live`)).status).to.equal(200);
      answers++;
    }
    const { status, body } = await posted;

    expect(status).to.equal(202);
    expect(body.accepted).to.have.lengthOf(RECORDS);
    expect(answers).to.be.greaterThan(10);
    expect(folders.names("fees")).to.have.lengthOf(RECORDS);
    expect(folders.json(`fees/2026-05-01.sentiment-v2.${RECORDS - 1}.json`)).to.deep.equal(
      recordsOf(1, RECORDS - 1)[0],
    );
  });

  it("refuses a whole post that has too many records, and states the limit", async () => {
    const { post } = await open();
    const { status, body } = await post(recordsOf(MOST_RECORDS + 1).map(({ id }) => ({ id, model: "m", calls: 1 })));
    expect(status).to.equal(400);
    expect(body).to.deep.equal({ error: "the body has 20001 records, expected at most 20000: post them in parts." });
    expect(folders.names("fees")).to.deep.equal([]);
  });

  it("refuses a whole post if one record is malformed or if two records differ under the same id", async () => {
    const { post } = await open();
    const [first, second] = recordsOf(2);
    expect((await post([first, { ...second, amount: "-1" }])).status).to.equal(400);
    expect((await post([first, { ...first, amount: "2" }])).body).to.deep.equal({
      error: `the body has two different records with the id ${first!.id}: give each an id of its own.`,
    });
    expect(folders.names("fees")).to.deep.equal([]);
    expect((await post([first, first, second])).body.accepted).to.deep.equal(
      [first, second].map((record) => `${record!.id}.json`),
    );
  });

  it("refuses a whole post if one of its ids is waiting with a different content", async () => {
    const { post } = await open();
    const [first, second] = recordsOf(2);
    await post(first);
    const { status, body } = await post([second, { ...first, amount: "2" }]);
    expect(status).to.equal(409);
    expect(body).to.deep.equal({ error: `${first!.id}.json is waiting with another content` });
    expect(folders.names("fees")).to.deep.equal([`${first!.id}.json`]);
  });

  it("asks further callers to try again while it takes four posts", async () => {
    const { post } = await open();
    const replies = await Promise.all([...Array(12).keys()].map(async (turn) => post(recordsOf(500, turn * 500))));
    const taken = replies.filter(({ status }) => status === 202);
    const sentAway = replies.filter(({ status }) => status === 503);
    expect(taken.length).to.be.greaterThanOrEqual(4);
    expect(sentAway.length).to.be.greaterThan(0);
    expect(taken.length + sentAway.length).to.equal(12);
    for (const { retryAfter, body } of sentAway) {
      expect(retryAfter).to.equal("1");
      expect(body).to.deep.equal({ error: "4 posts are being taken, try again in 1 s" });
    }
    expect(folders.names("fees")).to.have.lengthOf(500 * taken.length);
  });
});
