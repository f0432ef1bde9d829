import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { until } from '../local/support/until.ts';
import { ordersOf } from '../paying/books.ts';
import { isTesting } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { killScreentests, startScreentest } from '../support/screentest.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    startsWorkers: false,
    simulator: { render: { baseSeconds: 40, perVideoSecond: 0, jitter: 0 } },
  });
  // Changes nothing, and counts the questions about this job.
  await rig.addFaults({
    on: 'retrieve',
    does: 'hang',
    milliseconds: 0,
    match: { prompt: 'watched' },
    times: 'always',
  });
}, 60_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

async function questions(): Promise<number> {
  const response = await fetch(`${rig.simulator.adminUrl}/faults`);
  const { faults } = (await response.json()) as { faults: readonly { applied: number }[] };
  return faults[0]?.applied ?? 0;
}

/** What the Web UI shows of the activity that waits for the watched job. */
async function heartbeats(id: GroupId): Promise<readonly unknown[]> {
  const { raw } = await rig.temporal.workflow.getHandle(workflowIdOf(id)).describe();
  return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) =>
    (heartbeatDetails?.payloads ?? []).map((payload): unknown =>
      defaultPayloadConverter.fromPayload(payload),
    ),
  );
}

function pollsIn(details: unknown): number {
  return typeof details === 'object' && details !== null && 'polls' in details ? Number(details.polls) : 0;
}

test('a worker killed while it waits leaves how often it asked to the next one', async () => {
  let worker = startScreentest(['worker'], rig.environment);
  await worker.untilPrinted('the worker is ready');
  const id = await rig.start({
    variants: [
      { name: 'A', prompt: 'watched' },
      { name: 'B', prompt: 'beside it' },
    ],
  });
  let shown: readonly unknown[] = [];
  await until(
    'the heartbeats tell of progress and of questions',
    async () => {
      shown = await heartbeats(id);
      return shown.length === 2 && shown.every((details) => pollsIn(details) >= 3);
    },
    40,
  );
  expect(shown).toEqual(
    Array(2).fill(expect.objectContaining({ status: 'running', progress: expect.any(Number) })),
  );
  const told = Math.min(...shown.map(pollsIn));
  const beforeKill = await questions();
  expect((await worker.end('SIGKILL')).exit).toBe('SIGKILL');
  // Known without a write for each question: the state is written once, the count at the end of a wait.
  expect(await ordersOf(rig, id)).toEqual(
    Array(2).fill(expect.objectContaining({ jobStatus: 'processing', pollingCount: 0, lastPolledAt: null })),
  );

  worker = startScreentest(['worker'], rig.environment);
  await worker.untilPrinted('the worker is ready');
  await rig.until(id, isTesting, 90_000);
  const [order] = await ordersOf(rig, id);
  const asked = await questions();
  expect(order?.pollingCount).toBeGreaterThanOrEqual(asked - beforeKill + told);
  expect(order?.pollingCount).toBeLessThanOrEqual(asked);
  expect(order?.lastPolledAt?.getTime()).toBeLessThanOrEqual(order?.jobCompletedAt?.getTime() ?? 0);
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 180_000);
