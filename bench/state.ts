import { createHash } from 'node:crypto';
import { Client as PostgresClient } from 'pg';
import { analyzeTest } from '../analysis/analyze.ts';
import { describeVerdict } from '../analysis/describe.ts';
import { parseBrief } from '../domain/brief.ts';
import { RATE_METRICS } from '../domain/metrics.ts';
import { PLATFORMS } from '../domain/platforms.ts';

/** How much is in the database. */
export interface StateSize {
  readonly groupsAYear: number;
  readonly years: number;
  /** Days with a row for each metric and platform of each variant; the seed's own profile has one. */
  readonly daysAGroup: number;
  /** Groups beside these that have 90 days of daily rows, up to today. */
  readonly hotGroups: number;
}

export const VARIANTS_A_GROUP = 15;
/** The seed counts five platforms and five metrics. */
export const BENCH_PLATFORMS = PLATFORMS.slice(0, 5);
export const BENCH_METRICS = ['impressions', 'views', 'clicks', 'conversions', 'spend'] as const;
export const ROWS_A_DAY = VARIANTS_A_GROUP * BENCH_PLATFORMS.length * BENCH_METRICS.length;
const HOT_DAYS = 90;
/** A test runs for so long; a group is archived after a year. */
const TESTING_DAYS = 60;
/** Groups whose videos are being made. */
const GENERATING_GROUPS = 40;
/** The seed has ten campaigns a year for each venture. */
const GROUPS_A_VENTURE_AND_YEAR = 10;
const SESSIONS = 2;

type Say = (line: string) => void;
/** A table that is filled: its name, and the statements that do it. */
interface Filling {
  readonly table: string;
  readonly inserts: readonly string[];
}

/**
 * Fills a migrated database that has no groups: groups evenly over the years until today with their variants, files,
 * orders and the book's lines, publications, imports and metrics as the product's ingest leaves them (facts, roll-up
 * and totals), and an analysis of each that is over. The tables and the monthly partitions are the product's own; each
 * is filled without its indexes, which are then built at once, and without asking keys and triggers.
 */
export async function buildState(url: string, size: StateSize, say: Say): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(url)));
  try {
    const [first] = sessions;
    if (first === undefined) return;
    await numberGroups(first, size);
    const fillings = [totals(), ...(await metrics(first)), ...records(venturesIn(size))];
    const total = fillings.length;
    await Promise.all(
      sessions.map(async (session) => {
        for (let next = fillings.shift(); next !== undefined; next = fillings.shift()) {
          await fill(session, next);
          const done = total - fillings.length;
          if (done % 10 === 0) say(`  ${done} of ${total} tables and partitions are filled`);
        }
      }),
    );
    // A parent has statistics of its own, which autovacuum never gathers; its partitions' are gathered with them.
    const parents = ['variant_performance', 'metric_observations'];
    await Promise.all(parents.map((parent, at) => sessions[at % SESSIONS]?.query(`ANALYZE ${parent}`)));
    await first.query('CHECKPOINT');
  } finally {
    for (const session of sessions) await session.end();
  }
}

async function openSession(url: string): Promise<PostgresClient> {
  const session = new PostgresClient({ connectionString: url });
  await session.connect();
  await session.query(`SET timezone = 'UTC'; SET session_replication_role = replica; SET synchronous_commit = off;
    SET maintenance_work_mem = '512MB'; SET max_parallel_maintenance_workers = 0; SET max_parallel_workers_per_gather = 0`);
  return session;
}

async function fill(session: PostgresClient, { table, inserts }: Filling): Promise<void> {
  const setReady = (isReady: boolean) =>
    session.query('UPDATE pg_index SET indisready = $2 WHERE indrelid = $1::regclass', [table, isReady]);
  await setReady(false);
  for (const insert of inserts) await session.query(insert);
  await setReady(true);
  await session.query(`REINDEX TABLE ${table}`);
  await session.query(`VACUUM ${isPartition(table) ? '' : '(ANALYZE)'} ${table}`);
}

function isPartition(table: string): boolean {
  return table.startsWith('screentest_partitions.');
}

/** The list that all rows are made from, in the order in which the groups were started. */
async function numberGroups(session: PostgresClient, size: StateSize): Promise<void> {
  const { groupsAYear, years, daysAGroup, hotGroups } = size;
  const groups = groupsAYear * years;
  await session.query(`
    CREATE SCHEMA bench;
    CREATE TABLE bench.groups AS
    SELECT number, is_hot, created_at,
      CASE WHEN is_hot THEN 'testing'
        WHEN number >= ${groups - Math.ceil(GENERATING_GROUPS * Math.min(1, groups / 30_000))} THEN 'generating'
        WHEN created_at > today - INTERVAL '${TESTING_DAYS + daysAGroup - 1} days' THEN 'testing'
        WHEN created_at > today - INTERVAL '1 year' THEN 'completed'
        ELSE 'archived' END AS status,
      -- A day's numbers are recorded at its end.
      created_at::date + 1 AS first_day,
      least(today::date, created_at::date + CASE WHEN is_hot THEN ${HOT_DAYS} ELSE ${daysAGroup} END) AS last_day
    FROM (
      SELECT number, number >= ${groups} AS is_hot, today,
        CASE WHEN number >= ${groups} THEN today - INTERVAL '${HOT_DAYS} days'
          ELSE today - INTERVAL '${daysAGroup} days' - (1 - (number + 1) / ${groups}.0) * INTERVAL '${years} years' END AS created_at
      FROM generate_series(0, ${groups + hotGroups - 1}) number, date_trunc('day', now(), 'UTC') today
    ) g;
    UPDATE bench.groups SET last_day = first_day - 1 WHERE status = 'generating';
    ALTER TABLE bench.groups ADD PRIMARY KEY (number);
    CREATE INDEX ON bench.groups (last_day, first_day);
    ANALYZE bench.groups`);
}

/** How many ventures share the groups. */
export function venturesIn({ groupsAYear }: StateSize): number {
  return Math.ceil(groupsAYear / GROUPS_A_VENTURE_AND_YEAR);
}

/** Of the group, variant or other thing with this number, as the statements below make it. */
export function benchId(kind: 'group' | 'variant', number: number): string {
  const digits = createHash('md5').update(`${kind} ${number}`).digest('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// What the rows are made from. Ids follow from numbers, so that tables agree without a look-up, and scatter like random ones.
const PERSON = `md5('person')::uuid`;
const GROUP_ID = `md5('group ' || g.number)::uuid`;
const IMPORT_ID = `md5('import ' || g.number)::uuid`;
const VARIANT_ID = `md5('variant ' || v.number)::uuid`;
const PUBLICATION_ID = `md5('publication ' || v.number || p.name)::uuid`;
const JOB_ID = `md5('job ' || v.number)::uuid`;
const VARIANTS = `bench.groups g CROSS JOIN LATERAL (
  SELECT position, g.number * ${VARIANTS_A_GROUP} + position AS number FROM generate_series(0, ${VARIANTS_A_GROUP - 1}) position) v`;
const PLATFORM_LIST = `unnest(ARRAY['${BENCH_PLATFORMS.join("', '")}']) WITH ORDINALITY AS p (name, at)`;
const METRIC_LIST = `(VALUES ${BENCH_METRICS.map((metric) => `('${metric}', '${metric === 'spend' ? 'dollars' : 'count'}')`).join(', ')}) AS m (name, unit)`;

/** What a platform reports for a metric on a day, in proportions that tests really have. */
const VALUE = `CASE m.name WHEN 'impressions' THEN 1000 + noise WHEN 'views' THEN 600 + noise / 2
  WHEN 'clicks' THEN 30 + noise / 100 WHEN 'conversions' THEN 10 + noise / 300 ELSE 10 + noise / 50.0 END`;

const NOISE = `(g.number * 7919 + v.number * 104729::bigint + p.at * 1299709 + (day - DATE '2020-01-01') * 15485863::bigint) % 3000`;

/** OFFSET 0 has what is the same for an ad's metrics worked out once. */
function adsOn(day: string): string {
  return `(
    SELECT ${VARIANT_ID} AS variant_id, ${PUBLICATION_ID} AS publication_id, ${IMPORT_ID} AS import_id, p.name AS platform,
      ${NOISE} AS noise
    FROM ${VARIANTS} CROSS JOIN ${PLATFORM_LIST} CROSS JOIN (VALUES (DATE '${day}')) AS d (day)
    WHERE g.last_day >= '${day}' AND g.first_day <= '${day}'
    OFFSET 0) ad`;
}

/** The roll-up and the facts, a month and then a day at a time: as the imports of those days would have left them. */
async function metrics(session: PostgresClient): Promise<readonly Filling[]> {
  const { rows } = await session.query<{ month: string; days: string[] }>(`
    SELECT to_char(day, 'YYYY-MM-01') AS month, array_agg(to_char(day, 'YYYY-MM-DD') ORDER BY day) AS days
    FROM generate_series((SELECT min(first_day) FROM bench.groups), (SELECT max(last_day) FROM bench.groups), '1 day') day
    GROUP BY 1 ORDER BY 1`);
  const fillings: Filling[] = [];
  for (const { month, days } of rows) {
    await session.query('SELECT screentest_ensure_month_partitions($1::date, 1)', [month]);
    const suffix = month.slice(0, 7).replace('-', '_');
    const performance = `screentest_partitions.variant_performance_${suffix}`;
    const observations = `screentest_partitions.metric_observations_${suffix}`;
    fillings.push(
      { table: performance, inserts: days.map((day) => performanceOn(performance, day)) },
      { table: observations, inserts: days.map((day) => observationsOn(observations, day)) },
    );
  }
  return fillings;
}

function performanceOn(table: string, day: string): string {
  return `
    INSERT INTO ${table} (video_variant_id, platform, metric_name, metric_value, metric_unit, recorded_at, data_source, created_by, created_at)
    SELECT ad.variant_id, ad.platform, m.name, ${VALUE}, m.unit, '${day}', 'csv', ${PERSON}, '${day}'
    FROM ${adsOn(day)} CROSS JOIN ${METRIC_LIST}`;
}

function observationsOn(table: string, day: string): string {
  return `
    INSERT INTO ${table} (publication_id, metric_name, recorded_at, value, import_id, created_by, created_at, updated_at)
    SELECT ad.publication_id, m.name, '${day}', ${VALUE}, ad.import_id, ${PERSON}, '${day}', '${day}'
    FROM ${adsOn(day)} CROSS JOIN ${METRIC_LIST}`;
}

/** Of the same values, added up over the days. */
function totals(): Filling {
  return {
    table: 'variant_metric_totals',
    inserts: [
      `INSERT INTO variant_metric_totals
        (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count, created_by)
      SELECT ad.variant_id, ad.platform, m.name, total, ad.first_day, ad.last_day, 1 + ad.last_day - ad.first_day, ${PERSON}
      FROM (
        SELECT ${VARIANT_ID} AS variant_id, p.name AS platform, g.first_day, g.last_day, noises.*
        FROM ${VARIANTS} CROSS JOIN ${PLATFORM_LIST} CROSS JOIN LATERAL (
          SELECT ${BENCH_METRICS.map((metric) => `sum(${VALUE.replace('m.name', `'${metric}'`)}) AS ${metric}`).join(', ')}
          FROM (SELECT ${NOISE} AS noise FROM (SELECT g.first_day + n AS day FROM generate_series(0, g.last_day - g.first_day) n) d) x
        ) noises
        WHERE g.last_day >= g.first_day
        OFFSET 0
      ) ad CROSS JOIN LATERAL (VALUES ${BENCH_METRICS.map((metric) => `('${metric}', ad.${metric})`).join(', ')}) AS m (name, total)`,
    ],
  };
}

const BRIEF = parseBrief({
  venture: 'Venture 1',
  name: 'Bench',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
  video: { model: 'sora-2', seconds: 8, size: '1280x720' },
  variants: Array.from({ length: VARIANTS_A_GROUP }, (_, position) => ({
    name: `Variant ${position + 1}`,
    prompt: `A small espresso machine on a kitchen counter in the morning sun, take ${position + 1}; steam, a cup, a slow pan to the logo.`,
  })),
});

const IS_MADE = `g.status <> 'generating'`;

/** All that is not metrics. */
function records(ventures: number): readonly Filling[] {
  const settings = { brief: BRIEF, generation: { mode: 'automatic', reason: 'bench', smokeTest: null } };
  const fillings: Readonly<Record<string, string>> = {
    'auth.users': `INSERT INTO auth.users (id, email) VALUES (${PERSON}, 'bench@example.com')`,
    ventures: `
      INSERT INTO ventures (id, name, created_by)
      SELECT md5('venture ' || number)::uuid, 'Venture ' || number, ${PERSON}
      FROM generate_series(0, ${ventures - 1}) number`,
    variant_groups: `
      INSERT INTO variant_groups (id, venture_id, use_case_template, use_case_template_id, test_name, test_description, test_status,
        winner_variant_id, outcome, decision, variant_group_settings, created_by, created_at, updated_at, completed_at)
      SELECT ${GROUP_ID}, md5('venture ' || g.number % ${ventures})::uuid, t.code, t.id, 'Test ' || g.number, 'Which opening sells', g.status,
        CASE WHEN is_over AND has_winner THEN md5('variant ' || g.number * ${VARIANTS_A_GROUP} + 1)::uuid END,
        CASE WHEN is_over THEN CASE WHEN has_winner THEN 'winner' ELSE 'no_winner' END END,
        CASE WHEN is_over THEN '{"by": "bench@example.com", "reason": "the numbers"}'::jsonb END,
        ${literal(settings)}::jsonb, ${PERSON}, g.created_at, g.created_at,
        CASE WHEN is_over THEN g.last_day + INTERVAL '1 day' END
      FROM bench.groups g
      CROSS JOIN LATERAL (SELECT g.status IN ('completed', 'archived') AS is_over, g.number % 10 > 0 AS has_winner) s
      CROSS JOIN (SELECT code, id FROM use_case_templates WHERE code = 'PRODUCT_REVEAL') t
      ORDER BY g.number`,
    video_variants: `
      INSERT INTO video_variants (id, variant_group_id, variant_name, position, prompt_text, prompt_mutations, generation_status,
        video_url, video_duration_seconds, generation_cost_usd, generation_job_id, sora_model, created_by, created_at, generated_at)
      SELECT ${VARIANT_ID}, ${GROUP_ID}, 'Variant ' || v.position + 1, v.position, ${literal(BRIEF.variants)}::jsonb -> v.position ->> 'prompt',
        '{"tone": "warm"}', CASE WHEN ${IS_MADE} THEN 'completed' ELSE 'generating' END,
        CASE WHEN ${IS_MADE} THEN 'file:///videos/' || ${VARIANT_ID} || '.mp4' END, CASE WHEN ${IS_MADE} THEN 8 END,
        CASE WHEN ${IS_MADE} THEN 0.8 END, 'video_' || v.number, 'sora-2', ${PERSON}, g.created_at,
        CASE WHEN ${IS_MADE} THEN g.created_at + INTERVAL '10 minutes' END
      FROM ${VARIANTS} ORDER BY v.number`,
    video_generation_jobs: `
      INSERT INTO video_generation_jobs (id, video_variant_id, idempotency_key, provider, provider_account, model, width, height, seconds,
        submission_state, reserved_usd, sora_job_id, job_status, job_submitted_at, job_completed_at, polling_count, video_url,
        generation_cost_usd, created_by, created_at)
      SELECT ${JOB_ID}, ${VARIANT_ID}, 'screentest/' || ${VARIANT_ID} || '/main/1', 'openai-compatible', 'default', 'sora-2', 1280, 720, 8,
        CASE WHEN is_sent THEN 'accepted' ELSE 'reserved' END, 0.8, CASE WHEN is_sent THEN 'video_' || v.number END,
        CASE WHEN ${IS_MADE} THEN 'completed' WHEN is_sent THEN 'processing' ELSE 'pending' END,
        CASE WHEN is_sent THEN g.created_at END, CASE WHEN ${IS_MADE} THEN g.created_at + INTERVAL '10 minutes' END, 12,
        CASE WHEN ${IS_MADE} THEN 'file:///videos/' || ${VARIANT_ID} || '.mp4' END, CASE WHEN ${IS_MADE} THEN 0.8 END, ${PERSON}, g.created_at
      FROM ${VARIANTS} CROSS JOIN LATERAL (SELECT ${IS_MADE} OR v.position % 2 = 0 AS is_sent) s ORDER BY v.number`,
    variant_renditions: `
      INSERT INTO variant_renditions (video_variant_id, rendition, width, height, duration_seconds, size_bytes, sha256, content_type,
        storage_key, video_url, created_by, created_at)
      SELECT ${VARIANT_ID}, 'main', 1280, 720, 8, 4000000, md5('a' || v.number) || md5('b' || v.number), 'video/mp4',
        'videos/' || ${VARIANT_ID} || '.mp4', 'file:///videos/' || ${VARIANT_ID} || '.mp4', ${PERSON}, g.created_at
      FROM ${VARIANTS} WHERE ${IS_MADE} ORDER BY v.number`,
    budget_ledger: `
      INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month, created_by, created_at)
      SELECT ${GROUP_ID}, ${JOB_ID}, entry, 800000, date_trunc('month', g.created_at, 'UTC'), ${PERSON}, g.created_at
      FROM ${VARIANTS} CROSS JOIN unnest(ARRAY['reserve', 'settle']) entry
      WHERE entry = 'reserve' OR ${IS_MADE} ORDER BY v.number, entry`,
    variant_publications: `
      INSERT INTO variant_publications (id, video_variant_id, platform, created_by, created_at)
      SELECT ${PUBLICATION_ID}, ${VARIANT_ID}, p.name, ${PERSON}, g.created_at
      FROM ${VARIANTS} CROSS JOIN ${PLATFORM_LIST} WHERE ${IS_MADE}`,
    metric_imports: `
      INSERT INTO metric_imports (id, variant_group_id, file_name, source, rows_inserted, created_by, created_at)
      SELECT ${IMPORT_ID}, ${GROUP_ID}, 'export.csv', 'csv', ${ROWS_A_DAY} * (1 + g.last_day - g.first_day), ${PERSON}, g.last_day
      FROM bench.groups g WHERE ${IS_MADE} ORDER BY g.number`,
    analysis_snapshots: `
      INSERT INTO analysis_snapshots (variant_group_id, taken_at, trigger, verdict, look, created_by)
      SELECT ${GROUP_ID}, g.last_day, 'final', ${literal(someVerdict())}::jsonb, 1, ${PERSON}
      FROM bench.groups g WHERE g.status IN ('completed', 'archived') ORDER BY g.number`,
  };
  return Object.entries(fillings).map(([table, insert]) => ({ table, inserts: [insert] }));
}

/** As large as that of a real group. */
function someVerdict(): object {
  const arms = Array.from({ length: VARIANTS_A_GROUP }, (_, at) => ({
    id: `${at}`,
    name: `Variant ${at + 1}`,
  }));
  const cells = arms.flatMap(({ id }, at) =>
    BENCH_PLATFORMS.map((platform) => ({
      armId: id,
      platform,
      cell: '',
      day: '2026-01-01',
      exposures: 2500,
      conversions: 10 + at,
    })),
  );
  const verdict = analyzeTest({ metric: RATE_METRICS.conversion_rate, arms, cells });
  return { ...verdict, sentence: describeVerdict(verdict) };
}

function literal(value: unknown): string {
  return `'${JSON.stringify(value).replaceAll("'", "''")}'`;
}
