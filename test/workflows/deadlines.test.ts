import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bookOf, eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.addFaults({ on: 'job', does: 'stall', match: { prompt: 'stuck' }, times: 'always' });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

test('nobody declares: after the time for testing and the time for deciding the group ends without a winner', async () => {
  const id = await rig.start({ variants: 2, deadlines: { testing: '2s', deciding: '2s' } });
  const testing = await rig.until(id, ({ status, until }) => status === 'testing' && until !== undefined);
  const analyzing = await rig.until(id, ({ status, until }) => status === 'analyzing' && until !== undefined);
  expect([testing.waitsFor, analyzing.waitsFor]).toEqual([
    'metrics and a declaration',
    'the declaration of a winner',
  ]);
  expect(Date.parse(analyzing.until ?? '') - Date.parse(testing.until ?? '')).toBeGreaterThanOrEqual(2000);
  const result = await rig.client.result(id);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(analyzing.until ?? ''));
  expect(result).toMatchObject({ outcome: 'no_winner', reason: 'nobody declared a winner in time' });
  expect(await rowOf(rig, id)).toMatchObject({
    outcome: 'no_winner',
    winner: null,
    decision: { by: 'screentest' },
  });
  // The final analysis says the very same as the one when the test ended.
  const snapshots = await rig.database.analysisSnapshot.findMany({ where: { variantGroupId: id } });
  expect(snapshots).toMatchObject([{ trigger: 'test ended', look: 1 }]);
});

test('a job that never ends is stopped at the deadline and costs nothing; the test begins with the others', async () => {
  const id = await rig.start({
    variants: [
      { name: 'One', prompt: 'a first cup' },
      { name: 'Two', prompt: 'a second cup' },
      { name: 'Three', prompt: 'stuck for ever' },
    ],
    deadlines: { generating: '6s' },
  });
  const { variants } = await rig.until(id, isTesting);
  expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed', 'failed']);
  expect((await jobsFor(rig, 'stuck for ever')).map(({ status }) => status)).toEqual(['deleted']);
  expect(await bookOf(rig, id)).toEqual({
    One: ['reserve', 'settle'],
    Two: ['reserve', 'settle'],
    Three: ['reserve', 'release'],
  });
  await rig.client.declareWinner(id, { variant: 'One', by: ANA, reason: undefined });
  expect((await eventsOfGroup(rig, id)).at(-1)).toMatchObject({ event: 'completed: winner', actor: ANA });
});

test('the last moment counts: a declaration while the group waits for one is taken', async () => {
  const id = await rig.start({ variants: 2, deadlines: { testing: '1s', deciding: '1h' } });
  await rig.until(id, ({ status, waitsFor }) => status === 'analyzing' && waitsFor !== undefined);
  const receipt = await rig.client.declareWinner(id, { variant: 'Control', by: ANA, reason: undefined });
  expect(receipt).toMatchObject({ outcome: 'winner', winner: 'Control' });
});
