import type { QueryFacts, SlowQuery } from '../../domain/database-health.ts';
import type { BucketCounts } from '../../domain/latency.ts';
import type { Database, Queries } from '../client.ts';
import type { QueryKind } from '../measured-queries.ts';

/** Statements that are named. */
const SLOWEST = 5;
/** A statement that was asked once says nothing of what is slow. */
const LEAST_CALLS = 5;
const KEPT_DAYS = 7;

/** What a worker measured since its last sample. */
export interface LatencySample {
  readonly worker: string;
  readonly latencies: Readonly<Record<QueryKind, BucketCounts>>;
  readonly slowest: readonly SlowQuery[];
}

export async function writeLatencies(queries: Queries, sample: LatencySample): Promise<void> {
  const { worker, latencies, slowest } = sample;
  const countsOf = (counts: BucketCounts) =>
    Object.fromEntries(
      counts.filter(([, count]) => count > 0).map(([bound, count]) => [String(bound), count]),
    );
  await queries.queryLatencySample.create({
    data: {
      worker,
      latencies: { read: countsOf(latencies.read), write: countsOf(latencies.write) },
      slowest: slowest.map((query) => ({ ...query })),
    },
  });
}

export async function removeOldLatencies(database: Database): Promise<void> {
  await database.$executeRaw`
    DELETE FROM query_latency_samples WHERE created_at < now() - make_interval(days => ${KEPT_DAYS}::int)`;
}

export async function readQueries(queries: Queries): Promise<QueryFacts> {
  const rows = await queries.$queryRaw<{ kind: string; bound: string; count: number }[]>`
    SELECT kind.key AS kind, bucket.key AS bound, sum(bucket.value::bigint)::float8 AS count
    FROM query_latency_samples, jsonb_each(latencies) AS kind, jsonb_each_text(kind.value) AS bucket
    WHERE created_at > now() - interval '15 minutes'
    GROUP BY kind.key, bucket.key`;
  const countsOf = (kind: QueryKind): BucketCounts =>
    rows.filter((row) => row.kind === kind).map(({ bound, count }) => [Number(bound), count]);
  const known = await fromStatements(queries);
  return {
    read: countsOf('read'),
    write: countsOf('write'),
    source: known === undefined ? 'workers' : 'pg_stat_statements',
    slowest: known ?? (await fromWorkers(queries)),
  };
}

interface SlowRow {
  readonly sql: string;
  readonly calls: number;
  readonly mean: number;
  readonly longest: number;
}

/**
 * What is asked under our role, maintenance aside. Undefined where the extension is not there, or its library is not
 * loaded.
 */
async function fromStatements(queries: Queries): Promise<readonly SlowQuery[] | undefined> {
  const [extension] = await queries.$queryRaw<{ view: string }[]>`
    SELECT format('%I.pg_stat_statements', n.nspname) AS view
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements' AND current_setting('pg_stat_statements.max', true) IS NOT NULL`;
  if (extension === undefined) return undefined;
  const rows = await queries.$queryRawUnsafe<SlowRow[]>(
    `SELECT query AS sql, calls::float8 AS calls, mean_exec_time / 1000 AS mean, max_exec_time / 1000 AS longest
     FROM ${extension.view}
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND userid = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND toplevel AND calls >= $1
       AND query !~* '^\\s*(alter|analyze|begin|call|comment|copy|create|do|drop|reindex|truncate|vacuum)'
     ORDER BY mean_exec_time DESC LIMIT $2`,
    LEAST_CALLS,
    SLOWEST,
  );
  return rows.map(slowQuery);
}

async function fromWorkers(queries: Queries): Promise<readonly SlowQuery[]> {
  const rows = await queries.$queryRaw<SlowRow[]>`
    SELECT slow.sql, sum(slow.calls)::float8 AS calls,
      sum(slow."meanSeconds" * slow.calls) / sum(slow.calls) AS mean, max(slow."longestSeconds") AS longest
    FROM query_latency_samples,
      jsonb_to_recordset(slowest) AS slow (sql text, calls float8, "meanSeconds" float8, "longestSeconds" float8)
    WHERE created_at > now() - interval '1 day'
    GROUP BY slow.sql HAVING sum(slow.calls) >= ${LEAST_CALLS} ORDER BY mean DESC LIMIT ${SLOWEST}`;
  return rows.map(slowQuery);
}

function slowQuery({ sql, calls, mean, longest }: SlowRow): SlowQuery {
  return { sql, calls, meanSeconds: mean, longestSeconds: longest };
}
