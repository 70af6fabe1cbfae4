// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Health, type Surveyed } from "../../operator/health";

const START = 1_800_000_000_000;

describe("operator: health", () => {
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

  it("is ready when everything was read and a pass was finished", () => {
    expect(well().ready()).to.deep.equal({
      status: 200,
      body: { status: "ok", problems: [], head: 42, readUpTo: 41 },
    });
  });

  it("is not ready at the beginning, and says of each thing that it is not so yet", () => {
    survey = { ...survey, behind: undefined };
    const answer = open().ready();
    expect(answer.status).to.equal(503);
    expect(problemsOf(answer)).to.deep.equal(["the chain was not looked at yet", "no pass was finished yet"]);
  });

  it("is not ready, and lives, while a long past is read, however long that takes", () => {
    const health = open();
    health.saw({ head: 42, seenAt: time, time: BigInt(START / 1_000) });
    time += 600_000;
    survey = { ...survey, behind: 15_000_000, signAt: time };
    expect(problemsOf(health.ready())).to.include("15000000 blocks are not read yet");
    expect(health.live().status).to.equal(200);
  });

  it("lives, and is not ready, while the chain is away for more than a minute", () => {
    const health = well(0);
    survey = { ...survey, failingSince: time };
    time += 60_000;
    survey = { ...survey, signAt: time };
    expect(health.ready().status).to.equal(200);
    time += 1_000;
    expect(problemsOf(health.ready())).to.deep.equal(["the chain has not answered for 61 s"]);
    expect(health.live().status).to.equal(200);
  });

  it("does not live when nothing was asked or answered and no pass went by for two minutes", () => {
    const health = well(0);
    time += 120_000;
    expect(health.live().status).to.equal(200);
    time += 1_000;
    const answer = health.live();
    expect([answer.status, problemsOf(answer)]).to.deep.equal([503, ["the loop has stood still for 121 s"]]);
    expect(problemsOf(health.ready())).to.deep.equal(["no pass was finished for 121 s"]);
  });

  describe("given the head", () => {
    it("is not ready when it stands still for longer than it may", () => {
      const health = well();
      time += 121_000;
      health.ended();
      health.saw({ head: 42, seenAt: time, time: BigInt(time / 1_000) });
      expect(problemsOf(health.ready())).to.deep.equal(["the head is 121 s old, at most 120 s are allowed"]);
      health.saw({ head: 43, seenAt: time, time: BigInt(time / 1_000) });
      expect(health.ready().status).to.equal(200);
    });

    it("is not ready at one that is old by its own time, though it moves", () => {
      const health = well();
      health.saw({ head: 43, seenAt: time, time: BigInt(time / 1_000) - 121n });
      expect(problemsOf(health.ready())).to.deep.equal(["the head is 121 s old, at most 120 s are allowed"]);
    });

    it("counts its age from when the node named it, however long a pass has taken since", () => {
      const health = well();
      time += 300_000;
      health.ended();
      health.saw({ head: 43, seenAt: time - 121_000, time: BigInt(time / 1_000) });
      expect(problemsOf(health.ready())).to.deep.equal(["the head is 121 s old, at most 120 s are allowed"]);
    });

    it("takes a lower one, of a node that lags behind, for no movement", () => {
      const health = well();
      time += 121_000;
      health.ended();
      health.saw({ head: 41, seenAt: time, time: BigInt(time / 1_000) });
      expect(health.ready().status).to.equal(503);
    });

    it("may stand still where blocks are made only when they are asked for", () => {
      const health = well(0);
      time += 3_600_000;
      health.ended();
      expect(health.ready().status).to.equal(200);
    });
  });

  describe("given passes that fail", () => {
    it("is not ready after three in a row, and says which and why, until one does not fail", () => {
      const health = well();
      for (let pass = 0; pass < 2; pass++) health.failed("submit", "the folder is gone");
      expect(health.ready().status).to.equal(200);
      health.failed("submit", "the folder is gone");
      expect(problemsOf(health.ready())).to.deep.equal(["submit has failed in 3 passes in a row: the folder is gone"]);
      health.passed("submit");
      expect(health.ready().status).to.equal(200);
    });

    it("is ready when some fail and others do not", () => {
      const health = well();
      for (let pass = 0; pass < 9; pass++) pass % 3 === 2 ? health.passed("submit") : health.failed("submit", "busy");
      expect(health.ready().status).to.equal(200);
    });
  });

  it("is not ready when it stops", () => {
    const health = well();
    survey = { ...survey, isStopping: true };
    expect(problemsOf(health.ready())).to.deep.equal(["the service stops"]);
  });
});
