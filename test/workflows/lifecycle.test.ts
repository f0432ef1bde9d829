import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PreconditionFailed } from '../../domain/errors.ts';
import type { GroupId } from '../../domain/ids.ts';
import { eventsOfGroup, isTesting, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

async function completedGroup(): Promise<GroupId> {
  const group = await rig.start({ variants: 2 });
  await rig.until(group, isTesting);
  await rig.client.closeTest(group, { by: ANA, withoutWinner: true });
  return group;
}

test('a brief becomes videos, a test and, once declared, a winner', async () => {
  const id = await rig.start();
  await rig.until(id, isTesting);
  const receipt = await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: undefined });
  expect(receipt).toMatchObject({ outcome: 'winner', winner: 'Variant B' });
  const { group } = await rig.client.status(id);
  expect(group).toMatchObject({ status: 'completed', outcome: 'winner', winner: 'Variant B' });
});

test('the record tells every move once, in order, and who made it', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await rig.client.declareWinner(id, { variant: 'Control', by: 'Bo@Example.com', reason: 'it sells' });
  await rig.client.archive(id, 'cleo@example.com');
  const events = await eventsOfGroup(rig, id);
  const moves = events.filter(({ event }) => /^(planned|moved to|completed)/.test(event));
  expect(moves.map(({ event, actor }) => [event, actor])).toEqual([
    ['planned', ANA],
    ['moved to generating', 'screentest'],
    ['moved to testing', 'screentest'],
    ['moved to analyzing', 'bo@example.com'],
    ['completed: winner', 'bo@example.com'],
    ['moved to archived', 'cleo@example.com'],
  ]);
  const row = await rowOf(rig, id);
  expect(row).toMatchObject({
    testStatus: 'archived',
    outcome: 'winner',
    winner: { variantName: 'Control' },
    decision: { by: 'bo@example.com', reason: 'it sells', winner: 'Control', outcome: 'winner' },
  });
});

test('a group that still runs is not archived', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await expect(rig.client.archive(id, ANA)).rejects.toThrow(PreconditionFailed);
  expect((await rowOf(rig, id)).testStatus).toBe('testing');
});

test('archiving twice changes nothing', async () => {
  const id = await completedGroup();
  await rig.client.archive(id, ANA);
  await rig.client.archive(id, 'bo@example.com');
  const events = await eventsOfGroup(rig, id);
  expect(events.filter(({ event }) => event === 'moved to archived')).toEqual([
    expect.objectContaining({ actor: ANA }),
  ]);
});

test('starting an id again attaches to the group that has it, even once that is completed', async () => {
  const id = randomUUID();
  const brief = { variants: 2, id };
  const start = () => rig.attach(brief);
  const starts = await Promise.all([start(), start(), start()]);
  expect(starts.filter(({ isNew }) => isNew)).toHaveLength(1);
  const [first] = starts;
  if (first === undefined) throw new Error('nothing was started');
  await rig.until(first.groupId, isTesting);
  await rig.client.closeTest(first.groupId, { by: ANA, withoutWinner: true });
  const before = await rig.ledger();
  expect(await start()).toMatchObject({ groupId: id, isNew: false });
  expect((await rig.ledger()).jobsCreated).toBe(before.jobsCreated);
  expect((await rowOf(rig, first.groupId)).testStatus).toBe('completed');
});
