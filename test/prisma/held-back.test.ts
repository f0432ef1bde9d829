import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findMigrationsFolder } from '../../prisma/migration-files.ts';
import { migrate, migrationStatus, rollback } from '../../prisma/migrator.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { catalog, column, withClient } from './clients.ts';
import { openSchemaEngine } from './schema-engine.ts';

const JOB_TABLE = '0008_video_generation_jobs';
/** With what is held back beside it. */
const HELD_BACK = [JOB_TABLE, '0022_job_table_rules'];

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ migrated: true, manualMode: true });
});
afterEach(() => database.drop());

const options = () => ({ connectionString: database.url });
const query = (sql: string) => withClient(database.url, (client) => column(client, sql));

function recordSmokeTest(result: 'PASS' | 'FAIL' | null): Promise<unknown> {
  return query(
    `INSERT INTO provider_smoke_tests
       (provider, endpoint, provider_account, model, width, height, seconds, prompt, idempotency_key, reserved_usd, result, finished_at)
     VALUES ('openai-compatible', 'http://127.0.0.1/v1', 'default', 'sora-2', 720, 1280, 1, 'A cup', gen_random_uuid(), 0.1,
       ${result === null ? 'NULL, NULL' : `'${result}', now()`})`,
  );
}

async function stateOfJobTable() {
  const { migrations } = await migrationStatus(options());
  const others = migrations.filter(({ name }) => !HELD_BACK.includes(name)).map(({ state }) => state);
  expect(new Set(others)).toEqual(new Set(['applied']));
  return migrations.find(({ name }) => name === JOB_TABLE);
}

test.each([[undefined], [null], ['FAIL'] as const])(
  'the job table is held back while the smoke test is %s, and everything else is there',
  async (result) => {
    if (result !== undefined) await recordSmokeTest(result);
    expect(await migrate(options())).toEqual({ applied: [] });
    expect(await stateOfJobTable()).toEqual({
      name: JOB_TABLE,
      state: 'held back',
      waitsFor: 'the smoke test',
    });
    expect(await query(`SELECT to_regclass('video_generation_jobs')`)).toEqual([null]);
  },
);

test('once a smoke test has passed the job table is pending, then applied; two migrators share that too', async () => {
  await recordSmokeTest('FAIL');
  await recordSmokeTest('PASS');
  expect(await stateOfJobTable()).toMatchObject({ state: 'pending' });
  const both = await Promise.all([migrate(options()), migrate(options())]);
  expect(both.flatMap(({ applied }) => applied).toSorted()).toEqual(HELD_BACK);
  expect(await stateOfJobTable()).toMatchObject({ state: 'applied' });
  expect(await migrate(options())).toEqual({ applied: [] });
});

test('a database that was opened late is the one that was open from the start, for Prisma too', async () => {
  const schema = await readFile(join(findMigrationsFolder(), '..', 'schema.prisma'), 'utf8');
  const engine = await openSchemaEngine(database.url, schema);
  // Held back, it is one that Prisma would apply, and nothing worse.
  expect(await engine.diagnose()).toMatchObject({
    editedMigrationNames: [],
    failedMigrationNames: [],
    history: { diagnostic: 'databaseIsBehind', unappliedMigrationNames: HELD_BACK },
  });
  await recordSmokeTest('PASS');
  await migrate(options());
  expect(await engine.diagnose()).toMatchObject({ history: null });
  expect(await engine.drift(schema)).toBe('');
  expect(await engine.apply()).toEqual([]);
  await engine.close();

  const open = await createTestDatabase({ migrated: true });
  const [late, early] = await Promise.all([database, open].map(({ url }) => withClient(url, catalog)));
  expect(late).toEqual(early);
  await open.drop();
});

test('a migration that was applied late is the first to be rolled back, and is applied again', async () => {
  await recordSmokeTest('PASS');
  await migrate(options());
  expect(await rollback({ ...options(), steps: 2 })).toEqual({ rolledBack: HELD_BACK.toReversed() });
  expect(await migrate(options())).toEqual({ applied: HELD_BACK });
  const { rolledBack } = await rollback({ ...options(), steps: 3, confirmLossOfRows: true });
  expect(rolledBack).toEqual([...HELD_BACK.toReversed(), expect.stringMatching(/^00\d\d_/)]);
});

test('everything can be rolled back from manual mode', async () => {
  const { migrations } = await migrationStatus(options());
  const applied = migrations.length - HELD_BACK.length;
  const { rolledBack } = await rollback({ ...options(), steps: applied });
  expect(rolledBack).toHaveLength(applied);
  expect(await query('SELECT count(*)::int FROM _prisma_migrations')).toEqual([0]);
});
