import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { archiveMonth, dropMonth, recordExport } from '../../database/month-archive.ts';
import { ensurePartitions } from '../../database/partitions.ts';
import { DEFAULT_RETENTION } from '../../domain/retention.ts';
import { exportMonth, readBack } from '../../retention/month-file.ts';
import { retireMonths } from '../../retention/months.ts';
import { createS3Store } from '../../storage/s3-store.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import { connected } from '../prisma/clients.ts';
import { monthsAgo, type RetentionSystem, startRetentionSystem } from '../support/retention-system.ts';
import { S3_CREDENTIALS, startS3Server } from '../support/s3-server.ts';

const OLD = monthsAgo(18);
const NEXT = monthsAgo(17);
/** Over three years ago. */
const ANCIENT = monthsAgo(42);

let system: RetentionSystem;
beforeEach(async () => {
  system = await startRetentionSystem();
});
afterEach(() => system.stop());

const firstDay = (month: string) => new Date(`${month}-01T00:00:00Z`);

const retire = () => retireMonths({ ...system, rules: DEFAULT_RETENTION }, new Date(), () => undefined);

const oldGroup = (status: 'completed' | 'archived', ...recordedAt: string[]) =>
  system.group({ status, endedAt: recordedAt.at(-1) ?? '', recordedAt });

describe('a month that ended over three years ago', () => {
  test('is written into a compressed CSV file, read back, and dropped; where it is remains known', async () => {
    await oldGroup('archived', `${ANCIENT}-10T00:00:00Z`, `${ANCIENT}-11T00:00:00Z`);
    const report = await retire();
    expect(report).toMatchObject({
      archived: [ANCIENT],
      dropped: [`metric_observations ${ANCIENT}`, `variant_performance ${ANCIENT}`],
    });
    expect(report.exported).toHaveLength(2);
    expect(await system.places(ANCIENT)).toEqual(['dropped', 'dropped']);
    const part = await system.database.archivedPartition.findUniqueOrThrow({
      where: { tableName_month: { tableName: 'variant_performance', month: firstDay(ANCIENT) } },
    });
    expect(part).toMatchObject({ rowCount: 4n, exportedRows: 4n });
    const key = part.exportKey ?? '';
    expect(key).toMatch(new RegExp(`^archive/variant_performance-${ANCIENT}-[0-9a-f]{12}[.]csv[.]gz$`));
    const text = gunzipSync(await readFile(join(system.folder, key))).toString();
    expect(parse(text, { columns: true })).toHaveLength(4);
    expect(text).not.toContain('created_by');
    expect(
      await system.read(
        `SELECT count(*)::int FROM pg_class WHERE relname LIKE '%${ANCIENT.replace('-', '_')}%'`,
      ),
    ).toEqual([0]);
    expect(await retire()).toMatchObject({ archived: [], exported: [], dropped: [] });
  });

  test('goes into a bucket likewise', async () => {
    const before = { ...process.env };
    Object.assign(process.env, S3_CREDENTIALS);
    const server = await startS3Server();
    try {
      const bucket = await server.createBucket();
      const { endpoint } = server;
      const store = createS3Store({ bucket, endpoint, region: 'us-east-1', prefix: 'ads', pathStyle: true });
      await oldGroup('archived', `${ANCIENT}-10T00:00:00Z`);
      const rules = DEFAULT_RETENTION;
      const { dropped } = await retireMonths({ ...system, store, rules }, new Date(), () => undefined);
      expect(dropped).toHaveLength(2);
      for (const part of await system.database.archivedPartition.findMany()) {
        expect(part.exportedTo).toBe(`s3://${bucket}/ads/${part.exportKey}`);
        expect(await readBack(store, part.exportKey ?? '')).toEqual({ rows: 2, sha256: part.exportSha256 });
      }
    } finally {
      process.env = before;
      await server.stop();
    }
  });

  test('can be read back from its file with COPY, value for value', async () => {
    await oldGroup('archived', `${ANCIENT}-10T00:00:00Z`, `${ANCIENT}-11T12:34:56.789Z`);
    const columns = (table: string, file: string) =>
      `SELECT to_jsonb(t) - 'created_by' AS row FROM (SELECT * FROM ${table}) t ORDER BY 1 -- ${file}`;
    const before = {
      variant_performance: await system.read(columns('variant_performance_all', '')),
      metric_observations: await system.read(columns('metric_observations_all', '')),
    };
    await retire();
    for (const table of ['variant_performance', 'metric_observations'] as const) {
      const part = await system.database.archivedPartition.findUniqueOrThrow({
        where: { tableName_month: { tableName: table, month: firstDay(ANCIENT) } },
      });
      const csv = gunzipSync(await readFile(join(system.folder, part.exportKey ?? '')));
      // Where the server can read it; a client would send it with psql's \copy.
      const path = join(tmpdir(), `restored-${process.pid}-${table}.csv`);
      await writeFile(path, csv, { mode: 0o644 });
      const header = csv.toString().split('\n', 1)[0] ?? '';
      await system.client.query(`CREATE TEMP TABLE restored_${table} (LIKE public.${table})`);
      await system.client.query(
        `COPY restored_${table} (${header}) FROM '${path}' WITH (FORMAT csv, HEADER)`,
      );
      await rm(path);
      expect(await system.read(columns(`restored_${table}`, ''))).toEqual(before[table]);
    }
  });

  test('stays when its file is damaged on its way into the store', async () => {
    await oldGroup('archived', `${ANCIENT}-10T00:00:00Z`);
    const damaged: VideoStore = {
      ...system.store,
      async open(key) {
        const whole = await system.store.open(key);
        if (whole === undefined) return undefined;
        return (async function* () {
          for await (const chunk of whole)
            yield Buffer.from(chunk.map((byte, at) => (at === 4 ? byte ^ 1 : byte)));
        })();
      },
    };
    await expect(
      retireMonths(
        { database: system.database, store: damaged, rules: DEFAULT_RETENTION },
        new Date(),
        () => undefined,
      ),
    ).rejects.toMatchObject({ code: 'EXPORT_DIFFERS' });
    expect(await system.places(ANCIENT)).toEqual(['archived', 'archived']);
    expect(await retire()).toMatchObject({
      dropped: [`metric_observations ${ANCIENT}`, `variant_performance ${ANCIENT}`],
    });
  });

  test('stays while a group in it is not archived', async () => {
    await oldGroup('completed', `${ANCIENT}-10T00:00:00Z`);
    expect(await retire()).toMatchObject({ archived: [], dropped: [] });
  });

  test('is dropped without a file when it was empty', async () => {
    await ensurePartitions(system.database, [firstDay(ANCIENT)]);
    expect(await retire()).toMatchObject({ archived: [ANCIENT], exported: [] });
    expect(await system.places(ANCIENT)).toEqual(['dropped', 'dropped']);
  });
});

describe('a run that was killed is gone on with by the next:', () => {
  test('between the check of the bounds and the move', async () => {
    const group = await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    await system.client.query(`
      ALTER TABLE screentest_partitions.variant_performance_${OLD.replace('-', '_')} ADD CONSTRAINT variant_performance_${OLD.replace('-', '_')}_month
      CHECK (recorded_at >= '${OLD}-01T00:00:00Z' AND recorded_at < '${NEXT}-01T00:00:00Z') NOT VALID`);
    expect(await retire()).toMatchObject({ archived: [OLD] });
    expect(await system.read(`SELECT count(*)::int FROM archive.variant_performance`)).toEqual([
      group.variants.length,
    ]);
  });

  test('within the move, which is then undone as a whole', async () => {
    await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    await system.client.query(`BEGIN; SELECT screentest_archive_month('${OLD}-01')`);
    const [pid] = await system.read('SELECT pg_backend_pid()');
    const ended = new Promise((settle) => system.client.on('error', settle));
    await system.database.$queryRawUnsafe(`SELECT pg_terminate_backend(${Number(pid)})`);
    await ended;
    system.client = await connected(system.url);
    expect(await system.places(OLD)).toEqual(['attached', 'attached']);
    expect(await retire()).toMatchObject({ archived: [OLD] });
  });

  test('between the file and its record, and between the record and the drop', async () => {
    await oldGroup('archived', `${ANCIENT}-10T00:00:00Z`);
    await archiveMonth(system.database, firstDay(ANCIENT));
    const part = { table: 'variant_performance', month: firstDay(ANCIENT) } as const;
    const first = await exportMonth(system, part, () => undefined);
    const again = await exportMonth(system, part, () => undefined);
    expect(again).toEqual(first);
    await recordExport(system.database, part, first);
    expect((await system.places(ANCIENT))[0]).toBe('exported');
    const report = await retire();
    expect(report.exported).toEqual([expect.stringContaining(`metric_observations-${ANCIENT}`)]);
    expect(report.dropped).toHaveLength(2);
    expect(await dropMonth(system.database, part)).toBe(true);
  });

  test('with a person erased in between: the file is written anew without their rows', async () => {
    const gone = await oldGroup('archived', `${ANCIENT}-10T00:00:00Z`);
    await oldGroup('archived', `${ANCIENT}-11T00:00:00Z`);
    await archiveMonth(system.database, firstDay(ANCIENT));
    const part = { table: 'variant_performance', month: firstDay(ANCIENT) } as const;
    const first = await exportMonth(system, part, () => undefined);
    await recordExport(system.database, part, first);
    await system.client.query('DELETE FROM variant_groups WHERE id = $1', [gone.id]);
    expect(await dropMonth(system.database, part)).toBe(false);
    await retire();
    const record = await system.database.archivedPartition.findUniqueOrThrow({
      where: { tableName_month: { tableName: part.table, month: part.month } },
    });
    expect(record).toMatchObject({ rowCount: 4n, exportedRows: 2n });
    expect(await system.store.read(first.key)).toBeUndefined();
  });
});
