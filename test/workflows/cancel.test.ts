import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { bookOf, eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { eventsOf, type HistoryEvent, textOf } from '../support/runs.ts';

let rig: Rig;
/** Started, and cancelled, before there was a worker. */
let unplanned: GroupId;

beforeAll(async () => {
  rig = await startRig({
    startsWorkers: false,
    timing: { sendWithinMs: 10_000, answerWithinMs: 1000, lookAgainMs: 50, looks: 2 },
  });
  await rig.addFaults(
    { on: 'job', does: 'stall', match: { prompt: 'stuck' }, times: 'always' },
    { on: 'delete', does: 'answer', status: 400, match: { prompt: 'stuck for good' }, times: 'always' },
    { on: 'create', does: 'drop', match: { prompt: 'lost' }, times: 'always' },
  );
  unplanned = await rig.start({ variants: 2, product: 'a kettle nobody wanted' });
  await rig.client.cancel(unplanned, ANA);
  await rig.startWorkers();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const stuck = (...prompts: string[]) => prompts.map((prompt, n) => ({ name: `Variant ${n + 1}`, prompt }));

async function cancelled(id: GroupId): Promise<void> {
  await rig.client.cancel(id, ANA);
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'cancelled' });
  const { status } = await rig.temporal.workflow.getHandle(workflowIdOf(id)).describe();
  expect(status.name).toBe('COMPLETED');
  expect(await rowOf(rig, id)).toMatchObject({ testStatus: 'completed', outcome: 'cancelled', winner: null });
}

async function withJobs(id: GroupId, prompt: string, count: number): Promise<GroupId> {
  await rig.until(id, ({ spend }) => spend.reservedMicroUsd >= count * 100_000);
  expect(await jobsFor(rig, prompt)).toHaveLength(count);
  return id;
}

test('a group cancelled while it was planned orders nothing', async () => {
  await expect(rig.client.result(unplanned)).resolves.toMatchObject({ outcome: 'cancelled' });
  expect(await rowOf(rig, unplanned)).toMatchObject({ testStatus: 'completed', outcome: 'cancelled' });
  expect(await jobsFor(rig, 'a kettle nobody wanted')).toEqual([]);
  expect(await bookOf(rig, unplanned)).toEqual({ Control: [], 'Variant B': [] });
});

test('a group cancelled while it generates stops its jobs at the video API, and nothing is charged', async () => {
  const id = await rig.start({ variants: stuck('stuck one', 'stuck two', 'stuck three') });
  await withJobs(id, 'stuck', 3);
  await cancelled(id);
  expect((await jobsFor(rig, 'stuck')).map(({ status }) => status)).toEqual([
    'deleted',
    'deleted',
    'deleted',
  ]);
  expect(await bookOf(rig, id)).toEqual({
    'Variant 1': ['reserve', 'release'],
    'Variant 2': ['reserve', 'release'],
    'Variant 3': ['reserve', 'release'],
  });
  const { spend } = await rig.overview(id);
  expect(spend).toEqual({ spentMicroUsd: 0, reservedMicroUsd: 0 });
});

test('what the video API does not stop counts as charged; what it has finished stays', async () => {
  const id = await rig.start({ variants: stuck('stuck for good', 'a quick one') });
  await rig.until(
    id,
    ({ variants }) => variants[1]?.status === 'completed' && variants[0]?.reservedMicroUsd === 100_000,
  );
  await cancelled(id);
  expect(await bookOf(rig, id)).toEqual({
    'Variant 1': ['reserve', 'settle'],
    'Variant 2': ['reserve', 'settle'],
  });
  const { variants } = await rig.overview(id);
  expect(variants.map(({ status }) => status)).toEqual(['failed', 'completed']);
});

test('an order that may have been taken stays held after the group is cancelled', async () => {
  const id = await rig.start({ variants: stuck('lost on the way', 'stuck in the queue') });
  await rig.until(
    id,
    ({ variants }) => variants[0]?.isHeld === true && variants[1]?.reservedMicroUsd === 100_000,
  );
  await cancelled(id);
  expect(await bookOf(rig, id)).toEqual({ 'Variant 1': ['reserve'], 'Variant 2': ['reserve', 'release'] });
  const { variants, spend } = await rig.overview(id);
  expect(variants[0]).toMatchObject({ isHeld: true, reservedMicroUsd: 100_000 });
  expect(spend.reservedMicroUsd).toBe(100_000);
});

test('a group can be cancelled in testing and while it waits for a declaration', async () => {
  const [inTesting, inAnalyzing] = await Promise.all([
    rig.start({ variants: 2 }),
    rig.start({ variants: 2 }),
  ]);
  await Promise.all([rig.until(inTesting, isTesting), rig.until(inAnalyzing, isTesting)]);
  await rig.client.closeTest(inAnalyzing, { by: ANA });
  await Promise.all([cancelled(inTesting), cancelled(inAnalyzing)]);
});

test('a cancellation in the middle of a move waits for the move, and still completes the group', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const closed = await rig.database.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM variant_groups WHERE id = ${id}::uuid FOR UPDATE`;
      const closing = rig.client.closeTest(id, { by: ANA }).catch(String);
      await untilHistory(id, (events) => events.some(isMoveToAnalyzing));
      await rig.client.cancel(id, ANA);
      await untilHistory(id, hasTakenCancellation);
      return { closing };
    },
    { timeout: 20_000 },
  );
  await closed.closing;
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'cancelled' });
  expect(await rowOf(rig, id)).toMatchObject({ testStatus: 'completed', outcome: 'cancelled' });
  const events = (await eventsOfGroup(rig, id)).map(({ event }) => event);
  expect(events.slice(-2)).toEqual(['moved to analyzing', 'completed: cancelled']);
});

async function untilHistory(
  id: GroupId,
  isAsWanted: (events: readonly HistoryEvent[]) => boolean,
): Promise<void> {
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(id));
  while (!isAsWanted(eventsOf(await handle.fetchHistory())));
}

/** The summary is JSON, and the arrow in it is more than one byte. */
function isMoveToAnalyzing({ userMetadata }: HistoryEvent): boolean {
  return /testing.*analyzing/.test(textOf(userMetadata?.summary?.data));
}

function hasTakenCancellation(events: readonly HistoryEvent[]): boolean {
  const requested = events.findIndex(
    (event) => event.workflowExecutionCancelRequestedEventAttributes != null,
  );
  const answered = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes != null);
  return requested !== -1 && answered > requested;
}

test('a cancellation amid bad signals still completes the group', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(id));
  const bad = Array.from({ length: 20 }, () => handle.signal('declareWinner', null));
  await Promise.all([...bad, cancelled(id)].map((sent) => sent.catch(ignoreEnded)));
  expect(await rowOf(rig, id)).toMatchObject({ testStatus: 'completed', outcome: 'cancelled' });
  const { refusedCount } = await rig.overview(id);
  const refusals = (await eventsOfGroup(rig, id)).filter(({ event }) => event.startsWith('refused'));
  expect(refusals).toHaveLength(refusedCount);
});

/** A signal may come after the group's end. */
function ignoreEnded(error: unknown): void {
  if (!/completed/.test(String(error))) throw error;
}
