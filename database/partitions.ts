import { formatMonth, monthOf } from '../domain/budget.ts';
import type { Database } from './client.ts';
import { closedMonths, lockMonth } from './closed-months.ts';
import { lockMetricTables, withShortLocks } from './short-locks.ts';

/** The monthly partitions of `variant_performance` and `metric_observations`. Every month is a UTC month. */

/**
 * The months of these instants get the partitions that they lack; rows of theirs that had landed in the default
 * partition are moved in. Asks first, so that nothing is locked where nothing is missing. A month that is archived
 * gets none.
 * @returns the names of those made
 * @throws Unavailable when the tables stay in use
 */
export async function ensurePartitions(
  database: Database,
  instants: readonly Date[],
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const month of await monthsWithoutPartition(database, instants)) {
    made.push(...(await makePartitionsOf(database, month)));
  }
  return made;
}

/** Of these instants' months, in order, those that lack a partition and are not archived. */
export async function monthsWithoutPartition(
  database: Database,
  instants: readonly Date[],
): Promise<readonly Date[]> {
  const months = [...new Set(instants.map((instant) => monthOf(instant).toISOString()))];
  const rows = await database.$queryRaw<{ month: Date }[]>`
    SELECT month FROM unnest(${months}::date[]) AS month
    WHERE EXISTS (
        SELECT FROM unnest(ARRAY['variant_performance', 'metric_observations']) AS parent
        WHERE to_regclass(format('screentest_partitions.%I', parent || to_char(month, '_YYYY_MM'))) IS NULL)
      AND NOT EXISTS (SELECT FROM archived_partitions a WHERE a.month = month.month)
    ORDER BY month`;
  return rows.map(({ month }) => month);
}

/** Empty, when all is well. */
export async function monthsInDefaultPartition(database: Database): Promise<readonly Date[]> {
  const rows = await database.$queryRaw<{ month: Date }[]>`
    SELECT DISTINCT date_trunc('month', recorded_at, 'UTC') AS month FROM (
      SELECT recorded_at FROM screentest_partitions.variant_performance_default
      UNION ALL SELECT recorded_at FROM screentest_partitions.metric_observations_default
    ) AS misplaced
    ORDER BY month`;
  return rows.map(({ month }) => month);
}

/** Autoanalyze never runs on a partitioned table itself, and plans over several months go by its statistics. */
export async function analyzeMetricTables(database: Database): Promise<void> {
  for (const table of ['variant_performance', 'metric_observations']) {
    await database.$executeRawUnsafe(`ANALYZE ${table}`);
    await database.$executeRawUnsafe(`ANALYZE archive.${table}`);
  }
}

async function makePartitionsOf(database: Database, month: Date): Promise<readonly string[]> {
  const what = `The partitions for ${formatMonth(month)} could not be made`;
  return withShortLocks(database, what, async (tx) => {
    // Asked again: it may have been archived since, and must not be in both places.
    await lockMonth(tx, month);
    if ((await closedMonths(tx)).has(formatMonth(month))) return [];
    await lockMetricTables(tx, 'SHARE ROW EXCLUSIVE');
    const rows = await tx.$queryRaw<{ name: string }[]>`
      SELECT name FROM screentest_ensure_month_partitions(${month}::date, 1) AS made (name)`;
    return rows.map(({ name }) => name);
  });
}
