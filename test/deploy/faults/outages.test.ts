import { expect } from "chai";
import type { Fault, RpcRequest } from "../../../scripts/dev/world/faultyRpc";
import { differences, startNetwork, TIMEOUT, type Network, type State } from "../../../scripts/dev/world/publicNetwork";
import { inFull, isComplete, SENT_BY } from "./support";

const hostOf = ({ rpc }: Network) => new URL(rpc.url).host;

const pass: Fault = { kind: "pass" };

/** What an endpoint does when it fails, and what is said when that lasts. */
const OUTAGES: Record<string, { fault: Fault; words: string }> = {
  "breaks connections before the chain hears of the request": {
    fault: { kind: "drop" },
    words: "HOST: no connection (UND_ERR_SOCKET)",
  },
  "breaks connections before the answer": {
    fault: { kind: "dropAnswer" },
    words: "HOST: no connection (UND_ERR_SOCKET)",
  },
  "does not answer in time": { fault: { kind: "hang" }, words: `HOST: no answer within ${TIMEOUT / 1000} s` },
  "answers 429": { fault: { kind: "status", status: 429 }, words: "HOST: status 429" },
  "answers 500": { fault: { kind: "status", status: 500 }, words: "HOST: status 500" },
  "answers 503": { fault: { kind: "status", status: 503 }, words: "HOST: status 503" },
  "says that a limit is exceeded": {
    fault: { kind: "error", error: { code: -32_005, message: "daily request count exceeded" } },
    words: "daily request count exceeded",
  },
};

/** What the next run says when it finds what Ignition began; a launch looks at the chain alone. */
const FIRST_WAITS: Record<string, string[]> = {
  Ignition: ["IGN411: An error occurred while trying to send a transaction for future Methods#OracleAttestation."],
};

/** What is tried for as long as it takes: see {@link isComplete}. */
const LASTING = Object.entries(OUTAGES).filter(([name]) => isComplete || name === "answers 500");

describe("deployment over an endpoint that fails @uninstrumented", () => {
  let network: Network;
  let undisturbed: State;
  let methods: string[];

  before(async () => {
    network = await startNetwork();
    expect((await network.run()).refusal).to.equal(undefined);
    undisturbed = await network.state();
    methods = [...new Set(network.rpc.requests.map(({ method }) => method))];
  });

  beforeEach(() => network.reset());

  after(() => network.stop());

  async function expectFinished(waits: readonly string[] = []): Promise<void> {
    const run = await network.run();
    expect(run.refusal).to.equal(undefined);
    expect(run.waits).to.deep.equal(waits);
    expect(differences(await network.state(), undisturbed)).to.deep.equal([]);
  }

  it("survives one outage of each kind of request", async () => {
    const outages = Object.values(OUTAGES).map(({ fault }) => fault);
    network.rpc.policy = ({ method, count }) =>
      count === 2 ? (outages[methods.indexOf(method) % outages.length] ?? pass) : pass;

    await expectFinished();
    expect(methods).to.include.members([
      "eth_blockNumber",
      "eth_call",
      "eth_estimateGas",
      "eth_getLogs",
      "eth_getTransactionCount",
      "eth_getTransactionReceipt",
      "eth_sendRawTransaction",
    ]);
  });

  for (const [name, { fault, words }] of LASTING) {
    inFull(`survives an endpoint that ${name} at every tenth request`, async () => {
      let requests = 0;
      network.rpc.policy = () => (++requests % 10 === 0 ? fault : pass);

      await expectFinished();
      expect(requests).to.be.greaterThan(300);
    });

    for (const [who, transaction] of Object.entries(SENT_BY)) {
      it(`ends in one line if the endpoint ${name} once ${who} sends, and continues later`, async () => {
        let isOut = false;
        network.rpc.policy = ({ method, count }: RpcRequest) => {
          isOut ||= method === "eth_sendRawTransaction" && count === transaction;
          return isOut ? fault : pass;
        };
        const { refusal } = await network.run();
        const said = words.replace("HOST", hostOf(network));
        expect(refusal).to.equal(`sepolia: ${said}; run the same command again: it goes on where this one stopped.`);
        const reached = fault.kind === "dropAnswer" ? transaction : transaction - 1;
        expect((await network.state())["transactions"]).to.equal(String(reached));

        network.rpc.policy = () => pass;
        await expectFinished(FIRST_WAITS[who]);
      });
    }
  }

  it("ends in one line before anything is sent if the endpoint fails from the beginning", async () => {
    network.rpc.policy = () => ({ kind: "status", status: 429 });
    const { refusal } = await network.run();

    expect(refusal).to.equal(
      `sepolia: ${hostOf(network)}: status 429; run the same command again: it goes on where this one stopped.`,
    );
    expect((await network.state())["transactions"]).to.equal("0");
  });
});
