import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../domain/errors.ts';
import type { Database } from './client.ts';

/** The monthly partitions of `variant_performance` and `metric_observations`. Every month is a UTC month. */

/** A lock that is not had in so many milliseconds is let go, so that nobody queues up behind us. */
const LOCK_TIMEOUT_MS = 200;
const ATTEMPTS = 50;
const LONGEST_PAUSE_MS = 500;

/**
 * The months of these instants get the partitions that they lack; rows of theirs that had landed in the default
 * partition are moved in. Asks first, so that nothing is locked where nothing is missing.
 * @returns the names of those made
 * @throws Unavailable when the tables stay in use
 */
export async function ensurePartitions(
  database: Database,
  instants: readonly Date[],
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const month of await monthsWithoutPartition(database, [...new Set(instants.map(monthOf))])) {
    made.push(...(await makePartitionsOf(database, month)));
  }
  return made;
}

/** Empty, when all is well. */
export async function monthsInDefaultPartition(database: Database): Promise<readonly Date[]> {
  const rows = await database.$queryRaw<{ month: Date }[]>`
    SELECT DISTINCT date_trunc('month', recorded_at, 'UTC') AS month FROM (
      SELECT recorded_at FROM screentest_partitions.variant_performance_default
      UNION ALL SELECT recorded_at FROM screentest_partitions.metric_observations_default
    ) AS misplaced`;
  return rows.map(({ month }) => month);
}

/** Its first day: `2026-05-01`. */
function monthOf(instant: Date): string {
  return `${instant.toISOString().slice(0, 7)}-01`;
}

async function monthsWithoutPartition(
  database: Database,
  months: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.$queryRaw<{ month: string }[]>`
    SELECT to_char(month, 'YYYY-MM-DD') AS month FROM unnest(${months}::date[]) AS month
    WHERE EXISTS (
      SELECT FROM unnest(ARRAY['variant_performance', 'metric_observations']) AS parent
      WHERE to_regclass(format('screentest_partitions.%I', parent || to_char(month, '_YYYY_MM'))) IS NULL)
    ORDER BY month`;
  return rows.map(({ month }) => month);
}

async function makePartitionsOf(database: Database, month: string): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.$transaction(async (tx) => {
        await tx.$executeRawUnsafe(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        const rows = await tx.$queryRaw<{ name: string }[]>`
          SELECT name FROM screentest_ensure_month_partitions(${month}::date, 1) AS made (name)`;
        return rows.map(({ name }) => name);
      });
    } catch (cause) {
      if (!isLockTimeout(cause)) throw cause;
      if (attempt === ATTEMPTS) throw inUse(month, cause);
      await delay(Math.random() * Math.min(LONGEST_PAUSE_MS, attempt * 20));
    }
  }
}

/** Postgres' code for it, in whatever the driver wraps it. */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && /55P03|lock timeout/i.test(`${error.message} ${JSON.stringify(error)}`);
}

function inUse(month: string, cause: unknown): Unavailable {
  return new Unavailable({
    code: 'PARTITION_LOCKED',
    given: `The partitions for ${month.slice(0, 7)} could not be made: the metric tables stayed in use`,
    fix: 'look for a transaction that has been open for long, then try again',
    cause,
  });
}
