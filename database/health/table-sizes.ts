import type { TableGrowth } from '../../domain/database-health.ts';
import type { Database, Queries } from '../client.ts';

/** Of any more tables the smallest are left out, so that what is reported stays bounded. */
const MOST_TABLES = 50;
/** A little more than a year: this week can be compared with the same one a year ago. */
const KEPT_DAYS = 400;

interface SizeRow {
  readonly table: string;
  readonly bytes: bigint;
  readonly rows: bigint;
}

/** Each table with all its partitions: a partitioned table itself is empty. */
async function readSizes(queries: Queries): Promise<readonly SizeRow[]> {
  return queries.$queryRaw<SizeRow[]>`
    SELECT c.relname::text AS table, sum(pg_total_relation_size(part.oid))::bigint AS bytes,
      sum(greatest(part.reltuples, 0))::bigint AS rows
    FROM pg_class c
    LEFT JOIN LATERAL pg_partition_tree(c.oid) AS tree ON tree.isleaf
    JOIN pg_class part ON part.oid = coalesce(tree.relid, c.oid)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY c.relname ORDER BY bytes DESC, c.relname LIMIT ${MOST_TABLES}`;
}

/** As they are now, beside what was sampled a week ago, or a few days before that where that day is missing. */
export async function readGrowth(queries: Queries): Promise<readonly TableGrowth[]> {
  const sizes = await readSizes(queries);
  const before = await queries.$queryRaw<{ table: string; bytes: bigint }[]>`
    SELECT DISTINCT ON (table_name) table_name AS table, total_bytes AS bytes FROM table_size_samples
    WHERE sampled_on BETWEEN (now() AT TIME ZONE 'UTC')::date - 10 AND (now() AT TIME ZONE 'UTC')::date - 7
    ORDER BY table_name, sampled_on DESC`;
  const bytesBefore = new Map(before.map(({ table, bytes }) => [table, Number(bytes)]));
  return sizes.map(({ table, bytes, rows }) => ({
    table,
    bytes: Number(bytes),
    rows: Number(rows),
    bytesBefore: bytesBefore.get(table),
  }));
}

/** Today's sample; a second one of the same day replaces the first. Old ones are removed. @returns how many tables */
export async function sampleSizes(database: Database): Promise<number> {
  const sizes = await readSizes(database);
  const names = sizes.map(({ table }) => table);
  const bytes = sizes.map((size) => size.bytes);
  const rows = sizes.map((size) => size.rows);
  await database.$executeRaw`
    INSERT INTO table_size_samples (sampled_on, table_name, total_bytes, row_estimate)
    SELECT (now() AT TIME ZONE 'UTC')::date, given.*
    FROM unnest(${names}::text[], ${bytes}::bigint[], ${rows}::bigint[]) AS given
    ON CONFLICT (sampled_on, table_name)
      DO UPDATE SET total_bytes = excluded.total_bytes, row_estimate = excluded.row_estimate`;
  await database.$executeRaw`
    DELETE FROM table_size_samples WHERE sampled_on < (now() AT TIME ZONE 'UTC')::date - ${KEPT_DAYS}::int`;
  return sizes.length;
}
