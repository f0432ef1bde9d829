import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findMigrationsFolder } from '../../prisma/migration-files.ts';
import { migrate, migrationStatus } from '../../prisma/migrator.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { catalog, withClient } from './clients.ts';
import { openSchemaEngine } from './schema-engine.ts';

let ours: TestDatabase;
let schema: string;

beforeAll(async () => {
  ours = await createTestDatabase({ migrated: true });
  schema = await readFile(join(findMigrationsFolder(), '..', 'schema.prisma'), 'utf8');
});

afterAll(() => ours.drop());

test('Prisma finds no difference between schema.prisma and the database', async () => {
  const engine = await openSchemaEngine(ours.url, schema);
  await withClient(ours.url, (client) =>
    client.query(`SELECT screentest_ensure_month_partitions('2024-01-01', 2)`),
  );
  expect(await engine.drift(schema)).toBe('');
  // And would find one: the comparison itself is not blind.
  const more = schema.replace('testName ', 'extra String?\n  testName ');
  expect(await engine.drift(more)).toContain('ADD COLUMN     "extra" TEXT');
  await engine.close();
});

test('a database that we migrated looks up to date to Prisma', async () => {
  const engine = await openSchemaEngine(ours.url, schema);
  expect(await engine.diagnose()).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
  expect(await engine.apply()).toEqual([]);
  await engine.close();
});

test('a database that Prisma migrated is the same, and looks up to date to us', async () => {
  const theirs = await createTestDatabase({ migrated: false });
  const engine = await openSchemaEngine(theirs.url, schema);
  const applied = await engine.apply();
  await engine.close();
  const { migrations } = await migrationStatus({ connectionString: theirs.url });
  expect(migrations.map(({ name, state }) => [name, state])).toEqual(
    applied.map((name) => [name, 'applied']),
  );
  expect(await migrate({ connectionString: theirs.url })).toEqual({ applied: [] });
  const [a, b] = await Promise.all([ours, theirs].map(({ url }) => withClient(url, catalog)));
  expect(a).toEqual(b);
  await theirs.drop();
});
