import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import type { Reconciliation } from '../../recovery/reconcile.ts';

import { runHere } from '../cli/run-here.ts';

import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { eventsOfGroup, isTesting, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { expectExit } from '../support/screentest.ts';
import { type Backup, backUp } from './support/restores.ts';

let rig: Rig;
const backups: Backup[] = [];

beforeEach(async () => {
  rig = await startRig({
    startsWorkers: false,
    writer: { TEXT_BUDGET_USD: 0.5 },
    simulator: { render: { baseSeconds: 1, perVideoSecond: 0, jitter: 0 } },
  });
}, 60_000);
afterEach(async () => {
  await rig.stop();
  for (const backup of backups.splice(0)) await backup.remove();
}, 60_000);

async function backedUp(): Promise<Backup> {
  const backup = await backUp(rig);
  backups.push(backup);
  return backup;
}

async function reconcile(...args: string[]): Promise<Reconciliation> {
  const ended = await runHere(['reconcile', '-o', 'json', ...args], rig.environment);
  return JSON.parse(expectExit(ended, 0).stdout);
}

/** Everything about a group that people could miss, but for milliseconds, and the ids of people that were lost too. */
async function recordOf(id: GroupId) {
  return JSON.parse(JSON.stringify(await rowsOf(id)), (name, value) =>
    /At$|^at$|^createdBy$/.test(name) && value !== null ? 'an instant or a person' : value,
  );
}

async function rowsOf(id: GroupId) {
  const { updatedAt: _, createdBy: __, ...group } = await rowOf(rig, id);
  const variants = await rig.database.videoVariant.findMany({
    where: { variantGroupId: id },
    orderBy: { position: 'asc' },
    include: { renditions: { omit: { id: true, createdAt: true, sizeBytes: true } } },
  });
  const orders = (await ordersOf(rig, id)).map(
    ({
      createdBy: _,
      updatedAt: __,
      pollingCount: ___,
      lastPolledAt: ____,
      submitDeadline: _____,
      ...order
    }) => order,
  );
  const book = await rig.database.budgetLedgerEntry.findMany({
    where: { variantGroupId: id },
    orderBy: [{ jobId: 'asc' }, { entry: 'asc' }],
    select: { jobId: true, entry: true, amountMicroUsd: true, month: true },
  });
  const events = (await eventsOfGroup(rig, id)).map(({ event, actor }) => `${event}, ${actor}`);
  const lines = book.map(({ amountMicroUsd, ...line }) => ({ ...line, amount: String(amountMicroUsd) }));
  // The steps that an order took on its way are not in a history, only where it came to.
  const kept = events.filter((event) => !event.startsWith('order moved to '));
  return { group, variants, orders, lines, events: kept.toSorted() };
}

describe('a database that was restored to before a group was started', () => {
  test('has the group again, as it was, from its history; and again changes nothing', async () => {
    const stopWorkers = await rig.startWorkers();
    const backup = await backedUp();
    // Its prompts are a language model's, which is not asked again.
    const id = await rig.start({ variants: 3, writer: { enabled: true } });
    await rig.until(id, isTesting);
    await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: 'it sold more' });
    const before = await recordOf(id);
    const { createdAt, completedAt } = await rowOf(rig, id);
    await stopWorkers();
    await backup.restore();
    expect(await rig.database.variantGroup.count()).toBe(0);

    // Nobody works on it until then.
    await expect(rig.startWorkers()).rejects.toMatchObject({ code: 'DATABASE_RESTORED' });
    const planned = await reconcile();
    expect(planned).toMatchObject({ isDone: false, groups: [{ groupId: id, problems: [] }] });
    expect(await rig.database.variantGroup.count()).toBe(0);
    const done = await reconcile('--yes');
    expect(done).toEqual({ ...planned, isDone: true });
    const after = await recordOf(id);
    expect(after).toEqual(before);
    expect((await rig.client.status(id)).group.writing).toMatchObject({
      model: 'simulated-writer',
      warnings: [],
    });
    await expectBalancedBooks(rig, id);
    const row = await rowOf(rig, id);
    expect(Math.abs(row.createdAt.getTime() - createdAt.getTime())).toBeLessThan(2000);
    expect(Math.abs(Number(row.completedAt) - Number(completedAt))).toBeLessThan(2000);

    expect(await reconcile('--yes')).toMatchObject({ groups: [], jobs: [] });
    expect(await recordOf(id)).toEqual(after);
    await rig.startWorkers();
  });

  test('is caught up while a group is being made: its jobs are collected, and none is ordered again', async () => {
    const stopWorkers = await rig.startWorkers();
    const backup = await backedUp();
    const id = await rig.start({ variants: 3 });
    await allAccepted(id);
    // The workers live through it, and do nothing on the database that took the place of theirs.
    await backup.restore();
    await reconcile('--yes');
    expect((await ordersOf(rig, id)).map(({ submissionState }) => submissionState)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    const { variants } = await rig.until(id, isTesting, 60_000);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    expect((await rig.ledger()).postsReceived).toBe(3);
    await expectBalancedBooks(rig, id);
    await stopWorkers();
  });
});

test('a declaration that a restore took away is on record again: decision, outcome and status', async () => {
  const stopWorkers = await rig.startWorkers();
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const backup = await backedUp();
  // Two connections of the pool may have been cut off, and be noticed only now.
  await until('the database is back', () =>
    rig.database.$queryRaw`SELECT 1`.then(
      () => true,
      () => false,
    ),
  );
  await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: 'it sold more' });
  await until('it is over', async () => (await rowOf(rig, id)).testStatus === 'completed');
  expectExit(await runHere(['archive', id], rig.environment), 0);
  const before = await recordOf(id);
  await stopWorkers();
  await backup.restore();
  expect(await rowOf(rig, id)).toMatchObject({ testStatus: 'testing', outcome: null, decision: null });
  const resumed = await runHere(['resume', id], rig.environment);
  expect(resumed).toMatchObject({ exit: 4, stderr: expect.stringContaining('screentest reconcile') });
  await reconcile('--yes');
  const { group, ...rest } = await recordOf(id);
  expect({ group, ...rest }).toEqual(before);
  expect(group).toMatchObject({
    testStatus: 'archived',
    outcome: 'winner',
    decision: { winner: 'Variant B', by: ANA, reason: 'it sold more', verdict: { kind: expect.anything() } },
  });
});

const allAccepted = (id: GroupId) =>
  until('every order is accepted', async () => {
    const orders = await ordersOf(rig, id);
    return orders.length === 3 && orders.every(({ submissionState }) => submissionState === 'accepted');
  });
