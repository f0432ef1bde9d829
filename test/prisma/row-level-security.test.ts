import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { migrate } from '../../prisma/migrator.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { column, connected } from './clients.ts';
import { insertRowsEverywhere, USER, VENTURE } from './rows.ts';
import { actAsSupabase } from './supabase.ts';

const BO = '00000000-0000-4000-9000-000000000001';
const BOS_VENTURE = '00000000-0000-4000-9000-000000000002';
const STRANGER = '00000000-0000-4000-9000-000000000003';

/** What Bo has; all else is Ana's. */
const BOS_ROWS: Readonly<Record<string, number>> = {
  'public.ventures': 1,
  'public.venture_members': 1,
  'public.variant_groups': 1,
  'public.video_variants': 1,
  'public.variant_publications': 1,
  'public.metric_observations': 1,
  'public.variant_performance': 1,
  'public.group_events': 1,
};

/** Read by no member, each for its reason. */
const NOBODYS = new Set([
  // Of the video API's account, not of a venture.
  'public.provider_smoke_tests',
  // The operator's: what became of months, how the database fares, which one it is.
  'public.archived_partitions',
  'public.installation',
  'public.monitoring_snapshots',
  'public.query_latency_samples',
  'public.table_size_samples',
  // The migrator's own.
  'public._prisma_migrations',
]);

let database: TestDatabase;
let client: pg.Client;
let tables: readonly string[];

beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  client = await connected(database.url);
  await actAsSupabase(client);
  await migrate({ connectionString: database.url, opensAutomaticMode: true });
  await insertRowsEverywhere(client);
  await client.query(`
    INSERT INTO auth.users (id, email) VALUES ('${BO}', 'bo@example.com'), ('${STRANGER}', 'cleo@example.com');
    INSERT INTO ventures (id, name) VALUES ('${BOS_VENTURE}', 'Tea');
    INSERT INTO venture_members (venture_id, user_id, role) VALUES ('${BOS_VENTURE}', '${BO}', 'viewer');
    WITH grouped AS (
      INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name)
      SELECT '${BOS_VENTURE}', code, id, 'Harvest' FROM use_case_templates LIMIT 1 RETURNING id
    ), told AS (
      INSERT INTO group_events (variant_group_id, venture_id, event, actor)
      SELECT id, '${BOS_VENTURE}', 'planned', 'bo@example.com' FROM grouped
    )
    INSERT INTO video_variants (variant_group_id, variant_name, position, prompt_text)
    SELECT id, 'Control', 0, 'A cup of tea' FROM grouped;
    WITH published AS (
      INSERT INTO variant_publications (video_variant_id, platform)
      SELECT id, 'youtube' FROM video_variants WHERE prompt_text = 'A cup of tea' RETURNING *
    ), observed AS (
      INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value)
      SELECT id, 'views', now(), 7 FROM published
    )
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value)
    SELECT video_variant_id, platform, 'views', 7 FROM published;
  `);
  tables = (
    await column(
      client,
      `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1`,
    )
  ).map(String);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Runs `work` as the API would for one of its users, and undoes it. */
async function as<T>(role: string, subject: string | undefined, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL ROLE ${role}`);
    const claims = subject === undefined ? '' : JSON.stringify({ sub: subject, role });
    await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [claims]);
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

async function countOf(table: string): Promise<number> {
  return Number((await column(client, `SELECT count(*) FROM ${table}`))[0]);
}

async function countsBy(role: string, subject: string | undefined): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  await as(role, subject, async () => {
    for (const table of tables) {
      if (table !== 'public._prisma_migrations') counts[table] = await countOf(table);
    }
  });
  return counts;
}

describe('a member of a venture', () => {
  test('reads every row of that venture, in every table', async () => {
    const seen = await countsBy('authenticated', USER);
    for (const table of Object.keys(seen)) {
      const all = await countOf(table);
      const expected = NOBODYS.has(table) ? 0 : all - (BOS_ROWS[table] ?? 0);
      expect({ table, rows: seen[table] }).toEqual({ table, rows: expected });
      if (!NOBODYS.has(table)) expect({ table, isEmpty: expected === 0 }).toEqual({ table, isEmpty: false });
    }
  });

  test('reads no row of another venture, in any table', async () => {
    const seen = await countsBy('authenticated', BO);
    const { 'public.use_case_templates': templates, ...rest } = seen;
    expect(templates).toBe(1);
    expect(rest).toEqual(Object.fromEntries(Object.keys(rest).map((table) => [table, BOS_ROWS[table] ?? 0])));
    const others = await as('authenticated', BO, () =>
      column(client, `SELECT venture_id FROM group_events UNION SELECT venture_id FROM venture_members`),
    );
    expect(others).toEqual([BOS_VENTURE]);
  });

  test('who leaves it reads nothing of it any more', async () => {
    await client.query('BEGIN');
    await client.query(`DELETE FROM venture_members WHERE user_id = '${USER}'`);
    await client.query('SET LOCAL ROLE authenticated');
    await client.query(`SELECT set_config('request.jwt.claims', '{"sub":"${USER}"}', true)`);
    expect(await countOf('variant_groups')).toBe(0);
    expect(await countOf('variant_performance')).toBe(0);
    await client.query('ROLLBACK');
  });
});

test('somebody of no venture reads the templates, and nothing else', async () => {
  const { 'public.use_case_templates': templates, ...rest } = await countsBy('authenticated', STRANGER);
  expect(templates).toBe(1);
  expect(new Set(Object.values(rest))).toEqual(new Set([0]));
});

test.each([
  ['anon', undefined],
  ['authenticated', undefined],
  ['authenticated', 'no-uuid'],
])('%s with the subject %s reads nothing', async (role, subject) => {
  expect(new Set(Object.values(await countsBy(role, subject)))).toEqual(new Set([0]));
});

test.each(['anon', 'authenticated'])('%s can’t see which migrations there are', async (role) => {
  await as(role, USER, () =>
    expect(client.query('SELECT FROM _prisma_migrations')).rejects.toMatchObject({ code: '42501' }),
  );
});

test('the role that serves the backend reads everything', async () => {
  const seen = await countsBy('service_role', undefined);
  for (const table of Object.keys(seen)) expect(seen[table]).toBe(await countOf(table));
});

test.each([
  `INSERT INTO venture_members (venture_id, user_id, role) VALUES ('${VENTURE}', '${BO}', 'owner')`,
  `UPDATE variant_groups SET test_name = 'mine'`,
  `UPDATE video_variants SET video_url = 'https://example.com'`,
  `DELETE FROM variant_groups`,
  `UPDATE budget_ledger SET amount_micro_usd = 0`,
  `INSERT INTO group_events (variant_group_id, event, actor) VALUES (gen_random_uuid(), 'forged', 'ana@example.com')`,
  `DELETE FROM group_events`,
  `TRUNCATE variant_performance`,
  `UPDATE venture_members SET role = 'owner'`,
  `INSERT INTO use_case_templates (code, name) VALUES ('MINE', 'Mine')`,
])('nobody writes through the API: %s', async (statement) => {
  for (const role of ['anon', 'authenticated']) {
    await as(role, USER, () => expect(client.query(statement)).rejects.toMatchObject({ code: '42501' }));
  }
});

describe('no way round', () => {
  test('every table and every partition is protected', async () => {
    const bare = await column(
      client,
      `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ('public', 'screentest_partitions', 'archive') AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity`,
    );
    expect(bare).toEqual(['_prisma_migrations']);
  });

  test('every view reads with the rights of its reader, and shows a member their own', async () => {
    const views = await column(
      client,
      `SELECT oid::regclass::text FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
         AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)`,
    );
    expect(views).toEqual([]);
    expect(await as('authenticated', USER, () => countOf('generation_spend'))).toBe(1);
    expect(await as('authenticated', BO, () => countOf('generation_spend'))).toBe(0);
    expect(await as('anon', undefined, () => countOf('generation_spend'))).toBe(0);
  });

  test('a partition can’t be named; and where its schema was opened by mistake, it is protected itself', async () => {
    const [partition] = await column(
      client,
      `SELECT tableoid::regclass::text FROM variant_performance LIMIT 1`,
    );
    await as('authenticated', USER, () =>
      expect(client.query(`SELECT FROM ${partition}`)).rejects.toMatchObject({ code: '42501' }),
    );
    await client.query('GRANT USAGE ON SCHEMA screentest_partitions TO authenticated');
    expect(await as('authenticated', USER, () => countOf(String(partition)))).toBe(1);
    expect(await as('authenticated', STRANGER, () => countOf(String(partition)))).toBe(0);
    await client.query('REVOKE USAGE ON SCHEMA screentest_partitions FROM authenticated');
  });

  test('a month that is made now is protected from its first row on', async () => {
    await client.query('BEGIN');
    const made = await column(client, `SELECT screentest_ensure_month_partitions('2024-03-01', 1)`);
    expect(made).toHaveLength(2);
    for (const name of made) {
      const seen = await column(
        client,
        `SELECT polname::text FROM pg_policy JOIN pg_class c ON c.oid = polrelid
         WHERE c.relrowsecurity AND c.oid = to_regclass($1)`,
        [`screentest_partitions.${String(name)}`],
      );
      expect(seen).toEqual(['screentest_members_read']);
    }
    await client.query('ROLLBACK');
  });

  test('a month that was archived is read through the view of all months, by members alone', async () => {
    await client.query('BEGIN');
    await client.query(`
      SELECT screentest_ensure_month_partitions('2024-03-01', 1);
      INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
      SELECT video_variant_id, platform, metric_name, metric_value, '2024-03-05' FROM variant_performance;
      SELECT screentest_archive_month('2024-03-01');
      SET LOCAL ROLE authenticated;
    `);
    const seenBy = async (subject: string) => {
      await client.query(`SELECT set_config('request.jwt.claims', '{"sub":"${subject}"}', true)`);
      return column(
        client,
        `SELECT metric_value::int FROM variant_performance_all WHERE recorded_at < '2024-04-01'`,
      );
    };
    expect(await seenBy(USER)).toEqual([10]);
    expect(await seenBy(BO)).toEqual([7]);
    expect(await seenBy(STRANGER)).toEqual([]);
    await expect(client.query('SELECT FROM archive.variant_performance')).rejects.toMatchObject({
      code: '42501',
    });
    await client.query('ROLLBACK');
  });
});

describe('the policies cost little', () => {
  beforeAll(async () => {
    // As many rows as make a scan of them stand out, in the month that every test database has.
    await client.query(`
      INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name)
      SELECT '${BOS_VENTURE}', t.code, t.id, 'Empty ' || i
      FROM generate_series(1, 5000) i, (SELECT * FROM use_case_templates LIMIT 1) t;
      INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name)
      SELECT CASE WHEN i % 20 = 0 THEN '${VENTURE}'::uuid ELSE '${BOS_VENTURE}' END, t.code, t.id, 'Many ' || i
      FROM generate_series(1, 400) i, (SELECT * FROM use_case_templates LIMIT 1) t;
      INSERT INTO video_variants (variant_group_id, variant_name, position, prompt_text)
      SELECT id, 'V' || i, i, 'x' FROM variant_groups, generate_series(100, 114) i WHERE test_name LIKE 'Many %';
      INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value)
      SELECT id, platform, metric, 1
      FROM video_variants, unnest(ARRAY['instagram', 'tiktok']) platform, unnest(ARRAY['views', 'clicks']) metric
      WHERE position >= 100;
      ANALYZE;
    `);
  });

  const ONE_GROUP = `(SELECT id FROM variant_groups WHERE venture_id = '${VENTURE}' AND test_name = 'Many 20')`;

  test.each([
    ['the groups of a venture', `SELECT * FROM variant_groups WHERE venture_id = '${VENTURE}'`],
    ['the variants of a group', `SELECT * FROM video_variants WHERE variant_group_id = ${ONE_GROUP}`],
    [
      'the metrics of a variant',
      `SELECT * FROM variant_performance WHERE platform = 'instagram'
       AND recorded_at >= now() - INTERVAL '1 day' AND recorded_at <= now() + INTERVAL '1 day'
       AND video_variant_id = (SELECT id FROM video_variants WHERE variant_group_id = ${ONE_GROUP} LIMIT 1)`,
    ],
    [
      'the metrics of a group',
      `SELECT p.video_variant_id, platform, metric_name, sum(metric_value)
       FROM variant_performance p JOIN video_variants v ON v.id = p.video_variant_id
       WHERE v.variant_group_id = ${ONE_GROUP}
         AND recorded_at >= now() - INTERVAL '1 day' AND recorded_at <= now() + INTERVAL '1 day'
       GROUP BY 1, 2, 3`,
    ],
  ])('%s are found by index, as without them', async (_, sql) => {
    const scans = async () => {
      const plan = await column(client, `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ${sql}`);
      return plan.map(String).filter((line) => /Seq Scan on (?!.*(never executed|rows=0))/.test(line));
    };
    expect(await as('authenticated', USER, scans)).toEqual([]);
    expect(await as('authenticated', USER, () => column(client, sql))).toHaveLength(
      (await column(client, sql)).length,
    );
  });
});
