import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Client as PostgresClient } from 'pg';
import { readAnalysisData } from '../database/analysis-data.ts';
import { createDatabase, type Database } from '../database/client.ts';
import { findGroupId, listGroups, readGroup } from '../database/group-queries.ts';
import { listJobs } from '../database/job-queries.ts';
import { readMetricTotals, readMetricValues } from '../database/metric-queries.ts';
import { groupId } from '../domain/ids.ts';
import type { WriterOrder, WriterReport } from './metric-writer.ts';
import { atPace } from './paced.ts';
import { type PlanFindings, plansOf } from './plans.ts';
import { keep, quantile, rounded } from './results.ts';
import { BENCH_PLATFORMS, benchId, type StateSize, VARIANTS_A_GROUP, venturesIn } from './state.ts';
import { type StateServer, withState } from './state-server.ts';

const HELP = `How quick the questions are that people ask of the database, at ten times the volume that is planned for.

  npm run bench:queries -- [options]

  --profile <name>     seed: three years, 10,000 groups in each, every metric once; the default
                       daily: a year of 1,000 groups, every metric on each of 90 days
  --years <n>          of groups, instead of the profile's
  --scale <share>      of the groups; 1
  --seconds <n>        of measuring; 60
  --warm-up <n>        seconds before that, which do not count; 10
  --rate <n>           questions a second in all; 200
  --rows <n>           metric rows written beside them, a second; 1000
  --no-targets         fail for a bad plan alone, not for what took too long
  --keep               keep the data for the next run
  --out <file.json>    where the figures are written; bench/results/queries.json
  --help
`;

const { values: options } = parseArgs({
  options: {
    profile: { type: 'string', default: 'seed' },
    years: { type: 'string' },
    scale: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    rows: { type: 'string', default: '1000' },
    'no-targets': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    out: { type: 'string', default: 'bench/results/queries.json' },
    help: { type: 'boolean', default: false },
  },
});

const PROFILES: Readonly<Record<string, Pick<StateSize, 'groupsAYear' | 'years' | 'daysAGroup'>>> = {
  seed: { groupsAYear: 10_000, years: 3, daysAGroup: 1 },
  daily: { groupsAYear: 1000, years: 1, daysAGroup: 90 },
};
const HOT_GROUPS = 30;
const READERS = 8;

/** A question as the product asks it. */
interface Pattern {
  /** P95 in milliseconds. */
  readonly targetMs: number;
  /** Of forty questions, how many are this one. */
  readonly share: number;
  /** Of a partitioned table, how many partitions its bounds leave at the most. */
  readonly mostPartitions: number;
  ask(database: Database, random: () => number): Promise<unknown>;
}

function patternsOf(size: StateSize): Readonly<Record<string, Pattern>> {
  const groups = size.groupsAYear * size.years;
  const ventures = venturesIn(size);
  const some = (count: number, random: () => number) => Math.floor(random() * count);
  const someGroup = (random: () => number) => groupId(benchId('group', some(groups, random)));
  const hotGroup = (random: () => number) => groupId(benchId('group', groups + some(size.hotGroups, random)));
  const variant = (random: () => number) => `Variant ${1 + some(VARIANTS_A_GROUP, random)}`;
  const platform = (random: () => number) => BENCH_PLATFORMS[some(BENCH_PLATFORMS.length, random)];
  const monthsOfGroup = size.daysAGroup === 1 ? 1 : 5;
  return {
    'groups of a venture': {
      targetMs: 10,
      share: 8,
      mostPartitions: 0,
      ask: (database, random) =>
        listGroups(database, { venture: `venture ${some(ventures, random)}`, limit: 50 }),
    },
    'a group by its name': {
      targetMs: 10,
      share: 2,
      mostPartitions: 0,
      ask: (database, random) => findGroupId(database, `Test ${some(groups, random)}`),
    },
    'variants of a group': {
      targetMs: 20,
      share: 8,
      mostPartitions: 0,
      ask: (database, random) => readGroup(database, someGroup(random)),
    },
    'metrics of a variant on a platform': {
      targetMs: 50,
      share: 8,
      mostPartitions: monthsOfGroup,
      ask: (database, random) =>
        readMetricValues(database, {
          groupId: someGroup(random),
          variant: variant(random),
          platform: platform(random),
        }),
    },
    'totals of a group': {
      targetMs: 50,
      share: 2,
      mostPartitions: 0,
      ask: (database, random) => readMetricTotals(database, { groupId: someGroup(random) }),
    },
    'pending jobs': {
      targetMs: 20,
      share: 8,
      mostPartitions: 0,
      ask: (database) => listJobs(database, { only: 'pending', limit: 500 }),
    },
    'totals of a group with 90 daily days': {
      targetMs: 50,
      share: 3,
      mostPartitions: 0,
      ask: (database, random) => readMetricTotals(database, { groupId: hotGroup(random) }),
    },
    'analysis of a group with 90 daily days': {
      targetMs: 50,
      share: 1,
      mostPartitions: 5,
      ask: (database, random) => readAnalysisData(database, hotGroup(random)),
    },
  };
}

async function main(): Promise<void> {
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const profile = PROFILES[options.profile];
  if (profile === undefined)
    throw new Error(`--profile ${options.profile}: allowed are ${Object.keys(PROFILES).join(', ')}`);
  const scale = Number(options.scale);
  const size: StateSize = {
    ...profile,
    groupsAYear: Math.ceil(profile.groupsAYear * scale),
    years: Number(options.years ?? profile.years),
    hotGroups: Math.ceil(HOT_GROUPS * scale),
  };
  say(
    `${size.groupsAYear * size.years} groups over ${size.years} years, and ${size.hotGroups} with 90 daily days`,
  );
  await withState({ size, keeps: options.keep, say }, async (server) => {
    const patterns = patternsOf(size);
    const tables = await tableSizes(server.url);
    for (const [table, { rows, megabytes }] of Object.entries(tables)) {
      say(
        `  ${table.padEnd(24)} ${rows.toLocaleString('en-US').padStart(12)} rows ${String(megabytes).padStart(8)} MB`,
      );
    }
    const plans = await allPlans(server, patterns);
    const { latencies, writing } = await measure(server, patterns);
    const problems = Object.entries(plans).flatMap(([name, found]) =>
      found.problems.map((problem) => `${name}: ${problem}`),
    );
    const measured = Object.fromEntries(
      Object.entries(patterns).map(([name, { targetMs }]) => {
        const times = latencies.get(name) ?? [];
        const at = (share: number) => rounded(quantile(times, share), 1);
        const figures = {
          questions: times.length,
          p50Ms: at(0.5),
          p95Ms: at(0.95),
          p99Ms: at(0.99),
          targetMs,
        };
        say(
          `  ${name.padEnd(40)} P50 ${figures.p50Ms} P95 ${figures.p95Ms} P99 ${figures.p99Ms} ms, target ${targetMs}${figures.p95Ms > targetMs ? ': MISSED' : ''}`,
        );
        if (!options['no-targets'] && figures.p95Ms > targetMs)
          problems.push(`${name}: P95 is ${figures.p95Ms} ms, not ${targetMs}`);
        return [name, { ...figures, plan: plans[name] }];
      }),
    );
    const written = {
      rowsPerSecond: rounded(writing.rows / writing.seconds, 0),
      importRows: Math.round(writing.rows / Math.max(1, writing.latencies.length)),
      importP50Ms: rounded(quantile(writing.latencies, 0.5), 1),
      importP95Ms: rounded(quantile(writing.latencies, 0.95), 1),
    };
    say(
      `  written beside them: ${written.rowsPerSecond} rows/s, an import of ${written.importRows} P50 ${written.importP50Ms} P95 ${written.importP95Ms} ms`,
    );
    if (!options['no-targets'] && written.rowsPerSecond < Number(options.rows) * 0.95) {
      problems.push(`only ${written.rowsPerSecond} rows/s were written`);
    }
    await keep(options.out, options.profile, {
      size,
      rate: Number(options.rate),
      readers: READERS,
      seconds: Number(options.seconds),
      ...(server.buildSeconds !== undefined && { buildSeconds: rounded(server.buildSeconds, 0) }),
      tables,
      patterns: measured,
      written,
      problems,
    });
    for (const problem of problems) say(`NOT AS IT SHOULD BE: ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  });
}

/** Before anything is written, so that only the rows are there that the groups' own bounds are known for. */
async function allPlans(
  server: StateServer,
  patterns: Readonly<Record<string, Pattern>>,
): Promise<Readonly<Record<string, PlanFindings>>> {
  const plans: Record<string, PlanFindings> = {};
  for (const [name, { mostPartitions, ask }] of Object.entries(patterns)) {
    const random = randomFrom(1);
    plans[name] = await plansOf(server, mostPartitions, async (database) => {
      for (let count = 0; count < 5; count += 1) await ask(database, random);
    });
  }
  return plans;
}

async function measure(
  { url }: StateServer,
  patterns: Readonly<Record<string, Pattern>>,
): Promise<{ latencies: ReadonlyMap<string, readonly number[]>; writing: WriterReport }> {
  const seconds = Number(options.seconds);
  const warmUp = Number(options['warm-up']);
  const database = createDatabase(url, READERS);
  try {
    const everyMs = 1000 / Number(options.rate);
    const readFor = (duration: number, seed: number) => {
      const random = randomFrom(seed);
      const deck = Object.entries(patterns).flatMap(([name, pattern]) =>
        Array.from({ length: pattern.share }, () => ({ name, pattern })),
      );
      const count = Math.ceil((duration * 1000) / everyMs);
      const asked = Array.from({ length: count }, () => deck[Math.floor(random() * deck.length)]);
      return atPace({ count, everyMs, atOnce: READERS }, async (number) => {
        await asked[number]?.pattern.ask(database, random);
      }).then((times) => times.map((time, number) => ({ name: asked[number]?.name ?? '', time })));
    };
    const writing = write({
      url,
      rowsPerSecond: Number(options.rows),
      seconds: seconds + warmUp,
      groups: await groupsInTest(url),
    });
    say(`measuring for ${seconds} s, after ${warmUp} s that do not count`);
    await readFor(warmUp, 2);
    const latencies = new Map<string, number[]>();
    for (const { name, time } of await readFor(seconds, 3))
      latencies.set(name, [...(latencies.get(name) ?? []), time]);
    return { latencies, writing: await writing };
  } finally {
    await database.$disconnect();
  }
}

function write(workerData: WriterOrder): Promise<WriterReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./metric-writer.js', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function groupsInTest(url: string): Promise<readonly number[]> {
  const rows = await ask<{ number: number }>(
    url,
    `SELECT number FROM bench.groups WHERE status = 'testing' ORDER BY md5(number::text)`,
  );
  return rows.map(({ number }) => number);
}

async function tableSizes(
  url: string,
): Promise<Readonly<Record<string, { rows: number; megabytes: number }>>> {
  const rows = await ask<{ table: string; rows: number; megabytes: number }>(
    url,
    `SELECT parent.relname AS table, sum(greatest(part.reltuples, 0))::float8 AS rows,
       round(sum(pg_total_relation_size(part.oid)) / 1048576)::float8 AS megabytes
     FROM pg_class parent
     CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(parent.oid) UNION SELECT parent.oid) tree
     JOIN pg_class part ON part.oid = tree.relid AND part.relkind = 'r'
     WHERE parent.relnamespace = 'public'::regnamespace AND parent.relkind IN ('r', 'p')
     GROUP BY 1 HAVING sum(greatest(part.reltuples, 0)) > 1000 ORDER BY 3 DESC`,
  );
  return Object.fromEntries(rows.map(({ table, ...size }) => [table, size]));
}

async function ask<Row extends object>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new PostgresClient({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The same numbers each time: mulberry32, in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
