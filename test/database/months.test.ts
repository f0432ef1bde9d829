import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type pg from 'pg';
import { createDatabase, type Database } from '../../database/client.ts';
import { ingestObservations } from '../../database/metric-ingest.ts';
import { archiveMonth, dropMonth, recordExport } from '../../database/month-archive.ts';
import { listMonths } from '../../database/month-list.ts';
import { ensurePartitions } from '../../database/partitions.ts';
import { groupId, variantId } from '../../domain/ids.ts';
import { DEFAULT_RETENTION } from '../../domain/retention.ts';
import { rollback } from '../../prisma/migrator.ts';
import { exportMonth } from '../../retention/month-file.ts';
import { retireMonths } from '../../retention/months.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import { column, connected } from '../prisma/clients.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type InsertedGroup, insertNumbers, insertOldGroup, insertVenture } from '../support/old-groups.ts';

let testDatabase: TestDatabase;
let database: Database;
let client: pg.Client;
let folder: string;
let store: VideoStore;

beforeEach(async () => {
  testDatabase = await createTestDatabase({ migrated: true });
  database = createDatabase(testDatabase.url);
  client = await connected(testDatabase.url);
  await insertVenture(client);
  folder = await mkdtemp(join(tmpdir(), 'screentest-months-'));
  store = createLocalStore(folder);
});

afterEach(async () => {
  await database.$disconnect();
  await client.end();
  await testDatabase.drop();
  await rm(folder, { recursive: true });
});

const NOW = new Date('2026-11-20T12:00:00Z');
const MAY_2025 = new Date('2025-05-01T00:00:00Z');
const MAY_2023 = new Date('2023-05-01T00:00:00Z');

const retire = () => retireMonths({ database, store, rules: DEFAULT_RETENTION }, NOW, () => undefined);

async function place(table: string, month: string): Promise<string | undefined> {
  const months = await listMonths(database);
  return months.find((part) => part.table === table && part.month === month)?.place;
}

const places = async (month: string) => [
  await place('variant_performance', month),
  await place('metric_observations', month),
];

async function oldGroup(status: 'completed' | 'archived', ...recordedAt: string[]): Promise<InsertedGroup> {
  await ensurePartitions(
    database,
    recordedAt.map((at) => new Date(at)),
  );
  return insertOldGroup(client, { status, endedAt: recordedAt.at(-1) ?? '2023-05-20', recordedAt });
}

describe('a month that ended over a year ago', () => {
  test('is moved into the archive once all its groups are archived, and can be read as before', async () => {
    const group = await oldGroup(
      'archived',
      '2025-05-10T00:00:00Z',
      '2025-05-31T23:59:59.999Z',
      '2025-06-01T00:00:00Z',
    );
    const before = await readThroughViews();
    const totals = await totalsOf(group);
    expect(await retire()).toMatchObject({ archived: ['2025-05', '2025-06'], dropped: [], waiting: [] });
    expect(await places('2025-05')).toEqual(['archived', 'archived']);
    expect(await readThroughViews()).toEqual(before);
    expect(await totalsOf(group)).toEqual(totals);
    expect(
      await column(client, `SELECT count(*)::int FROM variant_performance WHERE recorded_at < '2025-06-01'`),
    ).toEqual([0]);
    expect(
      await column(
        client,
        `SELECT tableoid::regclass::text FROM archive.variant_performance WHERE recorded_at < '2025-06-01' LIMIT 1`,
      ),
    ).toEqual(['archive.variant_performance_2025_05']);
    expect(await retire()).toMatchObject({ archived: [] });
  });

  test('stays while one of its groups is only completed, and the reason is told', async () => {
    await oldGroup('archived', '2025-05-10T00:00:00Z');
    await oldGroup('completed', '2025-05-11T00:00:00Z');
    expect(await retire()).toMatchObject({
      archived: [],
      waiting: ['2025-05 has rows of 1 groups that are not archived'],
    });
    expect(await places('2025-05')).toEqual(['attached', 'attached']);
    await expect(archiveMonth(database, MAY_2025)).rejects.toMatchObject({ code: 'MONTH_IN_USE' });
    expect(await places('2025-05')).toEqual(['attached', 'attached']);
  });

  test('stays while it is empty, since a new group may still bring its numbers', async () => {
    await ensurePartitions(database, [MAY_2025]);
    expect(await retire()).toMatchObject({ archived: [] });
    expect(await places('2025-05')).toEqual(['attached', 'attached']);
  });

  test('is pruned like any other: a query with bounds reads no other month, live or archived', async () => {
    await oldGroup('archived', '2025-05-10T00:00:00Z', '2025-06-10T00:00:00Z', '2025-07-10T00:00:00Z');
    await archiveMonth(database, MAY_2025);
    await archiveMonth(database, new Date('2025-06-01T00:00:00Z'));
    const plan = await column(
      client,
      `EXPLAIN SELECT * FROM variant_performance_all WHERE recorded_at >= '2025-06-01Z' AND recorded_at < '2025-07-01Z'`,
    );
    const read = plan.flatMap((line) => /on variant_performance_(\w+) /.exec(String(line))?.[1] ?? []);
    expect(read.toSorted()).toEqual(['2025_06', 'default']);
  });

  test('loses a person’s rows when their group is deleted, as the live table does', async () => {
    const gone = await oldGroup('archived', '2025-05-10T00:00:00Z');
    const kept = await oldGroup('archived', '2025-05-12T00:00:00Z');
    await archiveMonth(database, MAY_2025);
    await client.query(`DELETE FROM variant_groups WHERE id = $1`, [gone.id]);
    expect(
      await column(client, 'SELECT DISTINCT video_variant_id FROM archive.variant_performance ORDER BY 1'),
    ).toEqual(kept.variants.toSorted());
    expect(await column(client, 'SELECT count(*)::int FROM archive.metric_observations')).toEqual([2]);
  });
});

describe('an archived month', () => {
  const observation = (group: InsertedGroup, recordedAt: string) => ({
    variantId: variantId(group.variants[0] ?? ''),
    platform: 'tiktok' as const,
    ad: '',
    metric: 'views' as const,
    value: '7',
    recordedAt: new Date(recordedAt),
  });
  const importInto = (group: InsertedGroup, recordedAt: string) =>
    ingestObservations(
      database,
      {
        groupId: groupId(group.id),
        fileName: 'a.csv',
        fileSha256: 'a'.repeat(64),
        by: 'ana@example.com',
        skipped: 0,
      },
      [observation(group, recordedAt)],
    );

  test('refuses an import with the reason and what to do, and other months take it', async () => {
    await oldGroup('archived', '2025-05-10T00:00:00Z');
    await archiveMonth(database, MAY_2025);
    const running = await insertOldGroup(client, { status: 'planning' });
    const error = await importInto(running, '2025-05-12T00:00:00Z').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MONTH_ARCHIVED', kind: 'precondition' });
    expect(String(error)).toContain('2025-05');
    expect(String(error)).toContain('--skip-bad');
    expect(await importInto(running, '2025-06-12T00:00:00Z')).toMatchObject({ inserted: 1 });
  });

  test('refuses rows from whoever else writes, and gets no second partition', async () => {
    const group = await oldGroup('archived', '2025-05-10T00:00:00Z');
    await archiveMonth(database, MAY_2025);
    await expect(insertNumbers(client, group.variants, '2025-05-12T00:00:00Z')).rejects.toMatchObject({
      code: '23514',
      constraint: 'metric_month_is_open',
    });
    expect(await ensurePartitions(database, [MAY_2025])).toEqual([]);
    expect(await places('2025-05')).toEqual(['archived', 'archived']);
  });

  test('keeps its group’s totals as they are: an archived group takes no more numbers', async () => {
    const group = await oldGroup('archived', '2025-05-10T00:00:00Z');
    await archiveMonth(database, MAY_2025);
    const totals = await totalsOf(group);
    await expect(importInto(group, '2026-10-10T00:00:00Z')).rejects.toMatchObject({ code: 'GROUP_ARCHIVED' });
    expect(await totalsOf(group)).toEqual(totals);
  });

  test('waits for an import of that month, and an import waits for it', async () => {
    const group = await oldGroup('archived', '2025-05-10T00:00:00Z');
    const running = await insertOldGroup(client, { status: 'planning' });
    const moving = archiveMonth(database, MAY_2025);
    const outcomes = await Promise.allSettled([importInto(running, '2025-05-12T00:00:00Z'), moving]);
    // Either came first; never is a running group's number in the archive, nor an archived month's in the live table.
    const [imported, archived] = outcomes.map(({ status }) => status);
    expect([imported, archived].toSorted()).toEqual(['fulfilled', 'rejected']);
    const inArchive = await column(
      client,
      'SELECT DISTINCT video_variant_id FROM archive.variant_performance',
    );
    expect(inArchive.filter((id) => running.variants.includes(String(id)))).toEqual([]);
    expect(inArchive.length).toBe(archived === 'fulfilled' ? group.variants.length : 0);
  });

  test('goes back to the live table when the migration is rolled back, with every row', async () => {
    await oldGroup('archived', '2025-05-10T00:00:00Z');
    const before = await readThroughViews();
    await archiveMonth(database, MAY_2025);
    const later = await column(
      client,
      `SELECT count(*)::int FROM _prisma_migrations WHERE migration_name > '0023'`,
    );
    await rollback({ connectionString: testDatabase.url, steps: Number(later[0]), confirmLossOfRows: true });
    expect(await column(client, 'SELECT to_jsonb(v)::text FROM variant_performance v ORDER BY 1')).toEqual(
      before[0],
    );
    expect(
      await column(
        client,
        `SELECT to_regclass('screentest_partitions.variant_performance_2025_05') IS NOT NULL`,
      ),
    ).toEqual([true]);
  });
});

describe('a month that ended over three years ago', () => {
  test('is written into a compressed CSV file, read back, and dropped; where it is remains known', async () => {
    await oldGroup('archived', '2023-05-10T00:00:00Z', '2023-05-11T00:00:00Z');
    const report = await retire();
    expect(report).toMatchObject({
      archived: ['2023-05'],
      dropped: ['metric_observations 2023-05', 'variant_performance 2023-05'],
    });
    expect(report.exported).toHaveLength(2);
    expect(await places('2023-05')).toEqual(['dropped', 'dropped']);
    const part = await database.archivedPartition.findUniqueOrThrow({
      where: { tableName_month: { tableName: 'variant_performance', month: MAY_2023 } },
    });
    expect(part).toMatchObject({ rowCount: 4n, exportedRows: 4n });
    const key = part.exportKey ?? '';
    expect(key).toMatch(/^archive\/variant_performance-2023-05-[0-9a-f]{12}\.csv\.gz$/);
    const text = gunzipSync(await readFile(join(folder, key))).toString();
    expect(parse(text, { columns: true })).toHaveLength(4);
    expect(text).not.toContain('created_by');
    expect(await column(client, `SELECT count(*)::int FROM pg_class WHERE relname LIKE '%2023_05%'`)).toEqual(
      [0],
    );
    expect(await retire()).toMatchObject({ archived: [], exported: [], dropped: [] });
  });

  test('can be read back from its file with COPY, value for value', async () => {
    await oldGroup('archived', '2023-05-10T00:00:00Z', '2023-05-11T12:34:56.789Z');
    const columns = (table: string, file: string) =>
      `SELECT to_jsonb(t) - 'created_by' AS row FROM (SELECT * FROM ${table}) t ORDER BY 1 -- ${file}`;
    const before = {
      variant_performance: await column(client, columns('variant_performance_all', '')),
      metric_observations: await column(client, columns('metric_observations_all', '')),
    };
    await retire();
    for (const table of ['variant_performance', 'metric_observations'] as const) {
      const part = await database.archivedPartition.findUniqueOrThrow({
        where: { tableName_month: { tableName: table, month: MAY_2023 } },
      });
      const csv = gunzipSync(await readFile(join(folder, part.exportKey ?? '')));
      // Where the server can read it; a client would send it with psql's \copy.
      const path = join(tmpdir(), `restored-${process.pid}-${table}.csv`);
      await writeFile(path, csv, { mode: 0o644 });
      const header = csv.toString().split('\n', 1)[0] ?? '';
      await client.query(`CREATE TEMP TABLE restored_${table} (LIKE public.${table})`);
      await client.query(`COPY restored_${table} (${header}) FROM '${path}' WITH (FORMAT csv, HEADER)`);
      await rm(path);
      expect(await column(client, columns(`restored_${table}`, ''))).toEqual(before[table]);
    }
  });

  test('stays when its file is damaged on its way into the store', async () => {
    await oldGroup('archived', '2023-05-10T00:00:00Z');
    const damaged: VideoStore = {
      ...store,
      async open(key) {
        const whole = await store.open(key);
        if (whole === undefined) return undefined;
        return (async function* () {
          for await (const chunk of whole)
            yield Buffer.from(chunk.map((byte, at) => (at === 4 ? byte ^ 1 : byte)));
        })();
      },
    };
    await expect(
      retireMonths({ database, store: damaged, rules: DEFAULT_RETENTION }, NOW, () => undefined),
    ).rejects.toMatchObject({ code: 'EXPORT_DIFFERS' });
    expect(await places('2023-05')).toEqual(['archived', 'archived']);
    expect(await retire()).toMatchObject({
      dropped: ['metric_observations 2023-05', 'variant_performance 2023-05'],
    });
  });

  test('stays while a group in it is not archived', async () => {
    await oldGroup('completed', '2023-05-10T00:00:00Z');
    expect(await retire()).toMatchObject({ archived: [], dropped: [] });
  });

  test('is dropped without a file when it was empty', async () => {
    await ensurePartitions(database, [MAY_2023]);
    expect(await retire()).toMatchObject({ archived: ['2023-05'], exported: [] });
    expect(await places('2023-05')).toEqual(['dropped', 'dropped']);
  });
});

describe('a run that was killed is gone on with by the next:', () => {
  test('between the check of the bounds and the move', async () => {
    const group = await oldGroup('archived', '2025-05-10T00:00:00Z');
    await client.query(`
      ALTER TABLE screentest_partitions.variant_performance_2025_05 ADD CONSTRAINT variant_performance_2025_05_month
      CHECK (recorded_at >= '2025-05-01T00:00:00Z' AND recorded_at < '2025-06-01T00:00:00Z') NOT VALID`);
    expect(await retire()).toMatchObject({ archived: ['2025-05'] });
    expect(await column(client, `SELECT count(*)::int FROM archive.variant_performance`)).toEqual([
      group.variants.length,
    ]);
  });

  test('within the move, which is then undone as a whole', async () => {
    await oldGroup('archived', '2025-05-10T00:00:00Z');
    await client.query(`BEGIN; SELECT screentest_archive_month('2025-05-01')`);
    const [pid] = await column(client, 'SELECT pg_backend_pid()');
    const ended = new Promise((settle) => client.on('error', settle));
    await database.$queryRawUnsafe(`SELECT pg_terminate_backend(${Number(pid)})`);
    await ended;
    client = await connected(testDatabase.url);
    expect(await places('2025-05')).toEqual(['attached', 'attached']);
    expect(await retire()).toMatchObject({ archived: ['2025-05'] });
  });

  test('between the file and its record, and between the record and the drop', async () => {
    await oldGroup('archived', '2023-05-10T00:00:00Z');
    await archiveMonth(database, MAY_2023);
    const part = { table: 'variant_performance', month: MAY_2023 } as const;
    const first = await exportMonth({ database, store }, part, () => undefined);
    const again = await exportMonth({ database, store }, part, () => undefined);
    expect(again).toEqual(first);
    await recordExport(database, part, first);
    expect(await place('variant_performance', '2023-05')).toBe('exported');
    const report = await retire();
    expect(report.exported).toEqual([expect.stringContaining('metric_observations-2023-05')]);
    expect(report.dropped).toHaveLength(2);
    expect(await dropMonth(database, part)).toBe(true);
  });

  test('with a person erased in between: the file is written anew without their rows', async () => {
    const gone = await oldGroup('archived', '2023-05-10T00:00:00Z');
    await oldGroup('archived', '2023-05-11T00:00:00Z');
    await archiveMonth(database, MAY_2023);
    const part = { table: 'variant_performance', month: MAY_2023 } as const;
    const first = await exportMonth({ database, store }, part, () => undefined);
    await recordExport(database, part, first);
    await client.query('DELETE FROM variant_groups WHERE id = $1', [gone.id]);
    expect(await dropMonth(database, part)).toBe(false);
    await retire();
    const record = await database.archivedPartition.findUniqueOrThrow({
      where: { tableName_month: { tableName: part.table, month: part.month } },
    });
    expect(record).toMatchObject({ rowCount: 4n, exportedRows: 2n });
    expect(await store.read(first.key)).toBeUndefined();
  });
});

test('the archive has the very columns of the live tables, so that a month fits into both', async () => {
  const columns = (schema: string) =>
    column(
      client,
      `SELECT format('%s.%s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull)
       FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE relnamespace = $1::regnamespace AND relname IN ('variant_performance', 'metric_observations')
         AND attnum > 0 AND NOT attisdropped ORDER BY 1`,
      [schema],
    );
  expect(await columns('archive')).toEqual(await columns('public'));
});

async function readThroughViews(): Promise<unknown[][]> {
  return [
    await column(client, 'SELECT to_jsonb(v)::text FROM variant_performance_all v ORDER BY 1'),
    await column(client, 'SELECT to_jsonb(v)::text FROM metric_observations_all v ORDER BY 1'),
  ];
}

function totalsOf(group: InsertedGroup): Promise<unknown[]> {
  return column(
    client,
    'SELECT to_jsonb(t)::text FROM variant_metric_totals t WHERE video_variant_id = ANY ($1) ORDER BY 1',
    [group.variants],
  );
}
