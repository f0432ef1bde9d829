import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Unavailable } from '../domain/errors.ts';
import { type Contents, readContentsInSnapshot, readSequences, TABLES_OF_USERS } from './contents.ts';

/** What a database holds at an exact place in its log, while people go on writing. */

export interface MarkedContents {
  readonly contents: Contents;
  /** What was committed is before it, what was not is after it. */
  readonly lsn: string;
  readonly at: Date;
}

/** A lock that is not had in so many milliseconds is let go, so that nobody queues up behind us. */
const LOCK_TIMEOUT_MS = 200;
const ATTEMPTS = 60;
const LONGEST_PAUSE_MS = 500;

/**
 * For a few milliseconds nobody may write: long enough to begin a snapshot and to ask for the place in the log. All
 * the reading is done in the snapshot, beside those who write.
 * @param locker, reader two connections to the same database
 * @throws Unavailable MOMENT_NOT_MARKED when the tables stay in use
 */
export async function readMarkedContents(locker: pg.Client, reader: pg.Client): Promise<MarkedContents> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptToMark(locker, reader);
    } catch (error) {
      await locker.query('ROLLBACK');
      await reader.query('ROLLBACK');
      const isInUse = error instanceof Error && 'code' in error && error.code === '55P03';
      if (!isInUse) throw error;
      if (attempt === ATTEMPTS) throw stayedInUse(error);
      await sleep(Math.random() * LONGEST_PAUSE_MS);
    }
  }
}

async function attemptToMark(locker: pg.Client, reader: pg.Client): Promise<MarkedContents> {
  const { rows: tables } = await locker.query<{ name: string }>(TABLES_OF_USERS);
  await locker.query('BEGIN');
  await locker.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  // An autovacuum lets go for us, but only once the wait is looked into; who may, has that done before our time is up.
  await locker.query(
    `SELECT set_config('deadlock_timeout', '${LOCK_TIMEOUT_MS / 4}ms', true) WHERE current_setting('is_superuser') = 'on'`,
  );
  if (tables.length > 0) {
    await locker.query(`LOCK TABLE ${tables.map(({ name }) => `ONLY ${name}`).join(', ')} IN SHARE MODE`);
  }
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // The first thing it reads begins its snapshot. Sequences have none, so they are read before anybody may go on.
  const sequences = await readSequences(reader);
  const { rows } = await locker.query<{ lsn: string; at: Date }>(
    'SELECT pg_current_wal_insert_lsn()::text AS lsn, clock_timestamp() AS at',
  );
  await locker.query('COMMIT');
  const [mark] = rows;
  if (mark === undefined) throw new TypeError('the server gave no row');
  // A recovery that is to end there needs to see that something comes after.
  await locker.query(
    `SELECT pg_logical_emit_message(false, 'screentest', 'the drill looks at what is before this')`,
  );
  const contents = await readContentsInSnapshot(reader);
  await reader.query('COMMIT');
  return { contents: { ...contents, sequences }, ...mark };
}

function stayedInUse(cause: unknown): Unavailable {
  return new Unavailable({
    code: 'MOMENT_NOT_MARKED',
    given:
      'No moment was found in which nobody wrote, so that the restored rows could not be compared with these',
    fix: 'look for a transaction that has been open for long, then try again',
    cause,
  });
}
