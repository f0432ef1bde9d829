import { createHash } from 'node:crypto';
import {
  type CalendarSpec,
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import {
  ANALYZE_TESTS_WORKFLOW,
  ARCHIVE_CAMPAIGNS_WORKFLOW,
  BACK_UP_DATABASE_WORKFLOW,
  DRILL_RESTORE_WORKFLOW,
  DROP_CAMPAIGNS_WORKFLOW,
  EXPIRE_VIDEOS_WORKFLOW,
  MAIN_QUEUE,
  MAINTAIN_PARTITIONS_WORKFLOW,
  RETIRE_MONTHS_WORKFLOW,
  SAMPLE_DATABASE_WORKFLOW,
  WATCH_GROUPS_WORKFLOW,
} from '../workflows/messages.ts';
import { translated } from './answers.ts';

/**
 * What is done without anybody asking. What was missed while no server ran is caught up with, but not for a year. One that
 * makes work for another runs before it.
 */
const SCHEDULES: readonly ScheduleOptions[] = [
  hourly('screentest-groups', 17, {
    workflowType: WATCH_GROUPS_WORKFLOW,
    workflowId: 'watch-groups',
    summary: 'find groups whose workflow has ended before they have',
    about: 'groups that are not over and whose workflow is; `screentest resume` goes on with them',
  }),
  hourly('screentest-analysis', 37, {
    workflowType: ANALYZE_TESTS_WORKFLOW,
    workflowId: 'analyze-tests',
    summary: 'look at the tests with new data, tell groups of verdicts',
    about:
      'tests with new data, or at their planned looks: snapshots of what they say, verdicts to their groups',
  }),
  daily('screentest-partitions', '01:00', {
    workflowType: MAINTAIN_PARTITIONS_WORKFLOW,
    workflowId: 'maintain-partitions',
    summary: 'make the partitions of the months to come, refresh the statistics',
    about: 'monthly partitions of the metric tables, three months ahead',
  }),
  daily('screentest-archive-campaigns', '01:10', {
    workflowType: ARCHIVE_CAMPAIGNS_WORKFLOW,
    workflowId: 'archive-campaigns',
    summary: 'archive campaigns that were completed long ago',
    about: 'campaigns after SCREENTEST_ARCHIVE_AFTER_MONTHS, a year',
  }),
  daily('screentest-months', '01:20', {
    workflowType: RETIRE_MONTHS_WORKFLOW,
    workflowId: 'retire-months',
    summary: 'archive old months of metrics, export and drop the oldest',
    about: 'months of metrics after a year and after SCREENTEST_DROP_AFTER_MONTHS, three years',
  }),
  daily('screentest-database-samples', '01:30', {
    workflowType: SAMPLE_DATABASE_WORKFLOW,
    workflowId: 'sample-database',
    summary: 'remember how large the tables are, and look for totals that are wrong',
    about: 'sizes of the tables, for growth over a week; all totals; the balance of the book',
  }),
  daily('screentest-backup', '02:00', {
    workflowType: BACK_UP_DATABASE_WORKFLOW,
    workflowId: 'back-up-database',
    summary: 'back the database up, verify the backup, remove what is older than it need be',
    about: 'a full backup of the database, verified, where a worker knows where to keep it',
  }),
  daily('screentest-videos', '03:00', {
    workflowType: EXPIRE_VIDEOS_WORKFLOW,
    workflowId: 'expire-videos',
    summary: 'remove stored videos whose time is over',
    about: 'videos after SCREENTEST_LOSING_VIDEO_DAYS and SCREENTEST_WINNING_VIDEO_DAYS, where these are set',
  }),
  daily('screentest-drop-campaigns', '03:30', {
    workflowType: DROP_CAMPAIGNS_WORKFLOW,
    workflowId: 'drop-campaigns',
    summary: 'drop campaigns whose time is over',
    about: 'campaigns after SCREENTEST_DROP_AFTER_MONTHS, three years',
  }),
  monthly('screentest-restore-drill', '03:00', {
    workflowType: DRILL_RESTORE_WORKFLOW,
    workflowId: 'drill-restore',
    summary: 'restore the newest backup beside the database, lose a table there and get it back',
    about: 'the monthly restore drill: the newest backup is restored, and every table compared',
  }),
];

interface Run {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly summary: string;
  readonly about: string;
}

/** At a minute of every hour. */
function hourly(scheduleId: string, minute: number, run: Run): ScheduleOptions {
  const calendar: CalendarSpec = { hour: '*', minute, comment: 'every hour' };
  return scheduled(scheduleId, calendar, '1 hour', run);
}

/** At a time of the day in UTC. */
function daily(scheduleId: string, at: string, run: Run): ScheduleOptions {
  return scheduled(scheduleId, { ...timeOfDay(at), comment: `every day at ${at} UTC` }, '1 day', run);
}

/** At a time in UTC of each month's first day. */
function monthly(scheduleId: string, at: string, run: Run): ScheduleOptions {
  const calendar = { dayOfMonth: 1, ...timeOfDay(at), comment: `on the first of each month at ${at} UTC` };
  return scheduled(scheduleId, calendar, '7 days', run);
}

function timeOfDay(at: string): { hour: number; minute: number } {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  return { hour, minute };
}

/** @param catchupWindow how late a run still comes that was missed while no server ran */
function scheduled(
  scheduleId: string,
  calendar: CalendarSpec,
  catchupWindow: Duration,
  run: Run,
): ScheduleOptions {
  return {
    scheduleId,
    spec: { calendars: [calendar] },
    action: {
      type: 'startWorkflow',
      workflowType: run.workflowType,
      workflowId: run.workflowId,
      taskQueue: MAIN_QUEUE,
      args: [],
      staticSummary: run.summary,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow },
    memo: { about: run.about },
  };
}

/**
 * Makes the schedules that are missing, and brings those up to date whose definition this release changed. One whose
 * definition is the same is left as it is, whatever a person made of it; and a person's pause, note and limit always stay.
 * Returns the ids of those that were made or changed.
 */
export async function ensureSchedules(schedules: ScheduleClient): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const definition of SCHEDULES) {
    const schedule = marked(definition);
    if ((await wasMade(schedules, schedule)) || (await wasUpdated(schedules, schedule))) {
      changed.push(schedule.scheduleId);
    }
  }
  return changed;
}

/** Which definition a schedule was made from. On its runs: a schedule's own memo can't be changed. */
const MARK = 'definition';

function marked(definition: ScheduleOptions): ScheduleOptions {
  const mark = createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 12);
  return { ...definition, action: { ...definition.action, memo: { [MARK]: mark } } };
}

async function wasMade(schedules: ScheduleClient, schedule: ScheduleOptions): Promise<boolean> {
  try {
    await translated(schedules.create(schedule));
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

async function wasUpdated(schedules: ScheduleClient, schedule: ScheduleOptions): Promise<boolean> {
  const handle = schedules.getHandle(schedule.scheduleId);
  const { action: known } = await translated(handle.describe());
  if (known.memo?.[MARK] === schedule.action.memo?.[MARK]) return false;
  const { spec, action, policies } = schedule;
  await translated(
    handle.update(({ state: { paused, note, remainingActions } }) => ({
      spec,
      action,
      ...(policies && { policies }),
      state: {
        paused,
        ...(note !== undefined && { note }),
        ...(remainingActions !== undefined && { remainingActions }),
      },
    })),
  );
  return true;
}
