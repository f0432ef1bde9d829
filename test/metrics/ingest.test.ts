import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { ingestObservations, type Observation } from '../../database/metric-ingest.ts';
import { BadInput } from '../../domain/errors.ts';
import { type GroupId, variantId } from '../../domain/ids.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { screentest } from '../support/screentest.ts';

const HEADER = 'variant,platform,metric,value,recorded_at,ad';
const NAMES = ['Control', 'Variant B'];

let rig: Rig;
let group: GroupId;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);
beforeEach(async () => {
  group = await rig.start({ variants: NAMES.map((name) => ({ name, prompt: name })) });
  await rig.until(group, ({ status }) => status === 'testing');
});

function day(at: number): string {
  return new Date(Date.now() - at * 86_400_000).toISOString().slice(0, 10);
}

function importRows(rows: readonly string[], skipBad = false) {
  const csv = [HEADER, ...rows].join('\n');
  return rig.client.importMetrics({ groupId: group, fileName: 'ads.csv', csv, by: ANA, skipBad });
}

async function totals(): Promise<Record<string, number>> {
  const { group: record } = await rig.client.status(group);
  return Object.fromEntries(
    record.variants.flatMap(({ name, totals: all }) =>
      all.map(({ platform, metric, value }) => [`${name} ${platform} ${metric}`, value]),
    ),
  );
}

const written = () =>
  rig.database.metricObservation.count({
    where: { publication: { videoVariant: { variantGroupId: group } } },
  });

test('the same file twice changes nothing, and a restated day replaces what was there', async () => {
  const rows = [
    `Control,tiktok,impressions,1000,${day(2)},`,
    `Control,tiktok,impressions,1100,${day(1)},`,
    `Variant B,tiktok,impressions,900,${day(2)},`,
  ];
  expect(await importRows(rows)).toMatchObject({ inserted: 3, changed: 0, unchanged: 0 });
  expect(await importRows(rows)).toMatchObject({ inserted: 0, changed: 0, unchanged: 3 });
  const restated = [
    ...rows.slice(1),
    `Control,tiktok,impressions,1250,${day(2)},`,
    `Control,tiktok,impressions,7,${day(3)},`,
  ];
  expect(await importRows(restated)).toMatchObject({ inserted: 1, changed: 1, unchanged: 2 });
  expect(await totals()).toEqual({
    'Control tiktok impressions': 1250 + 1100 + 7,
    'Variant B tiktok impressions': 900,
  });
});

test('two ads of one variant add up on a day, and a restated one counts once', async () => {
  await importRows([`Control,tiktok,clicks,10,${day(1)},ad 1`, `Control,tiktok,clicks,5,${day(1)},ad 2`]);
  await importRows([`Control,tiktok,clicks,6,${day(1)},ad 2`]);
  expect(await totals()).toEqual({ 'Control tiktok clicks': 16 });
  expect(await rolledUp()).toEqual([16]);
});

test('the same ad name in two ad sets is two ads, and their numbers add up to the variant', async () => {
  const csv = (clicks: number) =>
    [
      `${HEADER},ad_set,market`,
      `Control,tiktok,clicks,${clicks},${day(1)},ad 1,cold,DE`,
      `Control,tiktok,clicks,5,${day(1)},ad 1,warm,DE`,
      `Control,tiktok,clicks,7,${day(1)},ad 1,warm,FR`,
    ].join('\n');
  const bring = (clicks: number) =>
    rig.client.importMetrics({
      groupId: group,
      fileName: 'a.csv',
      csv: csv(clicks),
      by: ANA,
      skipBad: false,
    });
  expect(await bring(10)).toMatchObject({ inserted: 3 });
  expect(await bring(11)).toMatchObject({ inserted: 0, changed: 1, unchanged: 2 });
  expect(await totals()).toEqual({ 'Control tiktok clicks': 23 });
  const places = await rig.database.variantPublication.findMany({
    where: { videoVariant: { variantGroupId: group } },
    orderBy: [{ adSet: 'asc' }, { market: 'asc' }],
    select: { adSet: true, market: true, externalId: true },
  });
  expect(places).toEqual([
    { adSet: 'cold', market: 'DE', externalId: 'ad 1' },
    { adSet: 'warm', market: 'DE', externalId: 'ad 1' },
    { adSet: 'warm', market: 'FR', externalId: 'ad 1' },
  ]);
});

test('an ad that joins another on the same day is added to it, and a third counts once', async () => {
  await importRows([`Control,tiktok,clicks,10,${day(1)},ad 1`]);
  await importRows([`Control,tiktok,clicks,5,${day(1)},ad 2`]);
  await importRows([`Control,tiktok,clicks,2,${day(1)},ad 3`, `Control,tiktok,clicks,10,${day(1)},ad 1`]);
  expect(await totals()).toEqual({ 'Control tiktok clicks': 17 });
  expect(await rolledUp()).toEqual([17]);
});

test('a value that is restated to what it was counts as unchanged', async () => {
  await importRows([`Control,tiktok,spend,1.50,${day(1)},`, `Control,tiktok,clicks,7,${day(1)},`]);
  expect(await importRows([`Control,tiktok,spend,1.5,${day(1)},`])).toMatchObject({
    inserted: 0,
    changed: 0,
    unchanged: 1,
  });
  expect(await importRows([`Control,tiktok,spend,1.6,${day(1)},`])).toMatchObject({ changed: 1 });
  expect(await importRows([`Control,tiktok,spend,1.50,${day(1)},`])).toMatchObject({ changed: 1 });
  expect(await totals()).toEqual({ 'Control tiktok clicks': 7, 'Control tiktok spend': 1.5 });
});

test('a row that is in a file twice is named, and counts once where bad rows are skipped', async () => {
  const rows = [
    `Control,tiktok,clicks,10,${day(1)},`,
    `Control,tiktok,clicks,11,${day(1)},`,
    `Control,tiktok,clicks,3,${day(2)},`,
  ];
  await expect(importRows(rows)).rejects.toThrow(/line 3: the same .* as line 2/);
  const report = await importRows(rows, true);
  expect(report).toMatchObject({ inserted: 2, changed: 0, unchanged: 0 });
  expect(report.skipped).toHaveLength(1);
  expect(await totals()).toEqual({ 'Control tiktok clicks': 13 });
});

test('an archived group takes no more metrics, and keeps those it has', async () => {
  await importRows([`Control,tiktok,clicks,10,${day(1)},`]);
  await rig.client.cancel(group, ANA);
  await rig.client.result(group);
  expect(await importRows([`Control,tiktok,clicks,11,${day(1)},`])).toMatchObject({ changed: 1 });
  await rig.client.archive(group, ANA);
  await expect(importRows([`Control,tiktok,clicks,12,${day(1)},`])).rejects.toMatchObject({
    code: 'GROUP_ARCHIVED',
  });
  expect(await totals()).toEqual({ 'Control tiktok clicks': 11 });
  expect(await rig.database.metricImport.count({ where: { variantGroupId: group } })).toBe(2);
});

test('imports of several groups at the same moment count each its own', async () => {
  const other = await rig.start({ variants: NAMES.map((name) => ({ name, prompt: name })) });
  await rig.until(other, ({ status }) => status === 'testing');
  const rows = Array.from({ length: 20 }, (_, at) => `Control,tiktok,clicks,10,${day(at + 1)},`);
  const csv = [HEADER, ...rows].join('\n');
  const reports = await Promise.all(
    [group, other].map((groupId) =>
      rig.client.importMetrics({ groupId, fileName: 'ads.csv', csv, by: ANA, skipBad: false }),
    ),
  );
  for (const report of reports) expect(report).toMatchObject({ inserted: 20, changed: 0, unchanged: 0 });
  for (const groupId of [group, other]) {
    expect(await rig.client.metricTotals({ groupId })).toMatchObject([{ total: 200, count: 20 }]);
  }
});

test('`screentest metrics` shows the totals, and each value of a variant on a platform', async () => {
  await importRows([
    `Control,tiktok,clicks,10,${day(2)},ad 1`,
    `Control,tiktok,clicks,5,${day(1)},`,
    `Control,youtube,clicks,3,${day(1)},`,
    `Variant B,tiktok,impressions,2000,${day(1)},`,
  ]);
  const metrics = (...args: string[]) => screentest(['metrics', group, ...args], rig.environment);
  const all = await metrics();
  expect(all.stdout).toMatch(/variant +platform +impressions +clicks +until/);
  expect(all.stdout).toMatch(/Control +tiktok +15 /);
  expect(all.stdout).toMatch(/Variant B +tiktok +2,000 /);
  const some = await metrics('--variant', 'Control', '--platform', 'tiktok', '--values', '-o', 'json');
  expect(JSON.parse(some.stdout)).toMatchObject([
    { variant: 'Control', metric: 'clicks', value: 10, unit: 'count', recordedAt: `${day(1)}T00:00:00.000Z` },
    { variant: 'Control', metric: 'clicks', value: 5 },
  ]);
  const none = await metrics('--variant', 'Variant Z');
  expect(none).toMatchObject({ exit: 3, stdout: '' });
  expect(none.stderr).toContain('Control, Variant B');
});

async function rolledUp(): Promise<number[]> {
  const rows = await rig.database.variantPerformance.findMany({
    where: { videoVariant: { variantGroupId: group } },
  });
  return rows.map(({ metricValue }) => Number(metricValue));
}

/** The first day of a month, in UTC. */
function firstOf(monthsAgo: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo, 1))
    .toISOString()
    .slice(0, 10);
}

test("rows of any month from three years back to a month ahead land in their month's own partition", async () => {
  const months = [35, 14, 1, 0];
  await importRows(months.map((monthsAgo) => `Control,youtube,views,100,${firstOf(monthsAgo)},`));
  await importRows([`Control,youtube,views,100,${day(-29)},`]);
  for (const table of ['variant_performance', 'metric_observations']) {
    const partitions = await rig.database.$queryRawUnsafe<{ place: string }[]>(
      `SELECT DISTINCT tableoid::regclass::text AS place FROM ${table}`,
    );
    const places = partitions.map(({ place }) => place);
    for (const date of [...months.map(firstOf), day(-30)]) {
      expect(places).toContain(`screentest_partitions.${table}_${date.slice(0, 7).replace('-', '_')}`);
    }
    expect(places).not.toContain(`screentest_partitions.${table}_default`);
  }
  await expect(importRows([`Control,youtube,views,100,${firstOf(38)},`])).rejects.toThrow('over 3 years ago');
  await expect(importRows([`Control,youtube,views,100,${day(-40)},`])).rejects.toThrow('days ahead');
});

test('numbers that no table could hold are refused by their row before any of them is written, wherever they come from', async () => {
  const { variants } = await rig.overview(group);
  const fit = {
    variantId: variantId(variants[0]?.id ?? ''),
    platform: 'tiktok',
    ad: '',
    metric: 'spend',
    value: '1.5',
    recordedAt: new Date(),
  } as const;
  const rows: readonly [Partial<Observation>, string][] = [
    [{ value: 'NaN' }, 'is no value for spend'],
    [{ value: '-Infinity' }, 'is no value for spend'],
    [{ value: '123456789012.0000' }, 'to 99999999999.9999'],
    [{ recordedAt: new Date('1925-01-01') }, 'over 3 years ago'],
    [{ recordedAt: new Date('2125-01-01') }, 'days ahead'],
    [{ recordedAt: new Date(Number.NaN) }, 'its time is none'],
    [JSON.parse('{"platform":"myspace"}'), 'unknown platform "myspace"; allowed are instagram'],
  ];
  const source = { groupId: group, fileName: 'api', fileSha256: 'a'.repeat(64), by: ANA, skipped: 0 };
  const refused = ingestObservations(rig.database, source, [
    fit,
    ...rows.map(([row]) => ({ ...fit, ...row })),
  ]);
  const error: unknown = await refused.catch((thrown: unknown) => thrown);
  if (!(error instanceof BadInput)) throw new Error(`not refused as it should be: ${String(error)}`);
  const lines = error.message.split('\n');
  expect(lines[0]).toContain('7 of 8 rows');
  for (const [at, [, reason]] of rows.entries()) {
    expect(lines[at + 1]).toContain(`row ${at + 2}: `);
    expect(lines[at + 1]).toContain(reason);
  }
  expect(await written()).toBe(0);
});

test('a row of an archived month is named in its file, and the others come in when it is to be skipped', async () => {
  const archived = firstOf(14).slice(0, 7);
  await rig.database.archivedPartition.create({
    data: {
      tableName: 'variant_performance',
      month: new Date(`${archived}-01`),
      rowCount: 0n,
      sizeBytes: 0n,
    },
  });
  const rows = [`Control,tiktok,views,5,${day(1)},`, `Control,tiktok,views,5,${archived}-10,`];
  await expect(importRows(rows)).rejects.toThrow(
    new RegExp(`1 of 2 rows.*line 3: .* is in ${archived}, which is archived.*--skip-bad`, 's'),
  );
  expect(await importRows(rows, true)).toMatchObject({ inserted: 1 });
  await rig.database.archivedPartition.deleteMany();
});

test('a month without a partition waits for a writer that is busy, and keeps nobody else waiting', async () => {
  const busy = new pg.Client({ connectionString: rig.environment.DATABASE_URL ?? '' });
  await busy.connect();
  try {
    await busy.query('BEGIN; LOCK TABLE variant_performance IN ROW EXCLUSIVE MODE');
    let isDone = false;
    const late = importRows([`Control,youtube,views,100,${firstOf(20)},`]).finally(() => {
      isDone = true;
    });
    expect(await importRows([`Control,youtube,views,100,${firstOf(0)},`])).toMatchObject({ inserted: 1 });
    expect(isDone).toBe(false);
    await busy.query('COMMIT');
    expect(await late).toMatchObject({ inserted: 1 });
  } finally {
    await busy.end();
  }
});

test('three bad rows of 4,000 are named and nothing is written, unless they are to be skipped', async () => {
  const platforms = ['tiktok', 'youtube', 'instagram', 'facebook', 'linkedin'];
  const rows = Array.from(
    { length: 4000 },
    (_, at) =>
      `${NAMES[at % 2]},${platforms[Math.floor(at / 2) % 5]},views,${at},${day(1 + Math.floor(at / 400))},ad ${at % 400}`,
  );
  rows[10] = `Variant Z,tiktok,views,1,${day(1)},`;
  rows[2000] = `Control,tiktok,views,"1,5",${day(1)},`;
  rows[3999] = 'Control,tiktok,views,1,yesterday,';
  await expect(importRows(rows)).rejects.toThrow(/3 of 4000 rows.*line 12: .*line 2002: .*line 4001: /s);
  expect(await written()).toBe(0);
  const report = await importRows(rows, true);
  expect(report).toMatchObject({ inserted: 3997, changed: 0, unchanged: 0 });
  expect(report.skipped).toHaveLength(3);
  expect(await written()).toBe(3997);
});

test('a file with a header alone, or with bad rows alone, imports nothing and says so', async () => {
  expect(await importRows([])).toMatchObject({ inserted: 0, skipped: [] });
  const report = await importRows([`Variant Z,tiktok,views,1,${day(1)},`], true);
  expect(report).toMatchObject({ inserted: 0, changed: 0, unchanged: 0 });
  expect(report.skipped[0]).toContain('known are Control, Variant B');
});

test('imports that overlap at the same moment neither deadlock nor lose or double a number', async () => {
  const days = Array.from({ length: 20 }, (_, at) => day(at + 1));
  const fileOf = (ad: number) => [
    ...days.map((on) => `Control,tiktok,clicks,10,${on},ad ${ad}`),
    ...days.map((on) => `Control,tiktok,impressions,1000,${on},shared`),
  ];
  const reports = await Promise.all(
    [1, 2, 3, 4, 5].map((ad) => importRows(fileOf(ad).toSorted(() => (ad % 2 ? 1 : -1)))),
  );
  expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(5 * 20 + 20);
  expect(await totals()).toEqual({
    'Control tiktok clicks': 5 * 20 * 10,
    'Control tiktok impressions': 20 * 1000,
  });
});

test("an importer's time zone changes nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'screentest-import-'));
  try {
    const file = join(folder, 'ads.csv');
    const on = day(3);
    await writeFile(file, `${HEADER}\nControl,tiktok,clicks,1,${on},\n`);
    await promisify(execFile)(process.execPath, [resolve('dist/cli/main.js'), 'import', group, file], {
      env: { ...rig.environment, TZ: 'America/New_York' },
    });
    const [row] = await rig.database.$queryRaw<{ at: string }[]>`
      SELECT to_char(v.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS at FROM variant_performance v
      JOIN video_variants x ON x.id = v.video_variant_id WHERE x.variant_group_id = ${group}::uuid`;
    const end = new Date(new Date(`${on}T00:00:00Z`).getTime() + 86_400_000);
    expect(row?.at).toBe(end.toISOString().slice(0, 19));
    expect(await importRows([`Control,tiktok,clicks,1,${on},`])).toMatchObject({ unchanged: 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
