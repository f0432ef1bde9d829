import { type BucketCounts, quantileBound } from './latency.ts';
import { formatUsd, type MicroUsd } from './money.ts';

/**
 * What a look at the database found, and when that is well. The limits are those of the alerts in
 * `ops/prometheus/rules.yaml`; a test holds the two equal.
 */
export const HEALTH_LIMITS = {
  /** Of the queries that ask, at the 95th percentile. */
  querySeconds: 0.1,
  /** Below so many measured queries a percentile says nothing. */
  queriesForPercentile: 100,
  /** The mean of one statement. */
  slowQuerySeconds: 1,
  /** In a week, of a table that is large enough for it to mean anything. */
  weeklyGrowth: 0.1,
  growthFloorBytes: 100_000_000,
  lockWaitSeconds: 5,
  idleInTransactionSeconds: 60,
  /** Of the connections that ordinary users may have. */
  connectionShare: 0.8,
  /** Postgres stops taking writes at about two thousand million. */
  transactionIdAge: 500_000_000,
  /** Months after this one that have their partitions. */
  monthsAhead: 2,
  /** For so long statistics must have been kept, without a migration, before an index counts as unused. */
  indexStatisticsDays: 14,
  unusedIndexBytes: 1_000_000,
} as const;

/** What to say of one part, and whether it is well. */
export interface Judgement {
  readonly isWell: boolean;
  readonly detail: string;
}

export interface LockWait {
  readonly waitingPid: number;
  readonly waitingQuery: string;
  readonly seconds: number;
  /** Who holds what it waits for; empty where it was let go meanwhile. */
  readonly blockers: readonly { readonly pid: number; readonly state: string; readonly query: string }[];
}

export interface SessionFacts {
  /** Those that wait for a second or more, the longest first. */
  readonly lockWaits: readonly LockWait[];
  readonly idleInTransaction: { readonly pid: number; readonly seconds: number } | undefined;
  readonly connections: number;
  readonly connectionsAllowed: number;
  readonly transactionIdAge: number;
}

export function judgeLocks({ lockWaits }: SessionFacts): Judgement {
  const long = lockWaits.filter(({ seconds }) => seconds > HEALTH_LIMITS.lockWaitSeconds);
  if (long.length === 0)
    return well(`nobody waits for a lock longer than ${HEALTH_LIMITS.lockWaitSeconds} s`);
  const lines = long.map(({ waitingPid, waitingQuery, seconds, blockers }) => {
    const holders = blockers.map(({ pid, state, query }) => `${pid} (${state}: ${query})`);
    return `process ${waitingPid} (${waitingQuery}) has waited ${seconds.toFixed(0)} s for ${holders.join(' and ') || 'nobody any more'}`;
  });
  return problem(
    `${lines.join('; ')}; let the holder finish, or end it with SELECT pg_terminate_backend(<its number>)`,
  );
}

export function judgeSessions(facts: SessionFacts): Judgement {
  const { idleInTransaction: idle, connections, connectionsAllowed, transactionIdAge } = facts;
  const problems: string[] = [];
  if (idle !== undefined && idle.seconds > HEALTH_LIMITS.idleInTransactionSeconds) {
    problems.push(
      `process ${idle.pid} has kept a transaction open and idle for ${idle.seconds.toFixed(0)} s, which holds its locks and keeps VACUUM from its work: end it with SELECT pg_terminate_backend(${idle.pid})`,
    );
  }
  if (connections > connectionsAllowed * HEALTH_LIMITS.connectionShare) {
    problems.push(
      `${connections} of ${connectionsAllowed} connections are in use: run fewer workers, raise max_connections, or put a pooler before it`,
    );
  }
  if (transactionIdAge > HEALTH_LIMITS.transactionIdAge) {
    problems.push(
      `its oldest transaction id is ${transactionIdAge} transactions old: find what keeps autovacuum from freezing, and run VACUUM FREEZE`,
    );
  }
  if (problems.length > 0) return problem(problems.join('; '));
  return well(`${connections} of ${connectionsAllowed} connections, transaction ids ${transactionIdAge} old`);
}

export interface PartitionFacts {
  /** Rows that found no partition of their month, by table. */
  readonly inDefault: readonly { readonly table: string; readonly rows: number }[];
  /** How many months after this one have all their partitions, without a gap. */
  readonly monthsAhead: number;
}

export function judgePartitions({ inDefault, monthsAhead }: PartitionFacts): Judgement {
  const misplaced = inDefault.filter(({ rows }) => rows > 0);
  const problems = misplaced.map(
    ({ table, rows }) => `${rows} rows of ${table} are in its default partition`,
  );
  if (monthsAhead < HEALTH_LIMITS.monthsAhead) {
    problems.push(`only ${monthsAhead} of the months to come have their partitions`);
  }
  if (problems.length === 0)
    return well(`made for ${monthsAhead} months to come, the default ones are empty`);
  return problem(
    `${problems.join(', ')}: see that a worker runs and that the schedule screentest-partitions is not paused, then trigger it`,
  );
}

export interface TableGrowth {
  readonly table: string;
  readonly bytes: number;
  readonly rows: number;
  /** A week ago; undefined where nobody measured it then. */
  readonly bytesBefore: number | undefined;
}

/** Of a week, as a share; undefined where it is not known. */
export function growthOf({ bytes, bytesBefore }: TableGrowth): number | undefined {
  return bytesBefore === undefined || bytesBefore === 0 ? undefined : (bytes - bytesBefore) / bytesBefore;
}

export function judgeGrowth(tables: readonly TableGrowth[]): Judgement {
  const growing = tables.filter(
    (table) =>
      table.bytes > HEALTH_LIMITS.growthFloorBytes && (growthOf(table) ?? 0) > HEALTH_LIMITS.weeklyGrowth,
  );
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  if (growing.length === 0) {
    const isKnown = tables.some((table) => growthOf(table) !== undefined);
    const since = isKnown
      ? 'none larger than 100 MB grew by more than 10% in a week'
      : 'growth is not known yet, since sizes have been sampled for less than a week';
    return well(`${megabytes(total)} in all; ${since}`);
  }
  const named = growing.map((table) => {
    const percent = ((growthOf(table) ?? 0) * 100).toFixed(0);
    return `${table.table} grew by ${percent}% in a week to ${megabytes(table.bytes)}`;
  });
  return problem(
    `${named.join(', ')}: see that it is what was imported and that retention runs, and plan the disk for it`,
  );
}

export interface IndexFacts {
  /** Since when uses are counted and no migration has come between; undefined before the first migration. */
  readonly countedSince: Date | undefined;
  /** Not used once since then, without those that keep a rule. A partitioned one stands for all its parts. */
  readonly unused: readonly { readonly table: string; readonly index: string; readonly bytes: number }[];
}

/** Asked for by the requirements, and hardly ever used by the queries they are for. */
export const EXPECTED_UNUSED: Readonly<Record<string, string>> = {
  idx_variant_performance_platform: 'required; six values, so every query has something better to go by',
  idx_variant_performance_metric: 'required; a few values, so every query has something better to go by',
  idx_variant_performance_variant: 'required; the natural key begins with the same column',
  idx_variant_performance_recorded_at: 'required; partitions are pruned by the same column',
  idx_video_variants_group: 'required; a unique key begins with the same column',
  idx_video_variants_status: 'required; variants are read by their group',
  idx_variant_groups_status: 'required; most groups are in one status',
  idx_video_generation_jobs_variant: 'required; a unique key begins with the same column',
  idx_video_generation_jobs_sora_id: 'required; the column has a unique key too',
  idx_video_generation_jobs_submitted_at: 'required; jobs are read by variant or by status',
};

/** Undefined as long as nobody can say: uses are counted for too short a time. */
export function unexpectedUnused(facts: IndexFacts, now: Date): IndexFacts['unused'] | undefined {
  if (facts.countedSince === undefined) return undefined;
  const days = (now.getTime() - facts.countedSince.getTime()) / 86_400_000;
  if (days < HEALTH_LIMITS.indexStatisticsDays) return undefined;
  return facts.unused.filter(
    ({ index, bytes }) => !(index in EXPECTED_UNUSED) && bytes >= HEALTH_LIMITS.unusedIndexBytes,
  );
}

export function judgeIndexes(facts: IndexFacts, now: Date): Judgement {
  const unexpected = unexpectedUnused(facts, now);
  const since = facts.countedSince?.toISOString().slice(0, 10) ?? 'never';
  if (unexpected === undefined) {
    return well(
      `not known yet: uses are counted since ${since}, and ${HEALTH_LIMITS.indexStatisticsDays} days are needed`,
    );
  }
  const expected = facts.unused.filter(({ index }) => index in EXPECTED_UNUSED).map(({ index }) => index);
  const exceptions = expected.length === 0 ? '' : ` (known exceptions: ${expected.join(', ')})`;
  if (unexpected.length === 0) return well(`none is unused since ${since}${exceptions}`);
  const named = unexpected.map(({ table, index, bytes }) => `${index} of ${table} (${megabytes(bytes)})`);
  return problem(
    `not used once since ${since}: ${named.join(', ')}; drop what no query needs, in a migration${exceptions}`,
  );
}

export interface OrderFacts {
  /** Not over although their time is: reserved, and neither charged nor released. */
  readonly overdue: {
    readonly count: number;
    readonly reserved: MicroUsd;
    readonly first: string | undefined;
  };
  /** For a person to settle. */
  readonly held: { readonly count: number; readonly reserved: MicroUsd };
  readonly open: { readonly count: number; readonly reserved: MicroUsd };
  /** Lines of the book of this month (UTC), by entry. */
  readonly thisMonth: readonly { readonly entry: string; readonly amount: MicroUsd }[];
}

export function judgeOrders({ overdue, held, open }: OrderFacts): Judgement {
  const problems: string[] = [];
  if (overdue.count > 0) {
    problems.push(
      `${formatUsd(overdue.reserved)} are reserved by ${overdue.count} orders whose time is over, such as ${overdue.first}: see that a worker of their account runs, and \`screentest jobs --all\` for where they stand`,
    );
  }
  if (held.count > 0) {
    problems.push(
      `${held.count} orders are held, ${formatUsd(held.reserved)} together: settle them, \`screentest jobs\` shows them`,
    );
  }
  if (problems.length > 0) return problem(problems.join('; '));
  return well(`${open.count} open, ${formatUsd(open.reserved)} reserved; none is overdue or held`);
}

export interface TotalsFacts {
  /** Variants whose totals were summed up anew. */
  readonly checked: number;
  /** Variants that have another total, or another count of rows, than their rows say. */
  readonly stale: readonly string[];
}

export function judgeTotals({ checked, stale }: TotalsFacts): Judgement {
  const [first] = stale;
  if (first === undefined) return well(`${checked} variants summed up anew, all agree`);
  return problem(
    `${stale.length} of ${checked} variants have totals that their rows do not add up to, such as ${first}: whoever wrote to variant_performance by another way than \`screentest metrics import\` left them behind; import the group's metrics again`,
  );
}

export interface UpkeepFacts {
  /** Changed so much since their last ANALYZE, or never analysed, that plans rest on wrong numbers. */
  readonly notAnalyzed: readonly string[];
  /** So many dead rows that VACUUM must have failed to come. */
  readonly notVacuumed: readonly string[];
}

export function judgeUpkeep({ notAnalyzed, notVacuumed }: UpkeepFacts): Judgement {
  const problems = [
    ...(notAnalyzed.length === 0
      ? []
      : [`not analysed for too long: ${notAnalyzed.join(', ')}; run ANALYZE`]),
    ...(notVacuumed.length === 0
      ? []
      : [
          `full of dead rows: ${notVacuumed.join(', ')}; look for a transaction that is open for long, run VACUUM`,
        ]),
  ];
  return problems.length === 0
    ? well('statistics are current, dead rows are few')
    : problem(problems.join('; '));
}

export interface SlowQuery {
  readonly sql: string;
  readonly calls: number;
  readonly meanSeconds: number;
  readonly longestSeconds: number;
}

export interface QueryFacts {
  /** Of all workers, in the last quarter of an hour. */
  readonly read: BucketCounts;
  readonly write: BucketCounts;
  /** Whose measurements the slowest are from: pg_stat_statements knows all clients, a worker its own queries. */
  readonly source: 'pg_stat_statements' | 'workers';
  /** By their mean, the slowest first. */
  readonly slowest: readonly SlowQuery[];
}

export function judgeLatency({ read, write }: QueryFacts): Judgement {
  const count = read.reduce((sum, [, queries]) => sum + queries, 0);
  if (count < HEALTH_LIMITS.queriesForPercentile) {
    return well(`workers have measured ${count} queries in 15 minutes: too few for a percentile`);
  }
  const p95 = quantileBound(read, 0.95) ?? 0;
  const writes = quantileBound(write, 0.95);
  const detail = `P95 of ${count} queries in 15 minutes is at most ${milliseconds(p95)}, of writes ${writes === undefined ? 'unknown' : milliseconds(writes)}`;
  if (p95 <= HEALTH_LIMITS.querySeconds) return well(detail);
  return problem(
    `${detail}; the limit is ${milliseconds(HEALTH_LIMITS.querySeconds)}: look at the slowest queries`,
  );
}

export function judgeSlowest({ source, slowest }: QueryFacts): Judgement {
  const from = source === 'workers' ? "the workers' own measurements of a day" : 'pg_stat_statements';
  if (slowest.length === 0) return well(`none is known, from ${from}`);
  const named = slowest.map(
    ({ sql, calls, meanSeconds, longestSeconds }) =>
      `${milliseconds(meanSeconds)} on average, ${milliseconds(longestSeconds)} at the most, ${calls} times: ${oneLine(sql)}`,
  );
  const detail = `from ${from}: ${named.join('; ')}`;
  const isWell = (slowest[0]?.meanSeconds ?? 0) <= HEALTH_LIMITS.slowQuerySeconds;
  return isWell ? well(detail) : problem(`${detail}; look at the first one with EXPLAIN (ANALYZE, BUFFERS)`);
}

const LINE_LENGTH = 120;

function oneLine(sql: string): string {
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  return text.length > LINE_LENGTH ? `${text.slice(0, LINE_LENGTH)}…` : text;
}

function well(detail: string): Judgement {
  return { isWell: true, detail };
}

function problem(detail: string): Judgement {
  return { isWell: false, detail };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function milliseconds(seconds: number): string {
  return Number.isFinite(seconds) ? `${Number((seconds * 1000).toPrecision(3))} ms` : 'more than 10 s';
}
