import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

test('a brief becomes videos, a test and, once declared, a winner', async () => {
  const id = await rig.start();
  await rig.until(id, ({ status }) => status === 'testing');
  const receipt = await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: undefined });
  expect(receipt).toMatchObject({ outcome: 'winner', winner: 'Variant B' });
  const { group } = await rig.client.status(id);
  expect(group).toMatchObject({ status: 'completed', outcome: 'winner', winner: 'Variant B' });
});
