import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureSchedules } from '../../client/schedules.ts';
import type { BriefInput } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { ANALYZE_TESTS_WORKFLOW, MAIN_QUEUE, workflowIdOf } from '../../workflows/messages.ts';
import { runHere } from '../cli/run-here.ts';
import { eventsOfGroup, isTesting, rowOf } from '../support/groups.ts';
import { importDays } from '../support/metrics.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { replayEveryRun } from '../support/runs.ts';
import { runNow } from '../support/schedules.ts';
import { expectExit } from '../support/screentest.ts';

const CLEAR = { Control: [2000, 60], 'Variant B': [2000, 110] } as const;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await ensureSchedules(rig.temporal.schedule);
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const screentest = async (...args: string[]) => expectExit(await runHere(args, rig.environment), 0).stdout;

async function testing(decision: BriefInput['decision'] = {}): Promise<GroupId> {
  const id = await rig.start({
    variants: 2,
    platforms: ['tiktok'],
    assignment: { tiktok: 'platform_split_test' },
    decision,
  });
  await rig.until(id, isTesting);
  return id;
}

const terminate = (id: GroupId) => rig.temporal.workflow.getHandle(workflowIdOf(id)).terminate('a test');

async function verdictsHeard(id: GroupId): Promise<number> {
  return (await eventsOfGroup(rig, id)).filter(({ event }) => event === 'verdict reached').length;
}

test('a group that was away when its verdict came hears of it once it is back, and acts as its brief says', async () => {
  const id = await testing({ declare: 'automatic' });
  await importDays(rig, id, CLEAR);
  await terminate(id);
  expect((await runNow(rig, 'screentest-analysis')).result).toMatchObject({
    snapshots: 1,
    told: 0,
    away: [id],
  });
  expect((await rowOf(rig, id)).testStatus).toBe('testing');
  await screentest('resume', id);
  expect((await runNow(rig, 'screentest-analysis')).result).toMatchObject({
    snapshots: 0,
    told: 1,
    away: [],
  });
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'winner', winner: 'Variant B' });
  expect((await rowOf(rig, id)).decision).toMatchObject({ by: 'screentest' });
});

test('a verdict that a group knew when its workflow ended is told to the one that goes on', async () => {
  const id = await testing();
  await importDays(rig, id, CLEAR);
  await runNow(rig, 'screentest-analysis');
  await rig.until(id, ({ analysis }) => analysis !== undefined);
  expect(await verdictsHeard(id)).toBe(1);
  await terminate(id);
  await screentest('resume', id);
  expect((await runNow(rig, 'screentest-analysis')).result).toMatchObject({ told: 1 });
  await rig.until(id, ({ status }) => status === 'testing');
  for (let look = 0; look < 100 && (await verdictsHeard(id)) < 2; look++) await rig.overview(id);
  expect(await verdictsHeard(id)).toBe(2);
  // And no more.
  expect((await runNow(rig, 'screentest-analysis')).result).toMatchObject({ told: 0 });
});

test('a group that goes on after its test has ended is analysed once more, and declared by itself', async () => {
  const id = await testing({ declare: 'automatic' });
  await importDays(rig, id, CLEAR);
  await rig.stopWorkers();
  // The row says that its test has ended, and the workflow ended before it could analyse.
  await terminate(id);
  await rig.database.$transaction(async (tx) => {
    await tx.variantGroup.update({ where: { id }, data: { testStatus: 'analyzing' } });
    await tx.$executeRaw`
      INSERT INTO group_events (variant_group_id, event, actor) VALUES (${id}::uuid, 'moved to analyzing', 'screentest')`;
  });
  await rig.startWorkers();
  await screentest('resume', id);
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'winner', winner: 'Variant B' });
});

test('a group that can not be analysed is named, and stops no other', async () => {
  const broken = await testing();
  const others = await Promise.all([testing(), testing()]);
  await Promise.all([broken, ...others].map((id) => importDays(rig, id, CLEAR)));
  const { variantGroupSettings } = await rowOf(rig, broken);
  const settings = Object.fromEntries(
    Object.entries(variantGroupSettings ?? {}).filter(([name]) => name !== 'brief'),
  );
  await rig.database.variantGroup.update({ where: { id: broken }, data: { variantGroupSettings: settings } });
  const { result, memo } = await runNow(rig, 'screentest-analysis');
  expect(result).toMatchObject({
    snapshots: 2,
    told: 2,
    failed: [{ groupId: broken, why: expect.stringMatching(/brief can't be used/) }],
  });
  expect(memo).toMatchObject({ failed: [expect.stringContaining(broken)] });
  await rig.database.variantGroup.update({
    where: { id: broken },
    data: { variantGroupSettings: variantGroupSettings ?? {} },
  });
});

test('three runs at once write one snapshot for each look, and each group acts once', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, () => testing({ declare: 'automatic' })));
  await Promise.all(ids.map((id) => importDays(rig, id, CLEAR)));
  const workflowIds = ['one', 'two', 'three'].map((name) => `analyze-tests-${name}`);
  await Promise.all(
    workflowIds.map((workflowId) =>
      rig.temporal.workflow.execute(ANALYZE_TESTS_WORKFLOW, { workflowId, taskQueue: MAIN_QUEUE, args: [] }),
    ),
  );
  await replayEveryRun(rig.temporal, workflowIds);
  for (const id of ids) {
    await expect(rig.client.result(id)).resolves.toMatchObject({ winner: 'Variant B' });
    const looks = await rig.database.analysisSnapshot.findMany({
      where: { variantGroupId: id },
      orderBy: { look: 'asc' },
    });
    expect(looks.map(({ look, trigger }) => [look, trigger])).toEqual([
      [1, 'schedule'],
      [2, 'test ended'],
    ]);
    const completed = (await eventsOfGroup(rig, id)).filter(({ event }) => event.startsWith('completed'));
    expect(completed).toHaveLength(1);
  }
});
