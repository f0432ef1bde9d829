import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { findMigrationsFolder, readMigrationFiles } from '../../prisma/migration-files.ts';
import { migrate } from '../../prisma/migrator.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Jest's workers meet here: one makes the template, the others wait. */
const TEMPLATE_LOCK = 516_371_001;

export interface TestDatabaseOptions {
  readonly migrated: boolean;
  /** No smoke test has passed, so there is no job table. */
  readonly manualMode?: boolean;
}

/**
 * A database of its own for a suite, on the server that the global setup started. A migrated one is a clone of a
 * template that is migrated once a run.
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const name = `screentest_${randomBytes(8).toString('hex')}`;
  await asAdmin(async (admin) => {
    const template = options.migrated
      ? await ensureTemplate(admin, options.manualMode !== true)
      : 'template1';
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return { url: urlOf(name), drop: () => asAdmin((admin) => dropDatabase(admin, name)) };
}

/** Named after its content, so that it is never that of another migration. */
async function ensureTemplate(admin: pg.Client, opensAutomaticMode: boolean): Promise<string> {
  const files = await readMigrationFiles(findMigrationsFolder());
  const parts = [opensAutomaticMode, ...files.map((file) => file.checksum)];
  const content = createHash('sha256').update(parts.join());
  const template = `screentest_template_${content.digest('hex').slice(0, 16)}`;
  await admin.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 1) return template;
    // Renamed when it is whole: a run killed in between leaves no half template behind.
    const draft = `${template}_draft`;
    await dropDatabase(admin, draft);
    await admin.query(`CREATE DATABASE ${draft}`);
    await migrate({ connectionString: urlOf(draft), opensAutomaticMode });
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
    return template;
  } finally {
    await admin.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: serverUrl() });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

function serverUrl(): string {
  const url = process.env.SCREENTEST_TEST_POSTGRES_URL;
  if (url === undefined) {
    throw new Error(
      'SCREENTEST_TEST_POSTGRES_URL is not set: run the tests with jest, whose global setup starts a server',
    );
  }
  return url;
}
