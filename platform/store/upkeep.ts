// What a server of PostgreSQL does in the background, and the embedded one never does by itself: without it, its log and the room of
// dead rows would grow for as long as the process runs, and the next start would repeat the whole log after a kill.

import { sql } from "drizzle-orm";
import { rowsOf, type Database } from "./database";

/** Bytes of log after which everything is written to the tables' files, so that the log begins anew. */
const MOST_LOG = 32 * 2 ** 20;

/** Dead rows after which a table is cleared of them: a fifth of the others, and a thousand. */
const IS_CROWDED = "n_dead_tup > 1000 + n_live_tup / 5";

/** Keeps an embedded database in order. */
export class Upkeep {
  private looking: Promise<void> | undefined;

  constructor(private readonly db: Database) {}

  /** Does what has to be done; between transactions, never twice at a time. */
  async look(): Promise<void> {
    this.looking ??= this.keep()
      .catch(() => undefined) // the next look tries again; whoever writes is told of what is the matter
      .finally(() => (this.looking = undefined));
    await this.looking;
  }

  /** Waits for what is being done. */
  async end(): Promise<void> {
    await this.looking;
  }

  private async keep(): Promise<void> {
    // Counts of dead rows are written down once a second at most: now, instead.
    await this.db.execute(sql`SELECT pg_stat_force_next_flush()`);
    const crowded = await rowsOf<{ name: string }>(
      this.db,
      sql`SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_all_tables
          WHERE ${sql.raw(IS_CROWDED)} ORDER BY 1`,
    );
    for (const { name } of crowded) await this.db.execute(sql.raw(`VACUUM ${name}`));
    const [log] = await rowsOf<{ bytes: number }>(
      this.db,
      sql`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 AS bytes FROM pg_control_checkpoint()`,
    );
    if (log && log.bytes > MOST_LOG) await this.db.execute(sql.raw("CHECKPOINT"));
  }
}
