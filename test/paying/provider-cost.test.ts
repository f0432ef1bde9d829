import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spendByGroup } from '../../database/spend-queries.ts';
import { readGroupBudget } from '../../database/venture-budgets.ts';
import type { Overview } from '../../workflows/messages.ts';
import { eventsOfGroup, jobsFor } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { entriesOf, expectBalancedBooks, ordersOf } from './books.ts';

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

let rig: Rig;
beforeAll(async () => {
  // Tells with each order what it costs, and bills two seconds for every video of one.
  rig = await startRig({ dialect: 'litellm', simulator: { billsAtLeastSeconds: 2 } });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

test('what the provider says that it charges is what is booked, and the event tells both amounts', async () => {
  await rig.addFaults({ on: 'job', does: 'fail', match: { prompt: 'dear failing' } });
  const id = await rig.start({
    name: 'dear',
    variants: ['one', 'two', 'failing'].map((name) => ({ name, prompt: `dear ${name}` })),
    budget: { generationUsd: 0.35 },
  });
  const { variants } = await rig.until(id, isSettled);
  expect(variants.map(({ status, spentMicroUsd }) => [status, spentMicroUsd])).toEqual([
    ['completed', 200_000],
    ['completed', 200_000],
    ['failed', 0],
  ]);
  const billed = (await jobsFor(rig, 'dear ')).reduce((sum, job) => sum + job.billedMicroUsd, 0);
  expect(billed).toBe(400_000);
  const [row] = (await spendByGroup(rig.database, {})).filter((group) => group.id === id);
  expect(row).toMatchObject({ spent: billed, reserved: 0, released: 100_000 });

  const orders = await ordersOf(rig, id);
  expect(orders.map(({ generationCostUsd }) => generationCostUsd?.toNumber())).toEqual([0.2, 0.2, undefined]);
  expect(await entriesOf(rig, orders[2]?.id ?? '')).toEqual(['release', 'reserve']);
  const told = (await eventsOfGroup(rig, id)).filter(
    ({ event }) => event === 'charged otherwise than reserved',
  );
  expect(told).toHaveLength(2);
  expect(told[0]?.details).toContain('"chargedMicroUsd":200000');
  expect(told[0]?.details).toContain('"reservedMicroUsd":100000');
  await expectBalancedBooks(rig, id);

  // More was charged than the budget allows; what was reserved for it was not.
  expect(await readGroupBudget(rig.database, id)).toMatchObject({ cap: 350_000, spent: 400_000, left: 0 });
  await rig.client.retryVariant(id, { variant: 'failing', by: ANA });
  const { variants: refused } = await rig.until(
    id,
    (seen) => seen.variants[2]?.status === 'failed' && seen.variants[2].ordinal === 2,
  );
  expect(refused[2]?.reason).toContain("$0.00 is left in the group's budget");
  expect(await ordersOf(rig, id)).toHaveLength(3);
});
