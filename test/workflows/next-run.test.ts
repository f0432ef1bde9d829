import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { eventsOf, everyRun } from '../support/runs.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.addFaults({ on: 'job', does: 'fail', match: { prompt: 'fails once' }, times: 1 });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const handleOf = (id: GroupId) => rig.temporal.workflow.getHandle(workflowIdOf(id));
const runIdOf = async (id: GroupId) => (await handleOf(id).describe()).runId;

/** As `temporal workflow reset --type FirstWorkflowTask` does it. */
async function resetToItsBeginning(id: GroupId): Promise<void> {
  const runId = await runIdOf(id);
  const events = eventsOf(await handleOf(id).fetchHistory());
  const firstTask = events.find(
    ({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes != null,
  );
  await rig.temporal.workflowService.resetWorkflowExecution({
    namespace: rig.temporal.options.namespace,
    workflowExecution: { workflowId: workflowIdOf(id), runId },
    reason: 'a test',
    ...(firstTask?.eventId != null && { workflowTaskFinishEventId: firstTask.eventId }),
    requestId: randomUUID(),
  });
  expect(await runIdOf(id)).not.toBe(runId);
}

test('a group whose history has grown goes on in a new run with all it knew', async () => {
  const id = await rig.start({ variants: 3 });
  const before = await rig.until(id, ({ status, until }) => status === 'testing' && until !== undefined);
  const firstRun = await runIdOf(id);
  // The server suggests a new run from 4 MB on.
  for (let sent = 1; sent <= 5; sent++) {
    await handleOf(id).signal('declareWinner', { variant: 'x'.repeat(1_000_000), by: ANA });
  }
  await rig.until(id, ({ refusedCount }) => refusedCount === 5);
  while ((await runIdOf(id)) === firstRun) await rig.overview(id);

  const after = await rig.until(id, ({ waitsFor }) => waitsFor !== undefined);
  const { refusedCount, refusedMessages, ...rest } = after;
  expect(rest).toEqual({ ...before, refusedCount: undefined, refusedMessages: undefined });
  expect(refusedMessages).toHaveLength(5);
  const { typedSearchAttributes } = await handleOf(id).describe();
  expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.status)).toBe('testing');
  expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.venture)).toBe('Crema & Co');
  expect(await everyRun(rig.temporal, workflowIdOf(id))).toHaveLength(2);

  await handleOf(id).signal('declareWinner', null);
  await rig.until(id, (seen) => seen.refusedCount === 6);
  const receipt = await rig.client.declareWinner(id, { variant: 'Variant C', by: ANA, reason: undefined });
  expect(receipt).toMatchObject({ outcome: 'winner', winner: 'Variant C' });
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'winner', winner: 'Variant C' });
});

test('a group in testing whose workflow is reset to its beginning pays nothing twice, and can be declared', async () => {
  const id = await rig.start({
    variants: [
      { name: 'One', prompt: 'a reset cup' },
      { name: 'Two', prompt: 'a reset cup that fails once' },
      { name: 'Three', prompt: 'a reset cup of tea' },
    ],
  });
  await rig.until(id, isTesting);
  await rig.client.retryVariant(id, { variant: 'Two', by: ANA });
  const isWhole = ({ status, variants }: { status: string; variants: readonly { status: string }[] }) =>
    status === 'testing' && variants.every((variant) => variant.status === 'completed');
  await rig.until(id, isWhole);
  const posts = (await rig.ledger()).postsReceived;
  await resetToItsBeginning(id);
  await rig.until(id, isWhole);
  await rig.client.declareWinner(id, { variant: 'Two', by: ANA, reason: undefined });
  expect((await rig.ledger()).postsReceived).toBe(posts);
  expect(await jobsFor(rig, 'a reset cup')).toHaveLength(4);
  const moves = (await eventsOfGroup(rig, id)).filter(({ event }) =>
    /^(planned|moved|completed)/.test(event),
  );
  expect(moves.map(({ event }) => event)).toEqual([
    'planned',
    'moved to generating',
    'moved to testing',
    'moved to analyzing',
    'completed: winner',
  ]);
});

test('a completed group whose workflow is reset to its beginning pays nothing and ends as it was decided', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: undefined });
  const [row, events, { postsReceived }] = [
    await rowOf(rig, id),
    await eventsOfGroup(rig, id),
    await rig.ledger(),
  ];
  await resetToItsBeginning(id);
  await expect(handleOf(id).result()).resolves.toMatchObject({ outcome: 'winner', winner: 'Variant B' });
  expect((await rig.ledger()).postsReceived).toBe(postsReceived);
  expect(await rowOf(rig, id)).toEqual(row);
  expect(await eventsOfGroup(rig, id)).toEqual(events);
});
