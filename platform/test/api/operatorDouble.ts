import { startStandIn } from "../../../scripts/dev/world/httpServer";

/** A record as the operator takes it. */
export interface FeeRecord {
  readonly id: string;
  readonly model: string;
  readonly calls: number;
}

/** What takes metered calls as the operator does: each id once, and none with another content. */
export interface OperatorDouble {
  readonly url: string;
  /** Calls of all ids that it has. */
  readonly calls: () => number;
  /** Posts that it has refused. */
  readonly refused: number;
  readonly stop: () => Promise<void>;
}

export async function startOperatorDouble(): Promise<OperatorDouble> {
  const taken = new Map<string, FeeRecord>();
  const state = { refused: 0 };
  const server = await startStandIn(({ body }) => {
    const records = JSON.parse(body.toString()) as FeeRecord[];
    const differs = records.some((record) => {
      const known = taken.get(record.id);
      return known !== undefined && JSON.stringify(known) !== JSON.stringify(record);
    });
    if (differs) {
      state.refused++;
      return { status: 409, body: {} };
    }
    for (const record of records) taken.set(record.id, record);
    return { status: 202, body: {} };
  });
  return {
    ...{ url: server.url, stop: server.stop },
    calls: () => [...taken.values()].reduce((sum, { calls }) => sum + calls, 0),
    get refused() {
      return state.refused;
    },
  };
}
