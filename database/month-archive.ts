import { formatMonth } from '../domain/budget.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { Database, Queries } from './client.ts';
import { lockMonth } from './closed-months.ts';
import { lockMetricTables, withShortLocks } from './short-locks.ts';

/** A month's way out of the live tables: into the schema `archive`, and in the end out of the database. */

export const METRIC_TABLES = ['variant_performance', 'metric_observations'] as const;

export type MetricTable = (typeof METRIC_TABLES)[number];

/** A month that ended long enough ago to be archived. */
export interface OldMonth {
  readonly month: Date;
  readonly rows: number;
  /** How many groups have rows in it that are not archived, so that it has to stay. */
  readonly openGroups: number;
}

/** The oldest first. */
export async function oldMonths(database: Database, endedBefore: Date): Promise<readonly OldMonth[]> {
  const attached = await database.$queryRaw<{ month: Date }[]>`
    SELECT DISTINCT part.month
    FROM (
      SELECT i.inhparent, to_date(substring(c.relname FROM '[0-9]{4}_[0-9]{2}$'), 'YYYY_MM') AS month
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    ) part
    WHERE part.inhparent IN ('variant_performance'::regclass, 'metric_observations'::regclass)
      AND part.month + interval '1 month' <= ${endedBefore.toISOString()}::timestamptz
    ORDER BY month`;
  const found: OldMonth[] = [];
  for (const { month } of attached) found.push({ month, ...(await contentsOf(database, month)) });
  return found;
}

/**
 * Moves a month into the schema `archive`. At every moment its rows are in one of the two places. Nothing is left to do
 * when it has been moved already.
 * @throws PreconditionFailed MONTH_IN_USE when a group with rows in it is not archived; Unavailable when the tables stay
 *   in use
 */
export async function archiveMonth(database: Database, month: Date): Promise<void> {
  const name = formatMonth(month);
  for (const table of METRIC_TABLES) await checkBounds(database, table, month);
  await withShortLocks(database, `The month ${name} could not be archived`, async (tx) => {
    await lockMonth(tx, month);
    const { openGroups } = await contentsOf(tx, month);
    if (openGroups > 0) {
      throw new PreconditionFailed({
        code: 'MONTH_IN_USE',
        given: `${openGroups} groups that are not archived have rows in ${name}`,
        allowed: 'a month whose groups are all archived',
      });
    }
    for (const table of METRIC_TABLES) {
      await tx.$executeRaw`
        INSERT INTO archived_partitions (table_name, month, row_count, size_bytes)
        VALUES (${table}, ${month}::date, ${BigInt(await countRows(tx, table, month))},
          coalesce(pg_total_relation_size(to_regclass(${`screentest_partitions.${partitionOf(table, month)}`})), 0))
        ON CONFLICT (table_name, month) DO NOTHING`;
    }
    await lockMetricTables(tx, 'ACCESS EXCLUSIVE');
    await tx.$executeRaw`SELECT screentest_archive_month(${month}::date)`;
  });
}

/** An archived month of one table that is still in the database. */
export interface ArchivedMonth {
  readonly table: MetricTable;
  readonly month: Date;
  /** Key of its file in the store; null where none was recorded. */
  readonly exportKey: string | null;
}

/** The oldest first. */
export async function archivedMonths(
  database: Database,
  endedBefore: Date,
): Promise<readonly ArchivedMonth[]> {
  const rows = await database.$queryRaw<ArchivedMonth[]>`
    SELECT table_name AS "table", month, export_key AS "exportKey" FROM archived_partitions
    WHERE dropped_at IS NULL AND month + interval '1 month' <= ${endedBefore.toISOString()}::timestamptz
    ORDER BY month, table_name`;
  return rows;
}

/** A file that holds a month's rows, found to be whole. */
export interface MonthExport {
  readonly key: string;
  readonly url: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export async function recordExport(
  database: Database,
  { table, month }: Pick<ArchivedMonth, 'table' | 'month'>,
  file: MonthExport,
): Promise<void> {
  await database.archivedPartition.update({
    where: { tableName_month: { tableName: table, month } },
    data: {
      exportKey: file.key,
      exportedTo: file.url,
      exportedRows: BigInt(file.rows),
      exportBytes: BigInt(file.sizeBytes),
      exportSha256: file.sha256,
      exportedAt: new Date(),
    },
  });
}

/**
 * Drops an archived month whose rows are all in its export. Nothing is left to do when it has been dropped already.
 * @returns false when it has rows and no file, or others than its file (a person was erased since): export it first
 */
export async function dropMonth(
  database: Database,
  { table, month }: Pick<ArchivedMonth, 'table' | 'month'>,
): Promise<boolean> {
  const what = `The month ${formatMonth(month)} of ${table} could not be dropped`;
  const partition = `archive.${partitionOf(table, month)}`;
  return withShortLocks(database, what, async (tx) => {
    const where = { tableName_month: { tableName: table, month } };
    const record = await tx.archivedPartition.findUniqueOrThrow({ where });
    if (record.droppedAt !== null) return true;
    if (await exists(tx, partition)) {
      // Read by everybody until the very end; only an erasure waits.
      await tx.$executeRawUnsafe(`LOCK TABLE ${partition} IN SHARE MODE`);
      const rows = await countRows(tx, table, month);
      if (record.exportedAt === null ? rows > 0 : BigInt(rows) !== record.exportedRows) return false;
      await lockMetricTables(tx, 'ACCESS EXCLUSIVE');
      await tx.$executeRawUnsafe(`DROP TABLE ${partition}`);
    }
    await tx.archivedPartition.update({ where, data: { droppedAt: new Date() } });
    return true;
  });
}

/** `variant_performance_2025_05`, in whichever schema. */
export function partitionOf(table: MetricTable, month: Date): string {
  return `${table}_${formatMonth(month).replace('-', '_')}`;
}

/**
 * A check of the partition's own that says what its bounds say: with it the archive takes the month without reading it.
 * Found to be true under a lock that neither readers nor writers mind.
 */
async function checkBounds(database: Database, table: MetricTable, month: Date): Promise<void> {
  const partition = partitionOf(table, month);
  const qualified = `screentest_partitions.${partition}`;
  if (!(await exists(database, qualified))) return;
  const check = `${partition}_month`;
  await withShortLocks(database, `${partition} could not be checked`, async (tx) => {
    const known = await tx.$queryRaw<unknown[]>`
      SELECT FROM pg_constraint WHERE conrelid = ${qualified}::regclass AND conname = ${check}`;
    if (known.length > 0) return;
    await tx.$executeRawUnsafe(`
      ALTER TABLE ${qualified} ADD CONSTRAINT ${check}
      CHECK (recorded_at >= '${startOf(month)}' AND recorded_at < '${endOf(month)}') NOT VALID`);
  });
  await withShortLocks(database, `${partition} could not be checked`, (tx) =>
    tx.$executeRawUnsafe(`ALTER TABLE ${qualified} VALIDATE CONSTRAINT ${check}`),
  );
}

/** Both tables' rows, and the groups that are still in the way. */
async function contentsOf(queries: Queries, month: Date): Promise<Pick<OldMonth, 'rows' | 'openGroups'>> {
  const [start, end] = [startOf(month), endOf(month)];
  const [groups] = await queries.$queryRaw<{ open: number }[]>`
    SELECT count(DISTINCT g.id)::int AS open
    FROM (
      SELECT DISTINCT video_variant_id FROM variant_performance
      WHERE recorded_at >= ${start}::timestamptz AND recorded_at < ${end}::timestamptz
      UNION
      SELECT p.video_variant_id
      FROM (
        SELECT DISTINCT publication_id FROM metric_observations
        WHERE recorded_at >= ${start}::timestamptz AND recorded_at < ${end}::timestamptz
      ) o
      JOIN variant_publications p ON p.id = o.publication_id
    ) measured
    JOIN video_variants v ON v.id = measured.video_variant_id
    JOIN variant_groups g ON g.id = v.variant_group_id
    WHERE g.test_status <> 'archived'`;
  let rows = 0;
  for (const table of METRIC_TABLES) rows += await countRows(queries, table, month);
  return { rows, openGroups: groups?.open ?? 0 };
}

/** Of the live table and the archive's, one of which has the month. */
async function countRows(queries: Queries, table: MetricTable, month: Date): Promise<number> {
  const [counted] = await queries.$queryRawUnsafe<{ rows: number }[]>(
    `SELECT count(*)::int AS rows FROM ${table}_all WHERE recorded_at >= $1::timestamptz AND recorded_at < $2::timestamptz`,
    startOf(month),
    endOf(month),
  );
  return counted?.rows ?? 0;
}

async function exists(queries: Queries, relation: string): Promise<boolean> {
  const [found] = await queries.$queryRaw<{ is_there: boolean }[]>`
    SELECT to_regclass(${relation}) IS NOT NULL AS is_there`;
  return found?.is_there ?? false;
}

function startOf(month: Date): string {
  return month.toISOString();
}

function endOf(month: Date): string {
  return new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1)).toISOString();
}
