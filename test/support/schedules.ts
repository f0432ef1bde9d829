import { until } from '../local/support/until.ts';
import type { Rig } from './rig.ts';
import { everyRun, replayEveryRun } from './runs.ts';

export interface ScheduledRun {
  readonly result: unknown;
  readonly memo: unknown;
  /** 1, and one more each time that it continued as new. */
  readonly runs: number;
}

/** Runs a schedule's workflow now, and replays it once it has ended. Returns what it says of its work. */
export async function runNow({ temporal }: Rig, scheduleId: string): Promise<ScheduledRun> {
  const schedule = temporal.schedule.getHandle(scheduleId);
  const before = (await schedule.describe()).info.numActionsTaken;
  await schedule.trigger();
  let workflowId = '';
  await until(
    `${scheduleId} has started`,
    async () => {
      const { numActionsTaken, recentActions } = (await schedule.describe()).info;
      const action = recentActions.at(-1)?.action;
      if (numActionsTaken > before && action?.type === 'startWorkflow')
        workflowId = action.workflow.workflowId;
      return workflowId !== '';
    },
    20,
  );
  const handle = temporal.workflow.getHandle(workflowId);
  const result: unknown = await handle.result();
  await replayEveryRun(temporal, [workflowId]);
  const { memo } = await handle.describe();
  return { result, memo, runs: (await everyRun(temporal, workflowId)).length };
}
