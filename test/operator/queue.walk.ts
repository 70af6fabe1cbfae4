// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { runQueue } from "../../scripts/dev/bench/operator";

const QUEUE = 25;

describe("npm run operator with a queue @uninstrumented", () => {
  it(`launches each of ${QUEUE} waiting models exactly once although it is killed in the middle`, async () => {
    const { launched, distributions, pools, failed } = await runQueue(QUEUE);
    expect(launched).to.equal(QUEUE);
    expect(distributions + pools - failed).to.equal(2 * QUEUE);
  });
});
