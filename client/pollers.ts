import type { ConnectionLike } from '@temporalio/client';
import { readAccountSettings } from '../config/environment.ts';
import { COLLECT_QUEUE, MAIN_QUEUE, submitQueueOf } from '../workflows/messages.ts';
import { answered } from './answers.ts';

/** `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API: every queue of ours has activities. */
const ACTIVITY_QUEUE = 2;

/** How many workers ask each queue for work, as the server has seen it within the last minutes. */
export async function pollersOf(
  connection: ConnectionLike,
  namespace: string,
  environment: NodeJS.ProcessEnv,
): Promise<readonly { readonly queue: string; readonly pollers: number }[]> {
  const { VIDEO_API_ACCOUNT } = readAccountSettings(environment);
  const queues = [MAIN_QUEUE, submitQueueOf(VIDEO_API_ACCOUNT), COLLECT_QUEUE];
  return Promise.all(
    queues.map(async (queue) => {
      const { pollers } = await answered(
        connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: queue },
          taskQueueType: ACTIVITY_QUEUE,
        }),
      );
      return { queue, pollers: pollers?.length ?? 0 };
    }),
  );
}
