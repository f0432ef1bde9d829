import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findVenture } from '../../database/people.ts';
import { spendByMonth, unbalancedOrders } from '../../database/spend-queries.ts';
import { readGroupBudget, setGroupCap, setMonthlyCap } from '../../database/venture-budgets.ts';
import { formatMonth, monthOf } from '../../domain/budget.ts';
import type { GroupId } from '../../domain/ids.ts';
import { fromUsd } from '../../domain/money.ts';
import type { Overview } from '../../workflows/messages.ts';
import { expectBalancedBooks } from '../paying/books.ts';
import { jobsFor } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 120_000);

const variants = (about: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `${index}`, prompt: `${about} ${index}.` }));

const isSettled = (seen: Overview) =>
  seen.variants.length > 0 &&
  seen.variants.every(({ status }) => status === 'completed' || status === 'failed');

async function billedFor(about: string): Promise<{ jobs: number; microUsd: number }> {
  const jobs = await jobsFor(rig, about);
  return { jobs: jobs.length, microUsd: jobs.reduce((sum, job) => sum + job.billedMicroUsd, 0) };
}

async function countsOf(id: GroupId): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of (await rig.until(id, isSettled, 100_000)).variants) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

test("fifty variants against a group's budget for ten: ten are made and paid, the others say why, and the group goes on", async () => {
  const id = await rig.start({
    name: 'fifty',
    variants: variants('fifty', 50),
    budget: { generationUsd: 1 },
  });
  expect(await countsOf(id)).toEqual({ completed: 10, failed: 40 });
  const { status, variants: shown } = await rig.until(id, (seen) => seen.status === 'testing');
  expect(status).toBe('testing');
  const [failed] = shown.filter((variant) => variant.status === 'failed');
  expect(failed).toMatchObject({ isHeld: false, spentMicroUsd: 0, reservedMicroUsd: 0 });
  expect(failed?.reason).toMatch(/would cost \$0\.10, and \$0\.00 is left in the group's budget: of \$1\.00/);
  expect(failed?.reason).toContain('screentest retry');

  // Nothing of the forty reached the provider, and both books say the same.
  const { byPrompt } = await rig.ledger();
  const posts = Object.entries(byPrompt).filter(([prompt]) => prompt.startsWith('fifty '));
  expect(posts.reduce((sum, [, count]) => sum + count.posts, 0)).toBe(10);
  expect(await billedFor('fifty ')).toEqual({ jobs: 10, microUsd: 1_000_000 });
  expect(await readGroupBudget(rig.database, id)).toEqual({ cap: 1e6, spent: 1e6, reserved: 0, left: 0 });
  await expectBalancedBooks(rig, id);

  await setGroupCap(rig.database, id, fromUsd(1.1), ANA);
  await rig.client.retryVariant(id, { variant: failed?.name ?? '', by: ANA });
  await rig.until(
    id,
    (seen) => seen.variants.filter((variant) => variant.status === 'completed').length === 11,
  );
  expect(await billedFor('fifty ')).toEqual({ jobs: 11, microUsd: 1_100_000 });
});

test("two groups at once against their venture's month for ten: ten videos between them, to the cent", async () => {
  const venture = 'Shared purse';
  const ventureId = await findVenture(rig.database, venture, { missing: true, by: ANA });
  await setMonthlyCap(rig.database, ventureId, fromUsd(1), ANA);
  const ids = await Promise.all(
    ['purse one', 'purse two'].map((about) =>
      rig.start({ venture, name: about, variants: variants(about, 25) }),
    ),
  );
  const counts = await Promise.all(ids.map(countsOf));
  expect(counts.reduce((sum, { completed = 0 }) => sum + completed, 0)).toBe(10);
  expect(counts.reduce((sum, { failed = 0 }) => sum + failed, 0)).toBe(40);
  expect(await billedFor('purse ')).toEqual({ jobs: 10, microUsd: 1_000_000 });
  const [month] = await spendByMonth(rig.database, { venture }, { defaultMonthlyCap: undefined });
  expect(month).toEqual({
    venture,
    month: formatMonth(monthOf(new Date())),
    orders: 10,
    spent: 1_000_000,
    reserved: 0,
    released: 0,
    writing: 0,
    cap: 1_000_000,
    left: 0,
  });
  for (const id of ids) await expectBalancedBooks(rig, id);
});

test('a variant with several files is made whole or not at all', async () => {
  const id = await rig.start({
    name: 'whole',
    variants: variants('whole', 8),
    renditions: [
      { name: 'wide', size: '192x108' },
      { name: 'spanish', language: 'Spanish' },
    ],
    // For three variants and two thirds.
    budget: { generationUsd: 1.1 },
  });
  expect(await countsOf(id)).toEqual({ completed: 3, failed: 5 });
  expect(await billedFor('whole ')).toEqual({ jobs: 9, microUsd: 900_000 });
  await expectBalancedBooks(rig, id);
});

test('at the end of all this, no account is left unbalanced', async () => {
  expect(await unbalancedOrders(rig.database)).toEqual([]);
});
