import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import {
  BACK_UP_DATABASE_WORKFLOW,
  DRILL_RESTORE_WORKFLOW,
  MAIN_QUEUE,
  MAINTAIN_PARTITIONS_WORKFLOW,
} from '../workflows/messages.ts';
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
    scheduleId: 'screentest-backup',
    spec: { calendars: [{ hour: 2, minute: 0, comment: 'every day at 02:00 UTC' }] },
    action: {
      type: 'startWorkflow',
      workflowType: BACK_UP_DATABASE_WORKFLOW,
      workflowId: 'back-up-database',
      taskQueue: MAIN_QUEUE,
      args: [],
      staticSummary: 'back the database up, verify the backup, remove what is older than it need be',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day' },
    memo: { about: 'a full backup of the database, verified, where a worker knows where to keep it' },
  },
  {
    scheduleId: 'screentest-restore-drill',
    spec: {
      calendars: [{ dayOfMonth: 1, hour: 3, minute: 0, comment: 'on the first of each month at 03:00 UTC' }],
    },
    action: {
      type: 'startWorkflow',
      workflowType: DRILL_RESTORE_WORKFLOW,
      workflowId: 'drill-restore',
      taskQueue: MAIN_QUEUE,
      args: [],
      staticSummary: 'restore the newest backup beside the database, lose a table there and get it back',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '7 days' },
    memo: { about: 'the monthly restore drill: the newest backup is restored, and every table compared' },
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
