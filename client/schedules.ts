import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { MAIN_QUEUE, MAINTAIN_PARTITIONS_WORKFLOW, SAMPLE_DATABASE_WORKFLOW } from '../workflows/messages.ts';
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
    scheduleId: 'screentest-database-samples',
    spec: { calendars: [{ hour: 1, minute: 30, comment: 'every day at 01:30 UTC' }] },
    action: {
      type: 'startWorkflow',
      workflowType: SAMPLE_DATABASE_WORKFLOW,
      workflowId: 'sample-database',
      taskQueue: MAIN_QUEUE,
      args: [],
      staticSummary: 'remember how large the tables are, and look for totals that are wrong',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day' },
    memo: { about: 'sizes of the tables, for growth over a week; all totals; the balance of the book' },
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
