import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
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
  const left = { campaigns: BATCHES, videos: BATCHES };
  const worker = await Worker.create({
    connection,
    namespace: rig.environment.TEMPORAL_NAMESPACE ?? '',
    taskQueue: MAIN_QUEUE,
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: {
      archiveOldCampaigns: async () => (left.campaigns-- > 0 ? 500 : 0),
      expireOldVideos: async () =>
        left.videos-- > 0 ? { videos: 500, bytes: 1000 } : { videos: 0, bytes: 0 },
    },
  });
  const options = { taskQueue: MAIN_QUEUE, args: [] };
  const { workflow } = rig.temporal;
  const results: unknown[] = await worker.runUntil(
    Promise.all([
      workflow.execute(ARCHIVE_CAMPAIGNS_WORKFLOW, { ...options, workflowId: 'archive-campaigns' }),
      workflow.execute(EXPIRE_VIDEOS_WORKFLOW, { ...options, workflowId: 'expire-videos' }),
    ]),
  );
  expect(results).toEqual([{ archived: 500 * BATCHES }, { videos: 500 * BATCHES, bytes: 1000 * BATCHES }]);
  for (const id of ['archive-campaigns', 'expire-videos']) {
    const runs = await everyRun(rig.temporal, id);
    expect(runs).toHaveLength(3);
    for (const { events } of runs) expect(events?.length).toBeLessThan(10 * BATCHES_A_RUN);
  }
  await replayEveryRun(rig.temporal, ['archive-campaigns', 'expire-videos']);
  const { memo } = await workflow.getHandle('archive-campaigns').describe();
  expect(memo).toMatchObject({ archived: 500 * BATCHES });
});
