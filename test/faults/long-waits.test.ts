import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { until } from '../local/support/until.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { eventsOf } from '../support/runs.ts';

const GROUPS = 6;
const VARIANTS = 50;
const QUICK_GROUPS = 5;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    simulator: { render: { baseSeconds: 600, perVideoSecond: 0, jitter: 0 }, mostDifferentFilms: 2 },
  });
}, 60_000);
afterAll(() => rig.stop(), 120_000);

function variants(count: number) {
  return Array.from({ length: count }, (_, at) => ({ name: `V${at}`, prompt: `a long wait ${at}` }));
}

function instant(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

/** Milliseconds from scheduling to completion of each quick activity: a group's plan, its moves. */
async function quickOnes(id: GroupId): Promise<readonly number[]> {
  const history = await rig.temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  const scheduledAt = new Map<string, number>();
  const took: number[] = [];
  for (const event of eventsOf(history)) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const name = scheduled?.activityType?.name;
    if (name === 'planGroup' || name === 'moveGroup')
      scheduledAt.set(String(event.eventId), instant(event.eventTime));
    const from = scheduledAt.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
    if (from !== undefined) took.push(instant(event.eventTime) - from);
  }
  return took;
}

function jobsAtProvider(): Promise<number> {
  return rig.database.videoGenerationJob.count({ where: { jobStatus: { in: ['submitted', 'processing'] } } });
}

async function timeQuickGroups(): Promise<readonly number[]> {
  const took: number[] = [];
  for (let group = 0; group < QUICK_GROUPS; group++) {
    const id = await rig.start({ name: `quick ${group}`, variants: 2 });
    await rig.until(id, ({ status }) => status === 'generating', 60_000);
    took.push(...(await quickOnes(id)));
  }
  return took.toSorted((a, b) => a - b);
}

test('while 300 jobs are waited for, a group is planned and moved as quickly as without them', async () => {
  const alone = await timeQuickGroups();
  for (let group = 0; group < GROUPS; group++) {
    await rig.start({ name: `long ${group}`, variants: variants(VARIANTS) });
  }
  const open = QUICK_GROUPS * 2 + GROUPS * VARIANTS;
  await until('every job is at the provider', async () => (await jobsAtProvider()) === open, 180);
  const beside = await timeQuickGroups();
  expect(beside).toHaveLength(alone.length);
  // On one queue with the waits they took 18 seconds and more.
  expect(beside.at(-1)).toBeLessThan(5000);
}, 360_000);
