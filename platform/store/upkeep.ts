// Maintenance that a PostgreSQL server does in the background, but the embedded one never does by itself. Without it, the log and the space
// of dead rows would grow as long as the process runs, and the first start after a kill would replay the whole log.

import { sql } from "drizzle-orm";
import { rowsOf, type Database } from "./database";

/** Bytes of log after which a checkpoint writes everything to the tables' files, so that the log starts over. */
const MOST_LOG = 32 * 2 ** 20;

/**
 * A table is vacuumed once its dead or new rows exceed a fifth of the live ones plus a thousand. New rows count too, so that later counts
 * need not check each row.
 */
const IS_DUE = "greatest(n_dead_tup, n_ins_since_vacuum) > 1000 + n_live_tup / 5";

/** Keeps an embedded database in order. */
export class Upkeep {
  private looking: Promise<void> | undefined;

  constructor(private readonly db: Database) {}

  /** Does what is due, between transactions and never twice at once. */
  async look(): Promise<void> {
    this.looking ??= this.keep()
      .catch(() => undefined) // the next call tries again; writers see the failure themselves
      .finally(() => (this.looking = undefined));
    await this.looking;
  }

  /** Waits for maintenance that is running. */
  async end(): Promise<void> {
    await this.looking;
  }

  private async keep(): Promise<void> {
    // Counts of dead rows are otherwise published at most once a second.
    await this.db.execute(sql`SELECT pg_stat_force_next_flush()`);
    const due = await rowsOf<{ name: string }>(
      this.db,
      sql`SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_all_tables
          WHERE ${sql.raw(IS_DUE)} ORDER BY 1`,
    );
    for (const { name } of due) await this.db.execute(sql.raw(`VACUUM ${name}`));
    const [log] = await rowsOf<{ bytes: number }>(
      this.db,
      sql`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 AS bytes FROM pg_control_checkpoint()`,
    );
    if (log && log.bytes > MOST_LOG) await this.db.execute(sql.raw("CHECKPOINT"));
  }
}
