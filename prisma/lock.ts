import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Unavailable } from '../domain/errors.ts';

/** Prisma's own key, so that its `migrate deploy` and ours wait for each other. */
const MIGRATION_LOCK = 72_707_369;
const LOCK_WAIT_MS = 10 * 60_000;
const RETRY_MS = 100;

/** How long a migration may wait for a table that others use; while it waits, they wait behind it. */
const TABLE_LOCK_TIMEOUT = '10s';

/**
 * Runs `work` in a transaction that holds the migration lock: of two migrators at once, one waits.
 * Asked for again and again rather than waited for: a session that waits holds a snapshot, and an index that the
 * other builds CONCURRENTLY would wait for that in turn.
 */
export async function inLockedTransaction<T>(
  client: pg.Client,
  log: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await untilLocked(log, async () => {
    await client.query('BEGIN');
    if (await tryLock(client, 'pg_try_advisory_xact_lock')) return true;
    await client.query('ROLLBACK');
    return false;
  });
  try {
    // Local to the transaction, so that nothing leaks into other sessions of a pooler.
    await client.query(`
      SET LOCAL TIME ZONE 'UTC';
      SET LOCAL search_path = public;
      SET LOCAL statement_timeout = 0;
      SET LOCAL lock_timeout = '${TABLE_LOCK_TIMEOUT}';
    `);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** For the rare statement that no transaction can hold; needs a connection that is not pooled by transaction. */
export async function inLockedSession<T>(
  client: pg.Client,
  log: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await untilLocked(log, () => tryLock(client, 'pg_try_advisory_lock'));
  try {
    await client.query(`SET TIME ZONE 'UTC'`);
    await client.query('SET search_path = public');
    await client.query('SET statement_timeout = 0');
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {});
  }
}

async function tryLock(
  client: pg.Client,
  call: 'pg_try_advisory_xact_lock' | 'pg_try_advisory_lock',
): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`SELECT ${call}($1) AS locked`, [MIGRATION_LOCK]);
  return rows[0]?.locked === true;
}

async function untilLocked(log: (line: string) => void, attempt: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + LOCK_WAIT_MS;
  for (let attempts = 1; !(await attempt()); attempts += 1) {
    if (attempts === 1) log('another migrator is at work; waiting for it');
    if (Date.now() > giveUpAt) {
      throw new Unavailable({
        code: 'MIGRATION_LOCK_TAKEN',
        given: `Another migrator has held the lock for ${LOCK_WAIT_MS / 60_000} minutes`,
        allowed: 'one migrator at a time',
        fix: 'let it end, or end its session (see pg_locks, locktype advisory), and run this again',
      });
    }
    await sleep(RETRY_MS);
  }
}
