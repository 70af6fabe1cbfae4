import { expect } from "chai";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApi } from "../../api/app";
import { ask, refusalIn, useApi } from "./support";

const PATH = "/api/mlflow/api/2.0/mlflow-artifacts/artifacts/1/model.pkl";

describe("API: access to MLflow", () => {
  const world = useApi();
  let server: Server;
  let mlflow: string;
  const seen: { method: string; url: string; body: string; authorization: string | undefined }[] = [];

  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("error", () => undefined);
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        seen.push({ method, url, body, authorization: headers.authorization });
        response.writeHead(201, { "content-type": "application/json", "x-secret": "kept" }).end('{"ok":true}');
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    mlflow = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => seen.splice(0));
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const through = (limits = {}) => ({ app: createApi({ ...world.parts, mlflow, limits }) });

  it("passes on method, path, query, body and answer, but not the platform's key", async () => {
    const answer = await ask(through(), "PUT", `${PATH}?a=b`, { key: world.keys.alice, body: { any: "thing" } });

    expect([answer.status, answer.body, answer.headers.get("x-secret")]).to.deep.equal([201, { ok: true }, null]);
    expect(seen).to.deep.equal([
      {
        method: "PUT",
        url: "/api/2.0/mlflow-artifacts/artifacts/1/model.pkl?a=b",
        body: '{"any":"thing"}',
        authorization: undefined,
      },
    ]);
  });

  it("refuses a request without a key, and passes nothing on", async () => {
    expect(refusalIn(await ask(through(), "GET", PATH))).to.equal("401 BAD_KEY");
    expect(seen).to.deep.equal([]);
  });

  it("refuses a body that is too large, and passes nothing on", async () => {
    const sending = { key: world.keys.alice, body: { any: "x".repeat(1_000) } };
    expect(refusalIn(await ask(through({ artifact: 100 }), "PUT", PATH, sending))).to.equal("413 BAD_OPTION");
    expect(seen).to.deep.equal([]);
  });

  it("reports a server that is not configured or does not answer", async () => {
    const key = world.keys.alice;
    expect(refusalIn(await ask(world, "GET", PATH, { key }))).to.equal("503 NODE_FAILED");
    const app = createApi({ ...world.parts, mlflow: "http://127.0.0.1:1" });
    expect(refusalIn(await ask({ app }, "GET", PATH, { key }))).to.equal("502 NODE_FAILED");
  });
});
