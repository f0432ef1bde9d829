import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeSchema } from '../../prisma/dictionary.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { column, withClient } from './clients.ts';

const FILE = 'docs/data-dictionary.md';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
});
afterAll(() => database.drop());

/** Tables in Markdown are padded by the formatter; what they say is the same. */
const plain = (markdown: string) => markdown.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');

test(`${FILE} describes the database as it is (SCREENTEST_WRITE_DOCS=1 writes it)`, async () => {
  const described = await describeSchema(database.url);
  if (process.env.SCREENTEST_WRITE_DOCS === '1') await writeFile(FILE, described);
  expect(plain(await readFile(FILE, 'utf8')).trim()).toBe(plain(described).trim());
});

test('the diagram has every table with its keys, and nothing that is not a table', async () => {
  const [, diagram = ''] = /```mermaid\nerDiagram\n(.*?)```/s.exec(await readFile(FILE, 'utf8')) ?? [];
  const entities = [...diagram.matchAll(/^ {2}(\w+) \{$/gm)].map(([, name]) => name);
  const related = [...diagram.matchAll(/^ {2}(\w+) \S+--o\{ (\w+) : /gm)].flatMap(([, one, many]) => [
    one,
    many,
  ]);
  const tables = await withClient(database.url, (client) =>
    column(
      client,
      `SELECT CASE relnamespace WHEN 'public'::regnamespace THEN relname ELSE 'auth_users' END::text FROM pg_class
       WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname <> '_prisma_migrations'
         AND (relnamespace = 'public'::regnamespace OR oid = 'auth.users'::regclass)`,
    ),
  );
  expect(entities.toSorted()).toEqual(tables.toSorted());
  expect(related.filter((name) => !entities.includes(name))).toEqual([]);
  expect(diagram).toContain('    uuid winner_variant_id FK\n');
  expect(diagram).toContain('    uuid use_case_template_id FK\n');
});

test('every table and column says what it means', async () => {
  const silent = await withClient(database.url, (client) =>
    client.query(`
      SELECT c.relname, a.attname FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
        AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)`),
  );
  expect(silent.rows).toEqual([]);
});
