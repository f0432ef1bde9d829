import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ingestObservations } from '../../database/metric-ingest.ts';
import { archiveMonth } from '../../database/month-archive.ts';
import { ensurePartitions } from '../../database/partitions.ts';
import { groupId, variantId } from '../../domain/ids.ts';
import { DEFAULT_RETENTION } from '../../domain/retention.ts';
import { rollback } from '../../prisma/migrator.ts';
import { retireMonths } from '../../retention/months.ts';
import { type InsertedGroup, insertNumbers } from '../support/old-groups.ts';
import { monthsAgo, type RetentionSystem, startRetentionSystem } from '../support/retention-system.ts';

/** Over a year ago, and not yet three. */
const OLD = monthsAgo(18);
const NEXT = monthsAgo(17);
const LATER = monthsAgo(16);

let system: RetentionSystem;
beforeEach(async () => {
  system = await startRetentionSystem();
});
afterEach(() => system.stop());

const firstDay = (month: string) => new Date(`${month}-01T00:00:00Z`);

const retire = () => retireMonths({ ...system, rules: DEFAULT_RETENTION }, new Date(), () => undefined);

const oldGroup = (status: 'completed' | 'archived', ...recordedAt: string[]) =>
  system.group({ status, endedAt: recordedAt.at(-1) ?? '', recordedAt });

describe('a month that ended over a year ago', () => {
  test('is moved into the archive once all its groups are archived, and can be read as before', async () => {
    const group = await oldGroup(
      'archived',
      `${OLD}-10T00:00:00Z`,
      new Date(Date.parse(`${NEXT}-01`) - 1).toISOString(),
      `${NEXT}-01T00:00:00Z`,
    );
    const before = await readThroughViews();
    const totals = await totalsOf(group);
    expect(await retire()).toMatchObject({ archived: [OLD, NEXT], dropped: [], waiting: [] });
    expect(await system.places(OLD)).toEqual(['archived', 'archived']);
    expect(await readThroughViews()).toEqual(before);
    expect(await totalsOf(group)).toEqual(totals);
    expect(
      await system.read(`SELECT count(*)::int FROM variant_performance WHERE recorded_at < '${NEXT}-01'`),
    ).toEqual([0]);
    expect(
      await system.read(
        `SELECT tableoid::regclass::text FROM archive.variant_performance WHERE recorded_at < '${NEXT}-01' LIMIT 1`,
      ),
    ).toEqual([`archive.variant_performance_${OLD.replace('-', '_')}`]);
    expect(await retire()).toMatchObject({ archived: [] });
  });

  test('stays while one of its groups is only completed, and the reason is told', async () => {
    await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    await oldGroup('completed', `${OLD}-11T00:00:00Z`);
    expect(await retire()).toMatchObject({
      archived: [],
      waiting: [`${OLD} has rows of 1 groups that are not archived`],
    });
    expect(await system.places(OLD)).toEqual(['attached', 'attached']);
    await expect(archiveMonth(system.database, firstDay(OLD))).rejects.toMatchObject({
      code: 'MONTH_IN_USE',
    });
    expect(await system.places(OLD)).toEqual(['attached', 'attached']);
  });

  test('stays while it is empty, since a new group may still bring its numbers', async () => {
    await ensurePartitions(system.database, [firstDay(OLD)]);
    expect(await retire()).toMatchObject({ archived: [] });
    expect(await system.places(OLD)).toEqual(['attached', 'attached']);
  });

  test('is pruned like any other: a query with bounds reads no other month, live or archived', async () => {
    await oldGroup('archived', `${OLD}-10T00:00:00Z`, `${NEXT}-10T00:00:00Z`, `${LATER}-10T00:00:00Z`);
    await archiveMonth(system.database, firstDay(OLD));
    await archiveMonth(system.database, firstDay(NEXT));
    const plan = await system.read(
      `EXPLAIN SELECT * FROM variant_performance_all WHERE recorded_at >= '${NEXT}-01Z' AND recorded_at < '${LATER}-01Z'`,
    );
    const read = plan.flatMap((line) => /on variant_performance_(\w+) /.exec(String(line))?.[1] ?? []);
    expect(read.toSorted()).toEqual([NEXT.replace('-', '_'), 'default']);
  });

  test('loses a person’s rows when their group is deleted, as the live table does', async () => {
    const gone = await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    const kept = await oldGroup('archived', `${OLD}-12T00:00:00Z`);
    await archiveMonth(system.database, firstDay(OLD));
    await system.client.query(`DELETE FROM variant_groups WHERE id = $1`, [gone.id]);
    expect(
      await system.read('SELECT DISTINCT video_variant_id FROM archive.variant_performance ORDER BY 1'),
    ).toEqual(kept.variants.toSorted());
    expect(await system.read('SELECT count(*)::int FROM archive.metric_observations')).toEqual([2]);
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
      system.database,
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
    await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    await archiveMonth(system.database, firstDay(OLD));
    const running = await system.group({ status: 'planning' });
    const error = await importInto(running, `${OLD}-12T00:00:00Z`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MONTH_ARCHIVED', kind: 'precondition' });
    expect(String(error)).toContain(OLD);
    expect(String(error)).toContain('--skip-bad');
    expect(await importInto(running, `${NEXT}-12T00:00:00Z`)).toMatchObject({ inserted: 1 });
  });

  test('refuses rows from whoever else writes, and gets no second partition', async () => {
    const group = await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    await archiveMonth(system.database, firstDay(OLD));
    await expect(insertNumbers(system.client, group.variants, `${OLD}-12T00:00:00Z`)).rejects.toMatchObject({
      code: '23514',
      constraint: 'metric_month_is_open',
    });
    expect(await ensurePartitions(system.database, [firstDay(OLD)])).toEqual([]);
    expect(await system.places(OLD)).toEqual(['archived', 'archived']);
  });

  test('keeps its group’s totals as they are: an archived group takes no more numbers', async () => {
    const group = await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    await archiveMonth(system.database, firstDay(OLD));
    const totals = await totalsOf(group);
    await expect(importInto(group, '2026-10-10T00:00:00Z')).rejects.toMatchObject({ code: 'GROUP_ARCHIVED' });
    expect(await totalsOf(group)).toEqual(totals);
  });

  test('waits for an import of that month, and an import waits for it', async () => {
    const group = await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    const running = await system.group({ status: 'planning' });
    const moving = archiveMonth(system.database, firstDay(OLD));
    const outcomes = await Promise.allSettled([importInto(running, `${OLD}-12T00:00:00Z`), moving]);
    // Either came first; never is a running group's number in the archive, nor an archived month's in the live table.
    const [imported, archived] = outcomes.map(({ status }) => status);
    expect([imported, archived].toSorted()).toEqual(['fulfilled', 'rejected']);
    const inArchive = await system.read('SELECT DISTINCT video_variant_id FROM archive.variant_performance');
    expect(inArchive.filter((id) => running.variants.includes(String(id)))).toEqual([]);
    expect(inArchive.length).toBe(archived === 'fulfilled' ? group.variants.length : 0);
  });

  test('goes back to the live table when the migration is rolled back, with every row', async () => {
    await oldGroup('archived', `${OLD}-10T00:00:00Z`);
    const before = await readThroughViews();
    await archiveMonth(system.database, firstDay(OLD));
    const later = await system.read(
      `SELECT count(*)::int FROM _prisma_migrations WHERE migration_name > '0023'`,
    );
    await rollback({ connectionString: system.url, steps: Number(later[0]), confirmLossOfRows: true });
    expect(await system.read('SELECT to_jsonb(v)::text FROM variant_performance v ORDER BY 1')).toEqual(
      before[0],
    );
    expect(
      await system.read(
        `SELECT to_regclass('screentest_partitions.variant_performance_${OLD.replace('-', '_')}') IS NOT NULL`,
      ),
    ).toEqual([true]);
  });
});

test('the archive has the very columns of the live tables, so that a month fits into both', async () => {
  const columns = (schema: string) =>
    system.read(
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
    await system.read('SELECT to_jsonb(v)::text FROM variant_performance_all v ORDER BY 1'),
    await system.read('SELECT to_jsonb(v)::text FROM metric_observations_all v ORDER BY 1'),
  ];
}

function totalsOf(group: InsertedGroup): Promise<unknown[]> {
  return system.read(
    'SELECT to_jsonb(t)::text FROM variant_metric_totals t WHERE video_variant_id = ANY ($1) ORDER BY 1',
    [group.variants],
  );
}
