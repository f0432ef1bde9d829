import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { ALLOWED_MOVES, GROUP_STATUSES, mayMove, OUTCOMES } from '../../domain/lifecycle.ts';
import { PLATFORMS } from '../../domain/platforms.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { column, connected } from './clients.ts';
import {
  GROUP,
  insertGroups,
  insertRowsEverywhere,
  OTHER_GROUP,
  OTHER_VARIANT,
  PUBLICATION,
  TEMPLATE,
  USER,
  VARIANT,
  VARIANT_OF_OTHER_GROUP,
  VENTURE,
} from './rows.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connected(database.url);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

// Each test works in a transaction that is undone.
beforeEach(async () => {
  await client.query('BEGIN');
});

afterEach(async () => {
  await client.query('ROLLBACK');
});

const read = (sql: string) => column(client, sql);

/** Refused, and the transaction goes on. */
async function expectRefusal(sql: string, error: object): Promise<void> {
  await client.query('SAVEPOINT refusal');
  await expect(client.query(sql)).rejects.toMatchObject(error);
  await client.query('ROLLBACK TO SAVEPOINT refusal');
}

describe('the winner', () => {
  beforeEach(() => insertGroups(client));

  test('is a variant of its own group', async () => {
    const declare = (variant: string) =>
      `UPDATE variant_groups SET winner_variant_id = '${variant}' WHERE id = '${GROUP}'`;
    await client.query(declare(VARIANT));
    await expectRefusal(declare(VARIANT_OF_OTHER_GROUP), { code: '23503', constraint: 'fk_winner_variant' });
    expect(await read(`SELECT winner_variant_id FROM variant_groups WHERE id = '${GROUP}'`)).toEqual([
      VARIANT,
    ]);
  });

  test('can be deleted: the group stays, without it', async () => {
    await client.query(`UPDATE variant_groups SET winner_variant_id = '${VARIANT}' WHERE id = '${GROUP}'`);
    await client.query(`DELETE FROM video_variants WHERE id = '${VARIANT}'`);
    expect(await read(`SELECT winner_variant_id FROM variant_groups WHERE id = '${GROUP}'`)).toEqual([null]);
  });

  test('does not stand in the way when its group is deleted', async () => {
    await client.query(`UPDATE variant_groups SET winner_variant_id = '${VARIANT}' WHERE id = '${GROUP}'`);
    await client.query(`DELETE FROM variant_groups WHERE id = '${GROUP}'`);
    expect(await read(`SELECT id FROM video_variants`)).toEqual([VARIANT_OF_OTHER_GROUP]);
  });
});

describe('the life of a group', () => {
  const insertIn = (status: string) =>
    `INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name, test_status, outcome)
     VALUES ('${VENTURE}', 'FOUNDER_STORY', '${TEMPLATE}', 'x', '${status}',
             CASE WHEN '${status}' IN ('completed', 'archived') THEN 'failed' END)`;

  beforeEach(() => insertGroups(client));

  test('allows the same moves as the program', async () => {
    const { rows } = await client.query<{ from: string; to: string }>(
      `SELECT f AS "from", t AS "to" FROM unnest($1::text[]) f, unnest($1::text[]) t
       WHERE variant_group_move_is_allowed(f, t)`,
      [GROUP_STATUSES],
    );
    const ours = GROUP_STATUSES.flatMap((from) => ALLOWED_MOVES[from].map((to) => ({ from, to })));
    expect(rows).toHaveLength(ours.length);
    expect(rows).toEqual(expect.arrayContaining(ours));
  });

  test.each(GROUP_STATUSES)('from %s goes only where the table says', async (from) => {
    const paths = {
      planning: [],
      generating: ['generating'],
      testing: ['generating', 'testing'],
      analyzing: ['generating', 'testing', 'analyzing'],
      completed: ['completed'],
      archived: ['completed', 'archived'],
    } as const;
    const move = (to: string) =>
      `UPDATE variant_groups SET test_status = '${to}',
         outcome = CASE WHEN '${to}' IN ('completed', 'archived') THEN 'no_winner' END
       WHERE id = '${GROUP}'`;
    for (const status of paths[from]) await client.query(move(status));
    for (const to of GROUP_STATUSES) {
      if (to === from || mayMove(from, to)) {
        await client.query('SAVEPOINT move');
        await client.query(move(to));
        await client.query('ROLLBACK TO SAVEPOINT move');
      } else {
        await expectRefusal(move(to), {
          code: '23514',
          constraint: 'variant_groups_move_is_allowed',
          message: expect.stringContaining(`from ${from} to ${to}`),
        });
      }
    }
  });

  test.each(GROUP_STATUSES.filter((status) => status !== 'planning'))(
    'does not start in %s',
    async (status) => {
      await expectRefusal(insertIn(status), {
        code: '23514',
        constraint: 'variant_groups_starts_in_planning',
      });
    },
  );

  test('has an outcome from the moment it is over, and none before', async () => {
    const rule = { code: '23514', constraint: 'variant_groups_outcome_when_over' };
    await expectRefusal(`UPDATE variant_groups SET test_status = 'completed'`, rule);
    await expectRefusal(`UPDATE variant_groups SET outcome = 'winner'`, rule);
    for (const outcome of OUTCOMES) {
      await client.query('SAVEPOINT outcome');
      await client.query(`UPDATE variant_groups SET test_status = 'completed', outcome = '${outcome}'`);
      await client.query('ROLLBACK TO SAVEPOINT outcome');
    }
  });

  test('names one template only, by its code and by its row', async () => {
    await client.query(
      `INSERT INTO use_case_templates (code, name) VALUES ('PRODUCT_REVEAL', 'Product reveal')`,
    );
    await expectRefusal(`UPDATE variant_groups SET use_case_template = 'PRODUCT_REVEAL'`, { code: '23503' });
  });

  test('takes only platforms that exist', async () => {
    await client.query(`UPDATE variant_groups SET target_platforms = ARRAY['${PLATFORMS.join("', '")}']`);
    await expectRefusal(`UPDATE variant_groups SET target_platforms = ARRAY['myspace']`, { code: '23514' });
  });
});

describe('the audit trail', () => {
  beforeEach(async () => {
    await insertGroups(client);
    await client.query(
      `INSERT INTO group_events (variant_group_id, event, actor) VALUES ('${GROUP}', 'started', 'ana@example.com')`,
    );
  });

  test.each([
    `UPDATE group_events SET actor = 'ben@example.com'`,
    'DELETE FROM group_events',
    'TRUNCATE group_events',
  ])('refuses %s', async (sql) => {
    await expectRefusal(sql, { code: '42501', message: expect.stringContaining('append-only') });
    await client.query(`SET LOCAL screentest.erasure = 'on'`);
    await client.query(sql);
  });

  test('outlives its group and its people', async () => {
    await client.query(`DELETE FROM auth.users`);
    expect(await read('SELECT actor FROM group_events')).toEqual(['ana@example.com']);
  });

  test('holds an event that is written twice once', async () => {
    const write = `INSERT INTO group_events (variant_group_id, event, actor, idempotency_key)
      VALUES ('${GROUP}', 'declared', 'ana@example.com', 'once') ON CONFLICT (idempotency_key) DO NOTHING`;
    expect((await client.query(write)).rowCount).toBe(1);
    expect((await client.query(write)).rowCount).toBe(0);
  });
});

describe('removing a person', () => {
  test('removes their tests with everything below, and keeps what belongs to the venture', async () => {
    await insertRowsEverywhere(client);
    await client.query(`DELETE FROM auth.users WHERE id = '${USER}'`);
    for (const table of [
      'variant_groups',
      'video_variants',
      'video_generation_jobs',
      'metric_observations',
    ]) {
      expect(await read(`SELECT count(*)::int FROM ${table}`)).toEqual([0]);
    }
    expect(await read('SELECT name FROM ventures')).toEqual(['Espresso']);
  });

  test('a colleague who only imported and retried takes nothing away', async () => {
    await insertRowsEverywhere(client);
    const colleague = '00000000-0000-4000-8000-0000000000ff';
    await client.query(`INSERT INTO auth.users (id, email) VALUES ('${colleague}', 'ben@example.com')`);
    for (const table of ['metric_imports', 'video_generation_jobs', 'budget_ledger', 'variant_renditions']) {
      await client.query(`UPDATE ${table} SET created_by = '${colleague}'`);
    }
    await client.query(`DELETE FROM auth.users WHERE id = '${colleague}'`);
    expect(await read('SELECT import_id IS NOT NULL FROM metric_observations')).toEqual([true]);
    expect(await read('SELECT created_by FROM budget_ledger')).toEqual([null]);
  });
});

describe('numbers', () => {
  beforeEach(() => insertRowsEverywhere(client));

  test.each([
    `UPDATE video_variants SET generation_cost_usd = 'NaN'`,
    `UPDATE variant_performance SET metric_value = 'NaN'`,
    `UPDATE video_generation_jobs SET generation_cost_usd = 'NaN'`,
    `UPDATE video_generation_jobs SET reserved_usd = 'NaN'`,
    `UPDATE variant_renditions SET duration_seconds = 'NaN'`,
    `UPDATE metric_observations SET value = 'NaN'`,
    `UPDATE variant_metric_totals SET total_value = 'NaN'`,
    `UPDATE video_variants SET generation_cost_usd = -1`,
    'UPDATE budget_ledger SET amount_micro_usd = -1',
  ])('%s is refused', (sql) => expectRefusal(sql, { code: '23514' }));
});

describe('partitions by month', () => {
  const observe = (at: string) =>
    `INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value)
     VALUES ('${PUBLICATION}', 'views', '${at}', 1)`;
  const partitionOf = (at: string) =>
    read(`SELECT tableoid::regclass::text FROM metric_observations WHERE recorded_at = '${at}'`);

  beforeEach(() => insertRowsEverywhere(client));

  test('are there from last month to three months ahead, for both tables', async () => {
    const suffixes = await read(
      `SELECT to_char(month, '_YYYY_MM') FROM generate_series(
         date_trunc('month', now()) - INTERVAL '1 month', date_trunc('month', now()) + INTERVAL '3 months', '1 month'
       ) month`,
    );
    const expected = ['metric_observations', 'variant_performance'].flatMap((table) =>
      ['_default', ...suffixes].map((suffix) => `${table}${String(suffix)}`),
    );
    expect(
      await read(
        `SELECT relname::text FROM pg_class WHERE relnamespace = 'screentest_partitions'::regnamespace AND relkind = 'r'`,
      ),
    ).toEqual(expect.arrayContaining(expected));
  });

  test('take a row of another month once they are made, out of the default, wherever the session is', async () => {
    await client.query(`SET LOCAL TIME ZONE 'America/New_York'`);
    const [first, last, after] = ['2024-02-01T00:00Z', '2024-02-29T23:59:59.999Z', '2024-03-01T00:00Z'];
    for (const at of [first, last, after]) await client.query(observe(at));
    expect(await partitionOf(first)).toEqual(['screentest_partitions.metric_observations_default']);

    expect(await read(`SELECT screentest_ensure_month_partitions('2024-02-15', 1)`)).toEqual([
      'variant_performance_2024_02',
      'metric_observations_2024_02',
    ]);
    expect(await partitionOf(first)).toEqual(['screentest_partitions.metric_observations_2024_02']);
    expect(await partitionOf(last)).toEqual(['screentest_partitions.metric_observations_2024_02']);
    expect(await partitionOf(after)).toEqual(['screentest_partitions.metric_observations_default']);
    expect(await read(`SELECT screentest_ensure_month_partitions('2024-02-15', 1)`)).toEqual([]);
    await expectRefusal(observe(first), { code: '23505' });
  });
});

describe('times of change', () => {
  test('follow a change of the row, and only that', async () => {
    await insertGroups(client);
    await client.query(`UPDATE variant_groups SET updated_at = '2020-01-01' WHERE id = '${OTHER_GROUP}'`);
    const isNow = `SELECT updated_at = now()::timestamptz(3) FROM variant_groups WHERE id = '${OTHER_GROUP}'`;
    expect(await read(isNow)).toEqual([true]);
    await client.query(`ALTER TABLE variant_groups DISABLE TRIGGER variant_groups_touch_updated_at`);
    await client.query(`UPDATE variant_groups SET updated_at = '2020-01-01'`);
    await client.query(`ALTER TABLE variant_groups ENABLE TRIGGER variant_groups_touch_updated_at`);
    await client.query(`UPDATE variant_groups SET test_name = test_name`);
    expect(await read(isNow)).toEqual([false]);
    await client.query(`UPDATE variant_groups SET test_name = 'Renamed'`);
    expect(await read(isNow)).toEqual([true]);
  });
});

describe('names', () => {
  test('of ventures and addresses of people are one whatever their case', async () => {
    await insertGroups(client);
    await expectRefusal(`INSERT INTO ventures (name) VALUES ('ESPRESSO')`, { code: '23505' });
    await expectRefusal(`INSERT INTO auth.users (email) VALUES ('Ana@Example.com')`, { code: '23505' });
  });

  test('of two variants of a group differ', async () => {
    await insertGroups(client);
    await expectRefusal(
      `UPDATE video_variants SET variant_name = 'Variant A' WHERE id = '${OTHER_VARIANT}'`,
      {
        code: '23505',
      },
    );
  });
});
