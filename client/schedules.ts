import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { MAIN_QUEUE, MAINTAIN_PARTITIONS_WORKFLOW, WATCH_GROUPS_WORKFLOW } from '../workflows/messages.ts';
import { translated } from './answers.ts';

/** What is done without anybody asking. What was missed while no server ran is caught up with, but not for a year. */
const SCHEDULES: readonly ScheduleOptions[] = [
  {
    scheduleId: 'screentest-partitions',
    spec: { calendars: [{ hour: 1, minute: 0, comment: 'every day at 01:00 UTC' }] },
    action: {
      type: 'startWorkflow',
      workflowType: MAINTAIN_PARTITIONS_WORKFLOW,
      workflowId: 'maintain-partitions',
      taskQueue: MAIN_QUEUE,
      args: [],
      staticSummary: 'make the partitions of the months to come',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day' },
    memo: { about: 'monthly partitions of the metric tables, three months ahead' },
  },
  {
    scheduleId: 'screentest-groups',
    spec: { calendars: [{ hour: '*', minute: 17, comment: 'every hour' }] },
    action: {
      type: 'startWorkflow',
      workflowType: WATCH_GROUPS_WORKFLOW,
      workflowId: 'watch-groups',
      taskQueue: MAIN_QUEUE,
      args: [],
      staticSummary: 'find groups whose workflow has ended before they have',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
    memo: { about: 'groups that are not over and whose workflow is; `screentest resume` goes on with them' },
  },
];

/** Makes the schedules that are missing; one that exists is left as it is, paused or not. Returns the new ones' ids. */
export async function ensureSchedules(schedules: ScheduleClient): Promise<readonly string[]> {
  const made: string[] = [];
  for (const schedule of SCHEDULES) {
    try {
      await translated(schedules.create(schedule));
      made.push(schedule.scheduleId);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
  }
  return made;
}
