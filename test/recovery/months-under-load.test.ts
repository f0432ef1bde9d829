import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { ingestObservations } from '../../database/metric-ingest.ts';
import { archiveMonth } from '../../database/month-archive.ts';
import { ensurePartitions, monthsInDefaultPartition } from '../../database/partitions.ts';
import { groupId, variantId } from '../../domain/ids.ts';
import { DEFAULT_RETENTION } from '../../domain/retention.ts';
import { retireMonths } from '../../retention/months.ts';
import type { InsertedGroup } from '../support/old-groups.ts';
import { monthsAgo, type RetentionSystem, startRetentionSystem } from '../support/retention-system.ts';

const OLD = monthsAgo(18);
const ANCIENT = monthsAgo(42);
const LATE = monthsAgo(5);
const ROWS = 100_000;
/**
 * Milliseconds that nobody may wait for longer. A lock is asked for during 200 ms at the most, what is done under it takes
 * a few, and the rest is for a machine with other work.
 */
const LONGEST_WAIT = 1500;

let system: RetentionSystem;
let running: InsertedGroup[];
beforeAll(async () => {
  system = await startRetentionSystem();
  for (const month of [OLD, ANCIENT]) {
    const group = await system.group({
      status: 'archived',
      endedAt: `${month}-10`,
      recordedAt: [`${month}-10`],
    });
    await system.client.query(
      `INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
       SELECT $1, 'tiktok', 'clicks', 1, $2::timestamptz + at * interval '1 second' FROM generate_series(1, ${ROWS}) at`,
      [group.variants[0], `${month}-11`],
    );
    await system.client.query(
      `INSERT INTO metric_observations (publication_id, metric_name, value, recorded_at)
       SELECT p.id, 'clicks', 1, $2::timestamptz + at * interval '1 second'
       FROM variant_publications p, generate_series(1, ${ROWS}) at WHERE p.video_variant_id = $1`,
      [group.variants[0], `${month}-11`],
    );
  }
  running = [];
  for (const _ of [1, 2, 3]) running.push(await system.group({ status: 'planning' }));
}, 120_000);
afterAll(() => system.stop());

test('months are made, filled, archived and dropped while others write and read, and nobody fails or waits long', async () => {
  const load = startLoad();
  const waits: Record<string, number> = {};
  const during = async (phase: string, work: () => Promise<unknown>) => {
    load.longest = 0;
    const begun = performance.now();
    await work();
    waits[phase] = Math.round(load.longest);
    waits[`${phase}, its whole time`] = Math.round(performance.now() - begun);
  };
  try {
    await during('nothing', () => delay(1500));
    await during('make', () => ensurePartitions(system.database, [new Date(`${monthsAgo(-8)}-01`)]));
    const late = running[0]?.variants[0];
    await system.client.query(
      `INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
       SELECT $1, 'tiktok', 'likes', 1, $2::timestamptz + at * interval '1 second' FROM generate_series(1, 20000) at`,
      [late, `${LATE}-11`],
    );
    expect(await monthsInDefaultPartition(system.database)).toHaveLength(1);
    await during('move', () => ensurePartitions(system.database, [new Date(`${LATE}-11`)]));
    expect(await monthsInDefaultPartition(system.database)).toEqual([]);
    await during('archive', () => archiveMonth(system.database, new Date(`${OLD}-01`)));
    await during('export and drop', () =>
      retireMonths({ ...system, rules: DEFAULT_RETENTION }, new Date(), () => undefined),
    );
  } finally {
    await load.stop();
  }
  process.stderr.write(`${JSON.stringify({ operations: load.operations, waits })}\n`);
  expect(load.failures).toEqual([]);
  expect(load.operations).toBeGreaterThan(100);
  expect(load.longestOfAll).toBeLessThan(LONGEST_WAIT);
  expect(await system.places(OLD)).toEqual(['archived', 'archived']);
  expect(await system.places(ANCIENT)).toEqual(['dropped', 'dropped']);
  // Every number that was written is there, once.
  expect(
    await system.read(`SELECT count(*)::int FROM variant_performance WHERE metric_name = 'views'`),
  ).toEqual([load.written]);
}, 120_000);

/** Imports of running groups, rows of another program, and readers of the live table and of everything. */
function startLoad() {
  const load = {
    operations: 0,
    written: 0,
    longest: 0,
    longestOfAll: 0,
    failures: [] as unknown[],
    async stop() {
      isOver = true;
      await Promise.all(loops);
      await Promise.all(clients.map((client) => client.end()));
    },
  };
  let isOver = false;
  const clients: pg.Client[] = [];
  let next = Date.now() - 3_600_000;
  const loop = async (operation: () => Promise<unknown>) => {
    while (!isOver) {
      const begun = performance.now();
      try {
        await operation();
      } catch (error) {
        load.failures.push(error);
      }
      const took = performance.now() - begun;
      load.longest = Math.max(load.longest, took);
      load.longestOfAll = Math.max(load.longestOfAll, took);
      load.operations += 1;
    }
  };
  const importRow = (group: InsertedGroup) => async () => {
    const row = {
      variantId: variantId(group.variants[0] ?? ''),
      platform: 'tiktok',
      ad: '',
      metric: 'views',
      value: '1',
      recordedAt: new Date(next++),
    } as const;
    const source = {
      groupId: groupId(group.id),
      fileName: 'a.csv',
      fileSha256: 'a'.repeat(64),
      by: 'ana@example.com',
      skipped: 0,
    };
    const { inserted } = await ingestObservations(system.database, source, [row]);
    load.written += inserted;
  };
  const query = (sql: string, values: () => unknown[]) => {
    const client = new pg.Client({ connectionString: system.url });
    clients.push(client);
    const connecting = client.connect();
    return async () => {
      await connecting;
      await client.query(sql, values());
    };
  };
  const [first, second, third] = running;
  if (first === undefined || second === undefined || third === undefined) throw new Error('no groups');
  const insert = `INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
    VALUES ($1, 'youtube', 'views', 1, $2)`;
  const loops = [
    loop(importRow(first)),
    loop(importRow(second)),
    loop(
      query(insert, () => {
        load.written += 1;
        return [third.variants[0], new Date(next++)];
      }),
    ),
    loop(
      query(
        `SELECT sum(metric_value) FROM variant_performance WHERE recorded_at > now() - interval '2 days' AND $1`,
        () => [true],
      ),
    ),
    loop(
      query(`SELECT count(*) FROM variant_performance_all WHERE video_variant_id = $1`, () => [
        first.variants[0],
      ]),
    ),
  ];
  return load;
}
