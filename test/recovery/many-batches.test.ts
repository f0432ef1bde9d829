import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
  ANALYZE_TESTS_WORKFLOW,
  ARCHIVE_CAMPAIGNS_WORKFLOW,
  BATCHES_A_RUN,
  EXPIRE_VIDEOS_WORKFLOW,
  MAIN_QUEUE,
} from '../../workflows/messages.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { everyRun, replayEveryRun, WORKFLOW_BUNDLE } from '../support/runs.ts';

const BATCHES = 2 * BATCHES_A_RUN + 3;

let rig: Rig;
let connection: NativeConnection;
beforeAll(async () => {
  rig = await startRig({ startsWorkers: false });
  connection = await NativeConnection.connect({ address: rig.environment.TEMPORAL_ADDRESS ?? '' });
}, 60_000);
afterAll(async () => {
  await connection.close();
  await rig.stop();
}, 60_000);

test('more than a run can do goes on in the next run, and the last one tells the sum of all', async () => {
  // Half a million campaigns would take hours: what is counted here is batches, and none has anything in it.
  const left = { campaigns: BATCHES, videos: BATCHES, tests: BATCHES };
  const asked: unknown[] = [];
  const worker = await Worker.create({
    connection,
    namespace: rig.environment.TEMPORAL_NAMESPACE ?? '',
    taskQueue: MAIN_QUEUE,
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: {
      archiveOldCampaigns: async () => (left.campaigns-- > 0 ? 500 : 0),
      expireOldVideos: async () =>
        left.videos-- > 0 ? { videos: 500, bytes: 1000 } : { videos: 0, bytes: 0 },
      findTestsToAnalyze: async ({ after }: { after?: string }) => {
        asked.push(after);
        return left.tests-- > 0 ? [`group ${left.tests}`] : [];
      },
      analyzeTests: async ({ groups }: { groups: readonly string[] }) => ({
        analyzed: 50,
        snapshots: 20,
        told: 1,
        away: groups,
        failed: groups.map((groupId) => ({ groupId, why: 'it is no group' })),
      }),
    },
  });
  const options = { taskQueue: MAIN_QUEUE, args: [] };
  const { workflow } = rig.temporal;
  const results: unknown[] = await worker.runUntil(
    Promise.all([
      workflow.execute(ARCHIVE_CAMPAIGNS_WORKFLOW, { ...options, workflowId: 'archive-campaigns' }),
      workflow.execute(EXPIRE_VIDEOS_WORKFLOW, { ...options, workflowId: 'expire-videos' }),
      workflow.execute(ANALYZE_TESTS_WORKFLOW, { ...options, workflowId: 'analyze-tests' }),
    ]),
  );
  // A history has a limit.
  const named = Array.from({ length: 100 }, (_, at) => `group ${BATCHES - 1 - at}`);
  expect(results).toEqual([
    { archived: 500 * BATCHES },
    { videos: 500 * BATCHES, bytes: 1000 * BATCHES },
    {
      analyzed: 50 * BATCHES,
      snapshots: 20 * BATCHES,
      told: BATCHES,
      away: named,
      failed: named.map((groupId) => ({ groupId, why: 'it is no group' })),
    },
  ]);
  // Each batch begins after the one before, in the next run too.
  expect(new Set(asked).size).toBe(BATCHES + 1);
  for (const id of ['archive-campaigns', 'expire-videos', 'analyze-tests']) {
    const runs = await everyRun(rig.temporal, id);
    expect(runs).toHaveLength(3);
    // The analysis asks for a batch and works on it: two activities.
    const most = id === 'analyze-tests' ? 20 : 10;
    for (const { events } of runs) expect(events?.length).toBeLessThan(most * BATCHES_A_RUN);
  }
  await replayEveryRun(rig.temporal, ['archive-campaigns', 'expire-videos', 'analyze-tests']);
  const { memo } = await workflow.getHandle('archive-campaigns').describe();
  expect(memo).toMatchObject({ archived: 500 * BATCHES });
});
