import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ScheduleOptions } from '@temporalio/client';
import { ensureSchedules } from '../../client/schedules.ts';
import { ensurePartitions } from '../../database/partitions.ts';
import { MAIN_QUEUE } from '../../workflows/messages.ts';
import { connected } from '../prisma/clients.ts';
import { insertOldGroup, insertVenture } from '../support/old-groups.ts';
import { monthsAgo } from '../support/retention-system.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { everyRun, textOf } from '../support/runs.ts';
import { runNow } from '../support/schedules.ts';

const DAY_MS = 86_400_000;
/** Each with how late a run still comes that was missed, in days. */
const SCHEDULES = {
  'screentest-groups': 1 / 24,
  'screentest-analysis': 1 / 24,
  'screentest-partitions': 1,
  'screentest-archive-campaigns': 1,
  'screentest-months': 1,
  'screentest-database-samples': 1,
  'screentest-backup': 1,
  'screentest-videos': 1,
  'screentest-drop-campaigns': 1,
  'screentest-restore-drill': 7,
};

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

describe('the schedules', () => {
  test('are made once, each with a window for what was missed and without overlap', async () => {
    expect(await ensureSchedules(rig.temporal.schedule)).toEqual(Object.keys(SCHEDULES));
    expect(await ensureSchedules(rig.temporal.schedule)).toEqual([]);
    for (const [id, days] of Object.entries(SCHEDULES)) {
      const { policies } = await rig.temporal.schedule.getHandle(id).describe();
      expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: days * DAY_MS });
    }
  });

  test('that an earlier release made otherwise are brought up to date, and stay paused with their note', async () => {
    const handle = rig.temporal.schedule.getHandle('screentest-videos');
    const definition = await handle.describe();
    const earlier: Partial<ScheduleOptions> = { spec: { intervals: [{ every: '1 hour' }] } };
    await handle.update(({ policies, state }) => ({
      ...earlier,
      spec: earlier.spec ?? {},
      action: {
        type: 'startWorkflow',
        workflowType: 'expireVideosOfLongAgo',
        workflowId: 'expire-videos',
        taskQueue: MAIN_QUEUE,
        args: ['once needed'],
        memo: { definition: 'of the last release' },
      },
      policies,
      state,
    }));
    await handle.pause('while the store moves');
    expect(await ensureSchedules(rig.temporal.schedule)).toEqual(['screentest-videos']);
    const updated = await handle.describe();
    expect(updated.state).toMatchObject({ paused: true, note: 'while the store moves' });
    expect(updated.spec).toEqual(definition.spec);
    expect(updated.action).toEqual(definition.action);
    expect(await ensureSchedules(rig.temporal.schedule)).toEqual([]);
    await handle.unpause();
  });

  test('that a person set to another hour keep it, as long as a release does not change them', async () => {
    const handle = rig.temporal.schedule.getHandle('screentest-months');
    await handle.update(({ action, policies, state }) => ({
      spec: { calendars: [{ hour: 5 }] },
      action,
      policies,
      state,
    }));
    expect(await ensureSchedules(rig.temporal.schedule)).toEqual([]);
    expect((await handle.describe()).spec.calendars?.[0]?.hour).toEqual([{ start: 5, end: 5, step: 1 }]);
  });
});

test('rows that found no partition are moved into their month by the schedule', async () => {
  const id = await rig.start();
  await rig.until(id, ({ variants }) => variants.length > 0);
  const [variant] = await rig.database.videoVariant.findMany({ where: { variantGroupId: id } });
  await rig.database.$executeRaw`
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
    VALUES (${variant?.id}::uuid, 'tiktok', 'views', 7, '2024-02-29T23:59:59Z')`;
  const places = () => rig.database.$queryRaw<{ place: string }[]>`
    SELECT tableoid::regclass::text AS place FROM variant_performance WHERE recorded_at < '2025-01-01'`;
  expect(await places()).toEqual([{ place: 'screentest_partitions.variant_performance_default' }]);
  const { result, memo } = await runNow(rig, 'screentest-partitions');
  expect(await places()).toEqual([{ place: 'screentest_partitions.variant_performance_2024_02' }]);
  const made = expect.arrayContaining(['variant_performance_2024_02']);
  expect(result).toEqual({ made });
  expect(memo).toMatchObject({ made });
  // Autoanalyze would never do it.
  const [statistics] = await rig.database.$queryRaw<{ rows: number }[]>`
    SELECT reltuples AS rows FROM pg_class WHERE oid = 'variant_performance'::regclass`;
  expect(statistics?.rows).toBeGreaterThanOrEqual(1);
});

test('a campaign of years ago is archived, exported and dropped by the schedules, and each run tells what it did', async () => {
  const ancient = monthsAgo(42);
  const at = `${ancient}-10T00:00:00Z`;
  await ensurePartitions(rig.database, [new Date(at)]);
  const client = await connected(rig.environment.DATABASE_URL ?? '');
  try {
    await insertVenture(client);
    const { id } = await insertOldGroup(client, { status: 'completed', endedAt: at, recordedAt: [at] });
    const archived = await runNow(rig, 'screentest-archive-campaigns');
    expect(archived).toMatchObject({ result: { archived: 1 }, memo: { archived: 1 } });
    const months = await runNow(rig, 'screentest-months');
    const dropped = [`metric_observations ${ancient}`, `variant_performance ${ancient}`];
    expect(months.result).toMatchObject({ archived: expect.arrayContaining([ancient]), dropped });
    expect(months.memo).toMatchObject({ dropped });
    expect(await runNow(rig, 'screentest-videos')).toMatchObject({ result: { videos: 0, bytes: 0 } });
    const campaigns = await runNow(rig, 'screentest-drop-campaigns');
    expect(campaigns).toMatchObject({ result: { dropped: 1 }, memo: { dropped: 1 } });
    expect(await rig.database.variantGroup.count({ where: { id } })).toBe(0);
    expect(await rig.database.droppedGroup.count({ where: { variantGroupId: id } })).toBe(1);
  } finally {
    await client.end();
  }
});

test('a run’s history carries no person and no more than its batches', async () => {
  const [newest] = (await rig.temporal.schedule.getHandle('screentest-archive-campaigns').describe()).info
    .recentActions;
  if (newest?.action.type !== 'startWorkflow') throw new Error('it has not run');
  const [history] = await everyRun(rig.temporal, newest.action.workflow.workflowId);
  expect(textOf(history)).not.toContain('@example.com');
  expect(history?.events?.length).toBeLessThan(30);
});

test('a schedule remembers every day how large the tables are', async () => {
  // The row of long ago that was moved to its month is in no total.
  const found = { staleTotals: 1, unbalancedOrders: 0 };
  expect(await runNow(rig, 'screentest-database-samples')).toMatchObject({ result: found, memo: found });
  const rows = await rig.database.tableSizeSample.findMany({ where: { tableName: 'metric_observations' } });
  // With its partitions: a partitioned table itself is empty.
  expect(rows.map(({ totalBytes }) => Number(totalBytes) > 100_000)).toEqual([true]);
});
