import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database, type Queries } from '../../database/client.ts';
import { OWN_TABLES } from '../../database/own-tables.ts';
import { writeTemplates } from '../../database/templates.ts';
import { type CheckResult, runChecks, validateDatabase } from '../../database/validation/validate.ts';
import { runHere } from '../cli/run-here.ts';
import { column, withClient } from '../prisma/clients.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const GROUP = '00000000-0000-4000-8000-0000000000a1';
const OTHER_GROUP = '00000000-0000-4000-8000-0000000000a2';
const VARIANT = '00000000-0000-4000-8000-0000000000b1';
const LOSER = '00000000-0000-4000-8000-0000000000b2';
const VARIANT_OF_OTHER = '00000000-0000-4000-8000-0000000000b3';
const JOB = '00000000-0000-4000-8000-0000000000c1';
const VENTURE = '00000000-0000-4000-8000-0000000000d1';

/** A group that a winner was declared in and one in testing, with all that belongs to them. */
const SOUND = `
  INSERT INTO ventures (id, name) VALUES ('${VENTURE}', 'Espresso');
  INSERT INTO variant_groups (id, venture_id, use_case_template, use_case_template_id, test_name)
  SELECT g.id, '${VENTURE}', code, t.id, g.name
  FROM (VALUES ('${GROUP}'::uuid, 'Over'), ('${OTHER_GROUP}', 'Testing')) g (id, name), use_case_templates t
  WHERE code = 'FOUNDER_STORY';
  INSERT INTO video_variants (id, variant_group_id, variant_name, position, prompt_text)
  VALUES ('${VARIANT}', '${GROUP}', 'Control', 0, 'x'), ('${LOSER}', '${GROUP}', 'Variant B', 1, 'y'),
    ('${VARIANT_OF_OTHER}', '${OTHER_GROUP}', 'Control', 0, 'z');
  INSERT INTO video_generation_jobs (id, video_variant_id, idempotency_key, reserved_usd, claimed_at, submission_state,
    sora_job_id, job_status, generation_cost_usd)
  VALUES ('${JOB}', '${VARIANT}', 'a', 0.4, now(), 'accepted', 'video_1', 'completed', 0.4);
  INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month)
  VALUES ('${GROUP}', '${JOB}', 'reserve', 400000, '2026-11-01'), ('${GROUP}', '${JOB}', 'settle', 400000, '2026-11-01');
  INSERT INTO variant_renditions (video_variant_id, rendition, video_url)
  SELECT id, 'main', 'file:///' || id FROM video_variants;
  UPDATE video_variants SET generation_status = 'completed', video_url = 'file:///' || id;
  UPDATE variant_groups SET test_status = 'generating';
  UPDATE variant_groups SET test_status = 'testing';
  UPDATE variant_groups SET test_status = 'completed', outcome = 'winner', winner_variant_id = '${VARIANT}',
    decision = '{}', completed_at = now() WHERE id = '${GROUP}';
  INSERT INTO group_events (variant_group_id, event, actor)
  VALUES ('${GROUP}', 'completed: winner', 'ana@example.com'), ('${OTHER_GROUP}', 'moved to testing', 'screentest');
  INSERT INTO variant_publications (id, video_variant_id, platform, external_id)
  SELECT gen_random_uuid(), id, 'tiktok', ad FROM video_variants, unnest(ARRAY['one', 'two']) ad;
  INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value)
  SELECT id, 'views', date_trunc('hour', now()), 10 FROM variant_publications;
  INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at, data_source)
  SELECT id, 'tiktok', 'views', 20, date_trunc('hour', now()), 'csv' FROM video_variants;
  INSERT INTO variant_metric_totals
    (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count)
  SELECT video_variant_id, platform, metric_name, metric_value, recorded_at, recorded_at, 1 FROM variant_performance;`;

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: true });
  database = createDatabase(testDatabase.url);
  await writeTemplates(database);
  await withClient(testDatabase.url, (client) => client.query(SOUND));
});
afterAll(async () => {
  await database.$disconnect();
  await testDatabase.drop();
});

class Undo extends Error {}

/** What is found after `statements`, which are undone. */
async function foundAfter(...statements: readonly string[]): Promise<readonly CheckResult[]> {
  let results: readonly CheckResult[] = [];
  const work = async (tx: Queries) => {
    for (const statement of statements) await tx.$executeRawUnsafe(statement);
    results = await runChecks(tx, () => {});
    throw new Undo();
  };
  await database.$transaction(work, { timeout: 60_000 }).catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error;
  });
  return results.filter(({ isWell }) => !isWell);
}

test('nothing is found in a sound database, with and without the job table', async () => {
  const told: string[] = [];
  const results = await validateDatabase(database, (check) => told.push(check));
  expect(results.filter(({ isWell }) => !isWell)).toEqual([]);
  expect(told).toEqual(results.map(({ check }) => check));
  expect(await foundAfter('DROP TABLE video_generation_jobs CASCADE', 'DELETE FROM budget_ledger')).toEqual(
    [],
  );
});

test('the checks are of every table of ours', async () => {
  const tables = await withClient(testDatabase.url, (client) =>
    column(
      client,
      `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
       AND relname NOT IN ('ventures', 'video_prompts', '_prisma_migrations') ORDER BY 1`,
    ),
  );
  expect(tables).toEqual([...OWN_TABLES]);
});

const WITHOUT_KEYS = `SET LOCAL session_replication_role = replica`;
const month = (ahead: number) => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead))
    .toISOString()
    .slice(0, 7)
    .replace('-', '_');
};

describe('each thing that can be wrong is found, and nothing else', () => {
  test.each<[string, string, RegExp, readonly string[]]>([
    [
      'a session in another time zone',
      'sessions are in UTC',
      /New_York/,
      [`SET LOCAL timezone TO 'America/New_York'`],
    ],
    [
      'a constraint that was never validated',
      'every constraint is validated',
      /positive of video_variants/,
      ['ALTER TABLE video_variants ADD CONSTRAINT positive CHECK (position > 0) NOT VALID'],
    ],
    [
      'an index that was left half built',
      'every index is valid',
      /idx_variant_groups_venture of variant_groups/,
      [`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_variant_groups_venture'::regclass`],
    ],
    [
      'a trigger that was switched off',
      'every trigger is there and on',
      /variant_groups_move_is_allowed of variant_groups is off/,
      ['ALTER TABLE variant_groups DISABLE TRIGGER variant_groups_move_is_allowed'],
    ],
    [
      'a trigger that was dropped',
      'every trigger is there and on',
      /group_events_are_append_only of group_events is missing/,
      ['DROP TRIGGER group_events_are_append_only ON group_events'],
    ],
    [
      'a table without row-level security',
      'row-level security is on',
      /variant_groups/,
      ['ALTER TABLE variant_groups DISABLE ROW LEVEL SECURITY'],
    ],
    [
      'a partition without row-level security',
      'row-level security is on',
      /screentest_partitions.variant_performance_default/,
      ['ALTER TABLE screentest_partitions.variant_performance_default DISABLE ROW LEVEL SECURITY'],
    ],
    [
      'a view that shows everybody everything',
      'views read as their reader',
      /everything, of variant_performance/,
      ['CREATE VIEW everything AS SELECT * FROM variant_performance'],
    ],
    [
      'a column without a comment',
      'tables and columns say what they mean',
      /variant_groups.extra/,
      ['ALTER TABLE variant_groups ADD COLUMN extra TEXT'],
    ],
    [
      'a month that has no partition yet',
      'this month and the next three have their partitions',
      /metric_observations_\d{4}_\d\d is missing/,
      [`DROP TABLE screentest_partitions.metric_observations_${month(3)}`],
    ],
    [
      'a table among the partitions that belongs to nobody',
      'every month is attached',
      /variant_performance_2020_01/,
      [
        'CREATE TABLE screentest_partitions.variant_performance_2020_01 (LIKE variant_performance INCLUDING COMMENTS)',
        `COMMENT ON TABLE screentest_partitions.variant_performance_2020_01 IS 'left over'`,
        `SELECT screentest_protect('screentest_partitions.variant_performance_2020_01')`,
      ],
    ],
    [
      'a row in a default partition',
      'default partitions are empty',
      /metric_observations recorded at 2001/,
      [
        `INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value, attribution_window)
         SELECT id, 'views', '2001-01-01', 1, '7d_click' FROM variant_publications LIMIT 1`,
      ],
    ],
    [
      'a template that was changed by hand',
      'the templates are those of this version',
      /FOUNDER_STORY is another version's/,
      [`UPDATE use_case_templates SET prompt_skeleton = 'x' WHERE code = 'FOUNDER_STORY'`],
    ],
    [
      'a row whose key leads nowhere',
      'every key leads to a row',
      /1 rows of metric_imports name a row of variant_groups that is not there/,
      [
        WITHOUT_KEYS,
        `INSERT INTO metric_imports (variant_group_id, source) VALUES (gen_random_uuid(), 'csv')`,
      ],
    ],
    [
      'a group that is over and has no end',
      'status, outcome and end agree',
      /completed, with outcome winner, end none/,
      [`UPDATE variant_groups SET completed_at = NULL WHERE id = '${GROUP}'`],
    ],
    [
      'a winner without a win',
      'a winner is a variant of its group that was tested',
      /it has a winner, and its outcome is none/,
      [`UPDATE variant_groups SET winner_variant_id = '${VARIANT_OF_OTHER}' WHERE id = '${OTHER_GROUP}'`],
    ],
    [
      'a variant whose file is not there',
      'a variant with a video has its file, and others have none',
      /is completed, and its main file is missing/,
      [`DELETE FROM variant_renditions WHERE video_variant_id = '${LOSER}'`],
    ],
    [
      'a total that is not the sum',
      'totals are the sums of their values',
      /the total is 21.0000 and the sum 20.0000/,
      [`UPDATE variant_metric_totals SET total_value = 21 WHERE video_variant_id = '${VARIANT}'`],
    ],
    [
      'a total that is missing',
      'totals are the sums of their values',
      /the total is missing and the sum 20.0000/,
      [`DELETE FROM variant_metric_totals WHERE video_variant_id = '${VARIANT}'`],
    ],
    [
      'an observation that was not rolled up',
      'values are the sums of their observations',
      /the value is 20.0000 and the sum 25.0000/,
      [
        `UPDATE metric_observations SET value = 15 WHERE publication_id =
           (SELECT id FROM variant_publications WHERE video_variant_id = '${VARIANT}' AND external_id = 'one')`,
      ],
    ],
    [
      'a group that nothing tells of',
      'the trail tells where each group stands',
      new RegExp(`group ${OTHER_GROUP} is testing`),
      [
        `SET LOCAL screentest.erasure = 'on'`,
        `DELETE FROM group_events WHERE variant_group_id = '${OTHER_GROUP}'`,
      ],
    ],
    [
      'an order without the provider’s job',
      'what became of each order agrees with its job',
      /is accepted, and its job completed/,
      [`UPDATE video_generation_jobs SET sora_job_id = NULL`],
    ],
    [
      'money that was reserved and never settled',
      'the account of every order is balanced',
      /it is over, and its reservation is still open/,
      [`DELETE FROM budget_ledger WHERE entry = 'settle'`],
    ],
  ])('%s', async (_, check, found, statements) => {
    const problems = await foundAfter(...statements);
    expect(problems.map((problem) => problem.check)).toEqual([check]);
    expect(problems[0]?.found.join('\n')).toMatch(found);
  });

  test('a winner of another group, which no constraint kept out', async () => {
    const problems = await foundAfter(
      WITHOUT_KEYS,
      `UPDATE variant_groups SET winner_variant_id = '${VARIANT_OF_OTHER}' WHERE id = '${GROUP}'`,
    );
    expect(problems.map(({ check }) => check)).toEqual([
      'every key leads to a row',
      'a winner is a variant of its group that was tested',
    ]);
    expect(problems[1]?.found.join()).toContain(`its winner is of group ${OTHER_GROUP}`);
  });

  test('a question that can’t be asked any more, and all the others are asked', async () => {
    const problems = await foundAfter('ALTER TABLE variant_metric_totals RENAME COLUMN total_value TO total');
    expect(problems).toEqual([
      expect.objectContaining({
        check: 'totals are the sums of their values',
        found: [expect.stringContaining('total_value')],
      }),
    ]);
  });
});

describe('screentest db validate', () => {
  const environment = () => ({ ...process.env, DATABASE_URL: testDatabase.url });

  test('says ok of every check, and exits 0', async () => {
    const { exit, stdout, stderr } = await runHere(['db', 'validate'], environment());
    expect(exit).toBe(0);
    expect(stdout).toContain('ok       every migration is applied as it is written\n');
    expect(stdout).not.toContain('PROBLEM');
    expect(stderr).toContain('looking whether totals are the sums of their values');
  });

  test('shows what it found, how much more there is, and exits 1', async () => {
    await database.$executeRaw`UPDATE video_variants SET video_url = 'elsewhere'`;
    await database.$executeRaw`
      INSERT INTO video_variants (variant_group_id, variant_name, position, prompt_text, generation_status)
      SELECT ${OTHER_GROUP}::uuid, 'V' || i, i, 'x', 'completed' FROM generate_series(10, 19) i`;
    const shown = await runHere(['db', 'validate'], environment());
    expect(shown.exit).toBe(1);
    expect(shown.stdout).toMatch(
      /PROBLEM {2}a variant with a video has its file, and others have none: 13 found\n/,
    );
    expect(shown.stdout).toContain('           and 8 more\n');
    const told = await runHere(['db', 'validate', '-o', 'json'], environment());
    expect({
      exit: told.exit,
      problems: JSON.parse(told.stdout).filter(({ isWell }: CheckResult) => !isWell),
    }).toEqual({
      exit: 1,
      problems: [expect.objectContaining({ problems: 13, found: expect.any(Array) })],
    });
  });
});
