import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listMonths } from '../../database/month-list.ts';
import { refuseDropped } from '../../database/old-campaigns.ts';
import { setAsideName } from '../../domain/gates.ts';
import { groupId } from '../../domain/ids.ts';
import { DEFAULT_RETENTION, type RetentionRules } from '../../domain/retention.ts';
import { groupFolder } from '../../domain/video-keys.ts';
import { maintain } from '../../retention/maintain.ts';
import { planMaintenance } from '../../retention/plan.ts';
import type { InsertedGroup } from '../support/old-groups.ts';
import { type RetentionSystem, startRetentionSystem } from '../support/retention-system.ts';

const NOW = new Date('2026-11-20T12:00:00Z');

let system: RetentionSystem;
beforeEach(async () => {
  system = await startRetentionSystem();
});
afterEach(() => system.stop());

const run = (changes: Partial<RetentionRules> = {}) =>
  maintain({ ...system, rules: { ...DEFAULT_RETENTION, ...changes } }, NOW, () => undefined);

const statusOf = (id: string) => system.read('SELECT test_status FROM variant_groups WHERE id = $1', [id]);

/** Both of its variants get a video and a picture; the first has won, where one should have. */
async function withVideos({ id, variants }: InsertedGroup, hasWinner: boolean): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const [at, variant] of variants.entries()) {
    const key = `${groupFolder('Launch', id)}/variant-${at}-0123456789ab.mp4`;
    const { url } = await system.store.keepBytes(key, randomBytes(2000), 'video/mp4');
    const thumbnail = await system.store.keepBytes(key.replace('mp4', 'png'), randomBytes(10), 'image/png');
    await system.client.query(
      `INSERT INTO variant_renditions (video_variant_id, rendition, storage_key, video_url, thumbnail_key, size_bytes)
       VALUES ($1, 'main', $2, $3, $4, 2000)`,
      [variant, key, url, thumbnail.key],
    );
    await system.client.query('UPDATE video_variants SET video_url = $2 WHERE id = $1', [variant, url]);
    keys.push(key);
  }
  if (hasWinner) {
    await system.client.query('UPDATE variant_groups SET winner_variant_id = $2 WHERE id = $1', [
      id,
      variants[0],
    ]);
  }
  return keys;
}

async function storedKeys(of: InsertedGroup): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of system.store.list(groupFolder('Launch', of.id))) keys.push(key);
  return keys.toSorted();
}

describe('a completed campaign', () => {
  test('is archived a year after its end and not a day sooner, and its record says by whom and why', async () => {
    const old = await system.group({ status: 'completed', endedAt: '2025-11-20T11:59:59Z' });
    const young = await system.group({ status: 'completed', endedAt: '2025-11-20T12:00:01Z' });
    const running = await system.group({ status: 'planning' });
    expect(await run()).toMatchObject({ archivedCampaigns: 1 });
    expect([
      ...(await statusOf(old.id)),
      ...(await statusOf(young.id)),
      ...(await statusOf(running.id)),
    ]).toEqual(['archived', 'completed', 'planning']);
    const [event] = await system.database.groupEvent.findMany({ where: { variantGroupId: old.id } });
    expect(event).toMatchObject({
      event: 'moved to archived',
      actor: 'screentest',
      details: { reason: 'retention' },
    });
    expect(await run()).toMatchObject({ archivedCampaigns: 0 });
  });

  test('is archived after the time that was set', async () => {
    await system.group({ status: 'completed', endedAt: '2026-08-19T00:00:00Z' });
    expect(await run({ archiveAfterMonths: 3 })).toMatchObject({ archivedCampaigns: 1 });
  });
});

describe('a campaign that ended over three years ago', () => {
  const ended = { endedAt: '2023-05-20T00:00:00Z', recordedAt: ['2023-05-10T00:00:00Z'] } as const;

  test('is dropped with its files once its numbers are in a file, and a line of it and what it cost stay', async () => {
    const old = await system.group({ status: 'completed', ...ended });
    const young = await system.group({ status: 'archived', endedAt: '2024-05-20T00:00:00Z' });
    await withVideos(old, true);
    await system.store.keepBytes(
      `${groupFolder('Launch', old.id)}/earlier-0123456789ab.mp4`,
      randomBytes(10),
      'video/mp4',
    );
    const kept = await withVideos(young, false);
    await system.client.query(
      `INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month)
       SELECT $1, job, entry, 400000, '2023-05-01' FROM gen_random_uuid() AS job, unnest(ARRAY['reserve', 'settle']) AS entry`,
      [old.id],
    );
    const report = await run();
    expect(report).toMatchObject({
      archivedCampaigns: 1,
      archived: ['2023-05'],
      droppedCampaigns: [`Launch (${old.id})`],
    });
    expect(await statusOf(old.id)).toEqual([]);
    for (const table of ['video_variants', 'group_events', 'analysis_snapshots', 'variant_metric_totals']) {
      expect([table, await system.read(`SELECT count(*)::int FROM ${table}`)]).toEqual([
        table,
        [table === 'video_variants' ? 2 : 0],
      ]);
    }
    expect(await storedKeys(old)).toEqual([]);
    expect((await storedKeys(young)).filter((key) => key.endsWith('mp4'))).toEqual(kept);
    expect(await system.database.droppedGroup.findMany()).toMatchObject([
      {
        variantGroupId: old.id,
        testName: 'Launch',
        outcome: 'no_winner',
        winnerName: 'Variant 0',
        spentMicroUsd: 400_000n,
      },
    ]);
    // Started again under its id, it would be paid again.
    await expect(refuseDropped(system.database, groupId(old.id))).rejects.toMatchObject({
      code: 'GROUP_DROPPED',
    });
  });

  test('stays while its numbers are in the system.database, or an order of it is open', async () => {
    const late = await system.group({
      status: 'archived',
      ...ended,
      recordedAt: ['2023-05-10T00:00:00Z', '2024-02-10T00:00:00Z'],
    });
    const open = await system.group({ status: 'archived', ...ended });
    await system.client.query(
      `INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month)
       VALUES ($1, gen_random_uuid(), 'reserve', 400000, '2023-05-01')`,
      [open.id],
    );
    expect(await run()).toMatchObject({ archived: ['2023-05', '2024-02'], droppedCampaigns: [] });
    expect([...(await statusOf(late.id)), ...(await statusOf(open.id))]).toEqual(['archived', 'archived']);
  });

  test('that could not be dropped to its end is dropped by the next run', async () => {
    const old = await system.group({ status: 'archived', ...ended });
    const keys = await withVideos(old, false);
    // Killed after the first of its files.
    await system.store.remove(keys[0] ?? '');
    expect(await run()).toMatchObject({ droppedCampaigns: [`Launch (${old.id})`] });
    expect(await storedKeys(old)).toEqual([]);
  });
});

describe('a stored video', () => {
  const completed = { status: 'completed', endedAt: '2026-09-01T00:00:00Z' } as const;

  test('is kept with its campaign unless a rule says otherwise', async () => {
    await withVideos(await system.group(completed), true);
    expect(await run()).toMatchObject({ expiredVideos: { videos: 0 } });
  });

  test('that did not win is removed by the rule, the winner is not, and the row says that it is gone and when', async () => {
    const decided = await system.group(completed);
    const [won = '', lost = ''] = await withVideos(decided, true);
    const undecided = await system.group(completed);
    await withVideos(undecided, false);
    expect(await run({ losingVideoDays: 30 })).toMatchObject({ expiredVideos: { videos: 3, bytes: 6000 } });
    expect(await storedKeys(decided)).toEqual(
      [won, won.replace('mp4', 'png'), lost.replace('mp4', 'png')].toSorted(),
    );
    const rows = await system.database.variantRendition.findMany({
      where: { storageKey: { in: [won, lost] } },
      orderBy: { storageKey: 'asc' },
      include: { videoVariant: true },
    });
    expect(
      rows.map(({ expiredAt, videoUrl, videoVariant }) => [expiredAt, videoUrl, videoVariant.videoUrl]),
    ).toEqual([
      [null, expect.any(String), expect.any(String)],
      [expect.any(Date), null, null],
    ]);
    const events = await system.database.groupEvent.findMany({ where: { variantGroupId: decided.id } });
    expect(events).toMatchObject([
      { event: 'video expired', actor: 'screentest', details: { key: lost, reason: 'retention' } },
    ]);
    expect(await run({ losingVideoDays: 30 })).toMatchObject({ expiredVideos: { videos: 0 } });
    expect(await run({ winningVideoDays: 60 })).toMatchObject({ expiredVideos: { videos: 1 } });
  });

  test('that was rejected goes with those that lost, though another video of its variant has won', async () => {
    const decided = await system.group(completed);
    const [won = ''] = await withVideos(decided, true);
    const rejected = won.replace('0123456789ab', 'ba9876543210');
    await system.store.keepBytes(rejected, randomBytes(2000), 'video/mp4');
    await system.client.query(
      `INSERT INTO variant_renditions (video_variant_id, rendition, storage_key, video_url, size_bytes)
       VALUES ($1, $2, $3, 'there', 2000)`,
      [decided.variants[0], setAsideName('main', 1), rejected],
    );
    expect(await run({ losingVideoDays: 30 })).toMatchObject({ expiredVideos: { videos: 2 } });
    expect((await storedKeys(decided)).filter((key) => key.endsWith('mp4'))).toEqual([won]);
    const winner = await system.database.videoVariant.findUniqueOrThrow({
      where: { id: decided.variants[0] ?? '' },
    });
    expect(winner.videoUrl).not.toBeNull();
  });

  test('of a group that is not over is never removed, nor one before its time', async () => {
    const running = await system.group({ status: 'planning' });
    await system.client.query(`UPDATE variant_groups SET completed_at = '2020-01-01' WHERE id = $1`, [
      running.id,
    ]);
    const keys = await withVideos(running, true);
    const young = await system.group({ status: 'completed', endedAt: '2026-11-15T00:00:00Z' });
    await withVideos(young, false);
    expect(await run({ losingVideoDays: 7, winningVideoDays: 7 })).toMatchObject({
      expiredVideos: { videos: 0 },
    });
    expect((await storedKeys(running)).filter((key) => key.endsWith('mp4'))).toEqual(keys);
  });
});

test('a plan says what would be done, and does none of it', async () => {
  await system.group({
    status: 'completed',
    endedAt: '2025-05-20T00:00:00Z',
    recordedAt: ['2025-05-10T00:00:00Z'],
  });
  await system.group({
    status: 'archived',
    endedAt: '2025-06-20T00:00:00Z',
    recordedAt: ['2025-06-10T00:00:00Z'],
  });
  const gone = await system.group({ status: 'archived', endedAt: '2023-06-20T00:00:00Z' });
  await withVideos(gone, false);
  await system.client.query(
    `INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
     VALUES ($1, 'tiktok', 'views', 1, '2024-03-10')`,
    [gone.variants[0]],
  );
  const before = await listMonths(system.database);
  const plan = await planMaintenance(system.database, { ...DEFAULT_RETENTION, losingVideoDays: 30 }, NOW);
  expect(plan).toMatchObject({
    makePartitions: expect.arrayContaining(['2024-03']),
    archiveCampaigns: 1,
    archiveMonths: ['2025-06'],
    monthsThatWait: ['2025-05 has rows of 1 groups that are not archived'],
    dropMonths: [],
    expireVideos: { videos: 2, bytes: 4000 },
    dropCampaigns: [],
  });
  expect(plan.moveRowsOf).toEqual(['2024-03']);
  expect(await listMonths(system.database)).toEqual(before);
});
