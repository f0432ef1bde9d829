import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findMigrationsFolder } from '../../prisma/migration-files.ts';
import { migrate, migrationStatus, rollback } from '../../prisma/migrator.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { column, withClient } from './clients.ts';
import { insertRowsEverywhere } from './rows.ts';

/** A folder of small migrations that a test may spoil. */
let folder: string;
let database: TestDatabase;

async function writeMigration(name: string, sql: string, down?: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
  if (down !== undefined) await writeFile(join(folder, name, 'down.sql'), down);
}

const options = () => ({ connectionString: database.url, migrationsFolder: folder });
const query = (sql: string) => withClient(database.url, (client) => column(client, sql));

beforeEach(async () => {
  database = await createTestDatabase({ migrated: false });
  folder = await mkdtemp(join(tmpdir(), 'screentest-migrations-'));
  await writeMigration('0001_cups', 'CREATE TABLE cups (id INT);', 'DROP TABLE cups;');
  await writeMigration(
    '0002_sizes',
    'ALTER TABLE cups ADD COLUMN size INT DEFAULT 1;',
    'ALTER TABLE cups DROP COLUMN size;',
  );
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

describe('migrating', () => {
  test('a second time does nothing', async () => {
    expect(await migrate(options())).toEqual({ applied: ['0001_cups', '0002_sizes'] });
    expect(await migrate(options())).toEqual({ applied: [] });
  });

  test('keeps the history as Prisma does', async () => {
    await migrate(options());
    expect(
      await query(
        `SELECT to_jsonb(m) - 'id' - 'started_at' - 'finished_at' FROM _prisma_migrations m
         WHERE finished_at >= started_at ORDER BY started_at LIMIT 1`,
      ),
    ).toEqual([
      {
        migration_name: '0001_cups',
        checksum: '10170efe979e7e81efe431b1245b3f6d1494dba261ef8636723a63f95f40cbda',
        logs: null,
        rolled_back_at: null,
        applied_steps_count: 1,
      },
    ]);
  });

  test('two at once share the work, and none of it is done twice', async () => {
    await writeMigration('0003_slow', 'SELECT pg_sleep(0.5); CREATE TABLE slow ();');
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const both = await Promise.all([migrate({ ...options(), log }), migrate({ ...options(), log })]);
    expect(both.flatMap(({ applied }) => applied).sort()).toEqual(['0001_cups', '0002_sizes', '0003_slow']);
    expect(lines).toContain('another migrator is at work; waiting for it');
  });

  test('waits for a migrator of Prisma too', async () => {
    await withClient(database.url, async (prisma) => {
      await prisma.query('SELECT pg_advisory_lock(72707369)');
      let isDone = false;
      const ours = migrate(options()).finally(() => {
        isDone = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(isDone).toBe(false);
      await prisma.query('SELECT pg_advisory_unlock(72707369)');
      expect((await ours).applied).toHaveLength(2);
    });
  });

  test('a migration that was edited after it was applied is refused, and the next one is not applied', async () => {
    await migrate(options());
    await appendFile(join(folder, '0001_cups', 'migration.sql'), '\n-- harmless\n');
    await writeMigration('0003_next', 'CREATE TABLE next ();');
    await expect(migrate(options())).rejects.toMatchObject({
      kind: 'precondition',
      code: 'MIGRATION_CHANGED',
      given: expect.stringContaining('0001_cups'),
      fix: expect.stringContaining('new migration'),
    });
    expect(await query(`SELECT to_regclass('next')`)).toEqual([null]);
    const { migrations } = await migrationStatus(options());
    expect(migrations.map(({ state }) => state)).toEqual(['changed', 'applied', 'pending']);
  });

  test('a checkout with the line ends of Windows is no edit', async () => {
    await writeMigration('0003_lines', 'CREATE TABLE a ();\nCREATE TABLE b ();\n');
    await migrate(options());
    await writeMigration('0003_lines', 'CREATE TABLE a ();\r\nCREATE TABLE b ();\r\n');
    expect(await migrate(options())).toEqual({ applied: [] });
  });

  test('a database that is ahead of the files is refused', async () => {
    await migrate(options());
    await rm(join(folder, '0002_sizes'), { recursive: true });
    await expect(migrate(options())).rejects.toMatchObject({
      code: 'MIGRATION_FILE_MISSING',
      given: expect.stringContaining('0002_sizes'),
      fix: expect.stringContaining('version of screentest'),
    });
    const { migrations } = await migrationStatus(options());
    expect(migrations.map(({ state }) => state)).toEqual(['applied', 'missing']);
  });

  test('a migration that fails says where, leaves nothing, and is applied once it is repaired', async () => {
    await writeMigration('0003_broken', 'CREATE TABLE half ();\nCREATE TABLE cups (id INT);');
    await expect(migrate(options())).rejects.toMatchObject({
      kind: 'precondition',
      code: 'MIGRATION_FAILED',
      given: expect.stringMatching(/0003_broken failed.*"cups" already exists.*nothing of it was kept/),
    });
    expect(await query(`SELECT to_regclass('half')`)).toEqual([null]);
    expect(
      await query(
        `SELECT logs FROM _prisma_migrations WHERE finished_at IS NULL AND applied_steps_count = 0`,
      ),
    ).toEqual(['relation "cups" already exists']);

    await writeMigration('0003_broken', 'CREATE TABLE half ();');
    expect(await migrate(options())).toEqual({ applied: ['0003_broken'] });
  });

  test('a table that somebody else holds is no failure of the migration', async () => {
    await migrate(options());
    await writeMigration('0003_more', 'SET LOCAL lock_timeout = 50; ALTER TABLE cups ADD COLUMN more INT;');
    await withClient(database.url, async (other) => {
      await other.query('BEGIN; LOCK TABLE cups IN ACCESS SHARE MODE');
      await expect(migrate(options())).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'MIGRATION_TABLE_BUSY',
      });
      await other.query('COMMIT');
    });
    expect(await migrate(options())).toEqual({ applied: ['0003_more'] });
  });

  test('a connection that is lost half-way leaves nothing, and another attempt goes on', async () => {
    await writeMigration('0003_slow', 'CREATE TABLE slow (); SELECT pg_sleep(20);');
    const failure = migrate(options()).catch((error: unknown) => error);
    const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20);'
      AND datname = current_database()`;
    while ((await query(terminate)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await failure).toMatchObject({ kind: 'unavailable', code: 'DATABASE_UNAVAILABLE' });
    await writeMigration('0003_slow', 'CREATE TABLE slow ();');
    expect(await migrate(options())).toEqual({ applied: ['0003_slow'] });
  });

  test('a word in a comment takes no migration out of its transaction', async () => {
    await writeMigration(
      '0003_comment',
      "CREATE TABLE half (); COMMENT ON TABLE half IS 'concurrently'; SELECT 1 / 0;",
    );
    await expect(migrate(options())).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await query(`SELECT to_regclass('half')`)).toEqual([null]);
  });

  test('an index is built concurrently, also when two migrators meet', async () => {
    await writeMigration(
      '0003_index',
      '-- no transaction\nCREATE INDEX CONCURRENTLY cups_id ON cups (id);\n',
    );
    const both = await Promise.all([migrate(options()), migrate(options())]);
    expect(both.flatMap(({ applied }) => applied)).toHaveLength(3);
    expect(await query(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'cups_id'::regclass`)).toEqual([
      true,
    ]);
  });

  test('what failed outside a transaction waits for a person', async () => {
    await writeMigration('0003_index', 'CREATE UNIQUE INDEX CONCURRENTLY cups_id ON cups (id);');
    await writeMigration('0002_sizes', 'INSERT INTO cups VALUES (1), (1);');
    await expect(migrate(options())).rejects.toMatchObject({ code: 'MIGRATION_FAILED_EARLIER' });
    await expect(migrate(options())).rejects.toMatchObject({
      code: 'MIGRATION_FAILED_EARLIER',
      given: expect.stringContaining('could not create unique index'),
      fix: expect.stringContaining('--rolled-back 0003_index'),
    });
    const { migrations } = await migrationStatus(options());
    expect(migrations.map(({ state }) => state)).toEqual(['applied', 'applied', 'failed']);
  });

  test('instants are UTC whatever the session of the server says', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await query(`ALTER DATABASE ${name} SET timezone TO 'America/New_York'`);
    await writeMigration('0003_zone', `CREATE TABLE zone AS SELECT current_setting('TimeZone') AS name;`);
    await migrate(options());
    expect(await query('SELECT name FROM zone')).toEqual(['UTC']);
  });
});

describe('rolling back', () => {
  test('says how many rows it would lose, and loses none unless told to', async () => {
    await migrate(options());
    await query('INSERT INTO cups (id, size) VALUES (1, 1), (2, 2), (3, NULL)');
    await expect(rollback({ ...options(), steps: 1 })).rejects.toMatchObject({
      kind: 'precondition',
      code: 'ROLLBACK_LOSES_ROWS',
      given: 'This rollback would lose 1 row: 1 in column size of table public.cups',
      fix: expect.stringContaining('--yes'),
    });
    await expect(rollback({ ...options(), steps: 2 })).rejects.toMatchObject({
      given: 'This rollback would lose 3 rows: 3 in table public.cups',
    });
    expect(await query('SELECT size FROM cups ORDER BY id')).toEqual([1, 2, null]);
    expect(await rollback({ ...options(), steps: 2, confirmLossOfRows: true })).toEqual({
      rolledBack: ['0002_sizes', '0001_cups'],
    });
    expect(await query('SELECT count(*)::int FROM _prisma_migrations')).toEqual([0]);
  });

  test('asks nothing when no row is lost', async () => {
    await migrate(options());
    expect(await rollback({ ...options(), steps: 2 })).toEqual({ rolledBack: ['0002_sizes', '0001_cups'] });
  });

  test('of the whole product counts what people would miss', async () => {
    const whole = await createTestDatabase({ migrated: true });
    await withClient(whole.url, insertRowsEverywhere);
    const { migrations } = await migrationStatus({ connectionString: whole.url });
    const steps = migrations.filter(({ name }) => name >= '0016').length;
    const failure = rollback({ connectionString: whole.url, steps }).catch((error: unknown) => error);
    expect(await failure).toMatchObject({ code: 'ROLLBACK_LOSES_ROWS' });
    for (const table of ['analysis_snapshots', 'provider_smoke_tests', 'venture_budgets']) {
      expect(String(await failure)).toContain(`1 in table public.${table}`);
    }
    await whole.drop();
  });

  test('undoes all steps or none', async () => {
    await rm(join(folder, '0001_cups', 'down.sql'));
    await migrate(options());
    await expect(rollback({ ...options(), steps: 2 })).rejects.toMatchObject({
      code: 'MIGRATION_HAS_NO_WAY_BACK',
      given: expect.stringContaining('0001_cups'),
    });
    expect(await query('SELECT count(*)::int FROM _prisma_migrations')).toEqual([2]);
  });

  test('that fails says so and changes nothing', async () => {
    await migrate(options());
    await query('CREATE VIEW sizes AS SELECT size FROM cups');
    await expect(rollback({ ...options(), steps: 2 })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      given: expect.stringMatching(/way back from migration 0002_sizes failed.*depend/),
    });
    expect((await migrationStatus(options())).migrations.map(({ state }) => state)).toEqual([
      'applied',
      'applied',
    ]);
  });

  test.each([0, -1, 1.5, Number.NaN, 3])('%s steps are refused with what is allowed', async (steps) => {
    await migrate(options());
    await expect(rollback({ ...options(), steps })).rejects.toMatchObject({
      kind: 'bad-input',
      code: 'ROLLBACK_STEPS',
      given: expect.stringContaining(String(steps)),
    });
  });
});

describe('a database that is not there', () => {
  test.each(['migrate', 'status'] as const)('%s names the address and the setting', async (verb) => {
    const url = 'postgresql://ana:secret@127.0.0.1:1/screentest';
    const act = verb === 'migrate' ? migrate : migrationStatus;
    const failure = act({ connectionString: url }).catch((error: unknown) => error);
    expect(await failure).toMatchObject({
      kind: 'unavailable',
      code: 'DATABASE_UNAVAILABLE',
      given: expect.stringContaining('127.0.0.1:1/screentest'),
      fix: expect.stringContaining('DATABASE_URL'),
    });
    expect(String(await failure)).not.toContain('secret');
  });

  test('a server that takes the connection and says nothing is given up within 10 s', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const startedAt = Date.now();
    await expect(migrate({ connectionString: `postgres://ana@127.0.0.1:${port}/x` })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('a wrong database name is told as such', async () => {
    await expect(migrate({ connectionString: `${database.url}_nowhere` })).rejects.toMatchObject({
      kind: 'precondition',
      code: 'DATABASE_REFUSED',
      given: expect.stringContaining('_nowhere'),
      fix: expect.stringContaining('DATABASE_URL'),
    });
  });

  test.each(['', 'localhost:5432', 'mysql://localhost/x'])('%p is no address', async (connectionString) => {
    await expect(migrate({ connectionString })).rejects.toMatchObject({
      kind: 'bad-input',
      code: 'DATABASE_URL_MALFORMED',
      given: `DATABASE_URL is "${connectionString}"`,
    });
  });
});

describe('the folder of migrations', () => {
  test('is found from the compiled program too', async () => {
    const root = await mkdtemp(join(tmpdir(), 'screentest-package-'));
    await cp(findMigrationsFolder(), join(root, 'prisma', 'migrations'), { recursive: true });
    await mkdir(join(root, 'dist', 'prisma'), { recursive: true });
    expect(findMigrationsFolder(join(root, 'dist', 'prisma'))).toBe(join(root, 'prisma', 'migrations'));
    await rm(root, { recursive: true });
    expect(() => findMigrationsFolder(root)).toThrow('prisma/migrations');
  });

  test('has a way back for each', async () => {
    const { migrations } = await migrationStatus({ connectionString: database.url });
    for (const { name } of migrations) {
      expect(await readFile(join(findMigrationsFolder(), name, 'down.sql'), 'utf8')).not.toBe('');
    }
  });
});
