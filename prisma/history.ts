import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** One row of `_prisma_migrations`, kept exactly as Prisma's own engine would, so that both can be used. */
export interface HistoryRow {
  readonly id: string;
  readonly name: string;
  readonly checksum: string;
  readonly startedAt: Date;
  /** Null while it runs, and when it failed. */
  readonly finishedAt: Date | null;
  readonly logs: string | null;
}

const CREATE_HISTORY = `
  CREATE TABLE public._prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

export async function ensureHistory(client: pg.Client): Promise<void> {
  if (!(await historyExists(client))) await client.query(CREATE_HISTORY);
}

async function historyExists(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS exists`,
  );
  return rows[0]?.exists === true;
}

/** What counts, in the order of application: rows rolled back are only a trace and count for neither tool. */
export async function readHistory(client: pg.Client): Promise<HistoryRow[]> {
  if (!(await historyExists(client))) return [];
  const { rows } = await client.query<HistoryRow>(
    `SELECT id, migration_name AS name, checksum, started_at AS "startedAt", finished_at AS "finishedAt", logs
     FROM public._prisma_migrations
     WHERE rolled_back_at IS NULL
     ORDER BY started_at, migration_name`,
  );
  return rows;
}

interface Recorded {
  readonly name: string;
  readonly checksum: string;
}

/** @returns the row's id, for `recordFinish`. */
export async function recordStart(client: pg.Client, migration: Recorded): Promise<string> {
  const id = randomUUID();
  await client.query(
    `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at)
     VALUES ($1, $2, $3, clock_timestamp())`,
    [id, migration.checksum, migration.name],
  );
  return id;
}

export async function recordFinish(client: pg.Client, id: string): Promise<void> {
  await client.query(
    `UPDATE public._prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1`,
    [id],
  );
}

/** A failure whose transaction was undone: kept with its message, and out of the way of the next attempt. */
export async function recordUndoneFailure(
  client: pg.Client,
  migration: Recorded,
  logs: string,
): Promise<void> {
  await client.query(
    `INSERT INTO public._prisma_migrations (id, checksum, migration_name, logs, started_at, rolled_back_at)
     VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp())`,
    [randomUUID(), migration.checksum, migration.name, logs],
  );
}

/** A failure outside a transaction may have left something behind: it stays in the way until a person settles it. */
export async function recordFailure(client: pg.Client, id: string, logs: string): Promise<void> {
  await client.query(`UPDATE public._prisma_migrations SET logs = $2 WHERE id = $1`, [id, logs]);
}

export async function forget(client: pg.Client, id: string): Promise<void> {
  await client.query(`DELETE FROM public._prisma_migrations WHERE id = $1`, [id]);
}
