// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Health, type Surveyed } from "../../operator/health";

const START = 1_800_000_000_000;

describe("operator: Health", () => {
  const { now } = Date;
  let time: number;
  let survey: Surveyed;
  beforeEach(() => {
    time = START;
    Date.now = () => time;
    survey = { signAt: START, failingSince: undefined, behind: 0, readUpTo: 41, isStopping: false };
  });
  afterEach(() => {
    Date.now = now;
  });

  const open = (maxHeadAge = 120) => new Health(maxHeadAge, () => survey);
  const problemsOf = ({ body }: { readonly body: object }) => (body as { problems: string[] }).problems;
  /** A service that has finished a pass. */
  function well(maxHeadAge = 120): Health {
    const health = open(maxHeadAge);
    health.saw({ head: 42, seenAt: time, time: BigInt(time / 1_000) });
    health.passed("service");
    health.ended();
    return health;
  }

  it("is ready after everything was read and a pass was finished", () => {
    expect(well().ready()).to.deep.equal({
      status: 200,
      body: { status: "ok", problems: [], head: 42, readUpTo: 41 },
    });
  });

  it("is not ready before the first pass, and lists what has not happened yet", () => {
    survey = { ...survey, behind: undefined };
    const answer = open().ready();
    expect(answer.status).to.equal(503);
    expect(problemsOf(answer)).to.deep.equal(["the chain was not looked at yet", "no pass was finished yet"]);
  });

  it("is live but not ready while it reads a long past, however long that takes", () => {
    const health = open();
    health.saw({ head: 42, seenAt: time, time: BigInt(START / 1_000) });
    time += 600_000;
    survey = { ...survey, behind: 15_000_000, signAt: time };
    expect(problemsOf(health.ready())).to.include("15000000 blocks are not read yet");
    expect(health.live().status).to.equal(200);
  });

  it("is live but not ready when the chain has not answered for more than a minute", () => {
    const health = well(0);
    survey = { ...survey, failingSince: time };
    time += 60_000;
    survey = { ...survey, signAt: time };
    expect(health.ready().status).to.equal(200);
    time += 1_000;
    expect(problemsOf(health.ready())).to.deep.equal(["the chain has not answered for 61 s"]);
    expect(health.live().status).to.equal(200);
  });

  it("is not live when there was no request, answer or pass for more than two minutes", () => {
    const health = well(0);
    time += 120_000;
    expect(health.live().status).to.equal(200);
    time += 1_000;
    const answer = health.live();
    expect([answer.status, problemsOf(answer)]).to.deep.equal([503, ["the loop has stood still for 121 s"]]);
    expect(problemsOf(health.ready())).to.deep.equal(["no pass was finished for 121 s"]);
  });

  describe("given the head of the chain", () => {
    it("is not ready when the head has stood still for longer than allowed", () => {
      const health = well();
      time += 121_000;
      health.ended();
      health.saw({ head: 42, seenAt: time, time: BigInt(time / 1_000) });
      expect(problemsOf(health.ready())).to.deep.equal(["the head is 121 s old, at most 120 s are allowed"]);
      health.saw({ head: 43, seenAt: time, time: BigInt(time / 1_000) });
      expect(health.ready().status).to.equal(200);
    });

    it("is not ready when the timestamp of the head is too old, although the head moves", () => {
      const health = well();
      health.saw({ head: 43, seenAt: time, time: BigInt(time / 1_000) - 121n });
      expect(problemsOf(health.ready())).to.deep.equal(["the head is 121 s old, at most 120 s are allowed"]);
    });

    it("counts the age of the head from when the node reported it, however long the pass takes", () => {
      const health = well();
      time += 300_000;
      health.ended();
      health.saw({ head: 43, seenAt: time - 121_000, time: BigInt(time / 1_000) });
      expect(problemsOf(health.ready())).to.deep.equal(["the head is 121 s old, at most 120 s are allowed"]);
    });

    it("does not take a lower head, from a node that lags behind, for progress", () => {
      const health = well();
      time += 121_000;
      health.ended();
      health.saw({ head: 41, seenAt: time, time: BigInt(time / 1_000) });
      expect(health.ready().status).to.equal(503);
    });

    it("is ready at a head that stands still if no maximum age is set", () => {
      const health = well(0);
      time += 3_600_000;
      health.ended();
      expect(health.ready().status).to.equal(200);
    });
  });

  describe("given passes that fail", () => {
    it("is not ready after three failures in a row and names the duty and the reason, until a pass succeeds", () => {
      const health = well();
      for (let pass = 0; pass < 2; pass++) health.failed("submit", "the folder is gone");
      expect(health.ready().status).to.equal(200);
      health.failed("submit", "the folder is gone");
      expect(problemsOf(health.ready())).to.deep.equal(["submit has failed in 3 passes in a row: the folder is gone"]);
      health.passed("submit");
      expect(health.ready().status).to.equal(200);
    });

    it("is ready when some passes fail and others do not", () => {
      const health = well();
      for (let pass = 0; pass < 9; pass++) pass % 3 === 2 ? health.passed("submit") : health.failed("submit", "busy");
      expect(health.ready().status).to.equal(200);
    });
  });

  it("is not ready while it is stopping", () => {
    const health = well();
    survey = { ...survey, isStopping: true };
    expect(problemsOf(health.ready())).to.deep.equal(["the service stops"]);
  });
});
