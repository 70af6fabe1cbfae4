import { expect } from "chai";
import { Problem } from "../../../sdk/base/problem";
import { PlatformClient } from "../../../sdk/platform/client";
import type { JobView } from "../../../sdk/platform/wire";
import { startStandIn, type StandIn, type StandInAnswer } from "../../../scripts/dev/world/httpServer";

const KEY = "hk_abc_0123456789abcdef";

const job = (overrides: Partial<JobView> = {}): JobView => ({
  ...{ job_id: "j1", model_id: "sentiment-v2", benchmark_spec_id: "b1", benchmark_version: 1, status: "running" },
  ...{ progress: 0, attempt: 1, evaluation_id: null, message: null, created_at: 1, started_at: null, ended_at: null },
  ...overrides,
});

const eventText = (event: string, data: JobView) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

describe("PlatformClient @uninstrumented", () => {
  let server: StandIn;
  let answers: StandInAnswer[];
  let client: PlatformClient;

  before(async () => {
    // The last answer stands for all that follow.
    server = await startStandIn(() => (answers.length > 1 ? answers.shift() : answers[0]));
  });
  after(() => server.stop());

  beforeEach(() => {
    (server.requests as unknown[]).length = 0;
    client = new PlatformClient({ url: server.url, key: KEY, tries: 3 });
  });

  const problemOf = async (doing: Promise<unknown>): Promise<Problem> => {
    const found: unknown = await doing.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(found).to.be.instanceOf(Problem);
    return found as Problem;
  };

  const sent = () => server.requests.map(({ method, path }) => `${method} ${path}`);

  describe("given a platform that answers", () => {
    it("sends the key, the encoded path and the query", async () => {
      answers = [{ body: { items: [], total: 0 } }];

      await client.models({ search: "credit & more", page: 2 });
      await client.model("a/b ?");

      expect(sent()).to.deep.equal([
        "GET /api/v1/models?search=credit+%26+more&page=2",
        "GET /api/v1/models/a%2Fb%20%3F",
      ]);
      expect(server.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
        `Bearer ${KEY}`,
        `Bearer ${KEY}`,
      ]);
    });

    it("refuses an id that would change the path", async () => {
      const { code } = await problemOf((async () => client.model(".."))());

      expect(code).to.equal("BAD_OPTION");
      expect(sent()).to.deep.equal([]);
    });

    it("reads a list page by page to its end", async () => {
      const page = (items: number[], number: number) => ({
        body: { items, total: 5, page: number, page_size: 2, block: {} },
      });
      answers = [page([1, 2], 1), page([3, 4], 2), page([5], 3)];

      const found: unknown[] = [];
      for await (const item of client.all((query) => client.listOf("m", "trades", query))) found.push(item);

      expect(found).to.deep.equal([1, 2, 3, 4, 5]);
      expect(sent()).to.deep.equal(
        [1, 2, 3].map((number) => `GET /api/v1/models/m/trades?page=${number}&page_size=200`),
      );
    });

    it("returns undefined for an empty answer", async () => {
      answers = [{ status: 204 }];

      expect(await client.deactivateBenchmark("b1")).to.equal(undefined);
    });

    it("sends predictions unchanged", async () => {
      answers = [{ status: 202, body: { job_id: "j1" } }];

      const created = await client.evaluate("m", {
        ...{ benchmark_spec_id: "b1", format: "csv" },
        examples: new Blob(["id,label\n1,0\n"]),
      });

      expect(created).to.deep.equal({ job_id: "j1" });
      const [{ method, path, headers, body }] = server.requests as [(typeof server.requests)[0]];
      expect([method, path, headers["content-type"], headers["content-length"], body.toString()]).to.deep.equal([
        ...["POST", "/api/v1/models/m/evaluate?benchmark_spec_id=b1", "text/csv", "13", "id,label\n1,0\n"],
      ]);
    });
  });

  describe("given a platform that refuses", () => {
    const failure = (status: number, code: string, fields?: object[]) => ({
      status,
      body: { error: { code, message: "it is \u001b[31mso", ...(fields && { fields }) } },
    });

    it("throws the code that the platform names, with its message escaped", async () => {
      answers = [failure(409, "ALREADY_DONE")];

      const { code, message, exitCode } = await problemOf(client.publishDraft("d1"));

      expect({ code, message, exitCode }).to.deep.equal({
        ...{ code: "ALREADY_DONE", message: "the platform: it is \\u{1b}[31mso", exitCode: 1 },
      });
    });

    for (const [status, code] of [
      [400, "BAD_OPTION"],
      [401, "BAD_KEY"],
      [403, "NOT_ALLOWED"],
      [404, "NOT_DEPLOYED"],
      [409, "CONFLICT"],
      [413, "BAD_OPTION"],
      [500, "NODE_FAILED"],
    ] as const) {
      it(`turns status ${status} with an unknown code into ${code}`, async () => {
        answers = [failure(status, "SOMETHING_NEW")];

        expect((await problemOf(client.benchmark("b1"))).code).to.equal(code);
      });
    }

    it("has a reason for each field that was refused", async () => {
      answers = [failure(400, "BAD_OPTION", [{ path: "ticker", given: '"ab"', expected: "3 to 6 letters" }])];

      const { reasons } = await problemOf(client.createBenchmark({} as never));

      expect(reasons).to.deep.equal([
        {
          ...{ code: "BAD_OPTION", message: 'ticker is "ab", expected 3 to 6 letters' },
          ...{ given: '"ab"', expected: "3 to 6 letters" },
        },
      ]);
    });

    it("reports an answer that is not from the API, and does not show the key", async () => {
      answers = [{ status: 401, body: "<html>" }];

      const { code, message } = await problemOf(client.ready());

      expect(code).to.equal("BAD_KEY");
      expect(message).to.match(/^the platform at 127\.0\.0\.1:\d+ answers with status 401 and not as an API does/);
      expect(message).not.to.contain("0123456789abcdef");
    });
  });

  describe("given a platform that is busy or silent", () => {
    it("retries as soon as it may, with the same idempotency key", async () => {
      answers = [{ status: 429, headers: { "retry-after": "0" } }, undefined, { status: 201, body: { id: "b1" } }];

      expect(await client.createBenchmark({} as never)).to.deep.equal({ id: "b1" });
      const keys = new Set(server.requests.map(({ headers }) => headers["idempotency-key"]));
      expect(server.requests).to.have.length(3);
      expect([...keys][0]).to.match(/^[0-9a-f-]{36}$/);
      expect(keys.size).to.equal(1);
    });

    it("gives up after the given number of tries", async () => {
      answers = [{ status: 503, headers: { "retry-after": "0" }, body: "" }];

      expect((await problemOf(client.ready())).code).to.equal("NODE_FAILED");
      expect(server.requests).to.have.length(3);
    });

    it("reports that nobody answers, and where", async () => {
      answers = [undefined];
      client = new PlatformClient({ url: server.url, tries: 1 });

      const { code, message } = await problemOf(client.ready());

      expect(code).to.equal("NODE_FAILED");
      expect(message).to.match(/^the platform at 127\.0\.0\.1:\d+ does not answer, no connection/);
    });

    it("waits no longer than the given time", async () => {
      answers = [() => undefined];
      client = new PlatformClient({ url: server.url, tries: 1, timeout: 50 });

      expect((await problemOf(client.ready())).message).to.contain("no answer in time");
    });

    it("stops when it is aborted", async () => {
      answers = [{ status: 503, headers: { "retry-after": "60" } }];
      const abort = new AbortController();
      client = new PlatformClient({ url: server.url, signal: abort.signal });
      const waiting = client.ready().catch((error: unknown) => (error as Error).name);
      abort.abort();

      expect(await waiting).to.equal("AbortError");
    });
  });

  describe("when it follows a job", () => {
    const streaming = (...texts: readonly string[]): StandInAnswer => {
      return (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const text of texts) response.write(text);
        response.end();
      };
    };

    it("reports the progress, and returns the end", async () => {
      const end = job({ status: "accepted", progress: 1 });
      const text = `: still here\r\n\r\n${eventText("progress", job({ progress: 0.5 }))}${eventText("end", end)}`;
      answers = [{ body: job() }, streaming(text.slice(0, 30), text.slice(30))];
      const told: number[] = [];

      expect(await client.followJob("m", "j1", ({ progress }) => told.push(progress))).to.deep.equal(end);
      expect(told).to.deep.equal([0, 0.5]);
    });

    it("asks for the status again if the stream breaks", async () => {
      const half = streaming(eventText("progress", job({ progress: 0.25 })), "event: progr");
      answers = [{ body: job() }, half, { body: job({ status: "refused", message: "too weak" }) }];

      expect((await client.followJob("m", "j1")).message).to.equal("too weak");
      expect(sent()).to.deep.equal([
        "GET /api/v1/models/m/evaluations/j1/status",
        "GET /api/v1/models/m/evaluations/j1/events",
        "GET /api/v1/models/m/evaluations/j1/status",
      ]);
    });

    it("sends nothing more for a job that has ended", async () => {
      answers = [{ body: job({ status: "cancelled" }) }];

      expect((await client.followJob("m", "j1")).status).to.equal("cancelled");
      expect(server.requests).to.have.length(1);
    });
  });

  it("refuses an invalid address", () => {
    expect(() => new PlatformClient({ url: "file:///etc/passwd" }))
      .to.throw(Problem)
      .with.property("code", "BAD_OPTION");
  });
});
