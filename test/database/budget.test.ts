import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BudgetRules } from '../../database/budget.ts';
import { spendByVariant } from '../../database/budget.ts';
import { createDatabase, type Database } from '../../database/client.ts';
import { recordPlan } from '../../database/group-records.ts';
import {
  acceptPossibleCharges,
  cancelIntent,
  expireIntent,
  failJob,
  refuseIntent,
  settleJob,
} from '../../database/intent-endings.ts';
import {
  acceptIntent,
  claimIntent,
  holdIntent,
  type Intent,
  type NewIntent,
  openIntent,
  writeIntents,
} from '../../database/intents.ts';
import { findVenture } from '../../database/people.ts';
import { spendByGroup, spendByMonth, unbalancedOrders } from '../../database/spend-queries.ts';
import { writeTemplates } from '../../database/templates.ts';
import {
  readGroupBudget,
  readMonthlyBudget,
  setGroupCap,
  setMonthlyCap,
} from '../../database/venture-budgets.ts';
import { AUTOMATIC } from '../../domain/generation-mode.ts';
import type { GroupId } from '../../domain/ids.ts';
import { groupId, type VariantId } from '../../domain/ids.ts';
import { fromUsd } from '../../domain/money.ts';
import { planVariants } from '../../planning/plan.ts';
import { briefWith } from '../domain/example-brief.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ANA = 'ana@example.com';
const DIME = fromUsd(0.1);
const NOVEMBER = new Date('2026-11-15T12:00:00Z');
const NO_DEFAULT: BudgetRules = { defaultMonthlyCap: undefined };

let testDatabase: TestDatabase;
let database: Database;
let venture: string;
let ventureId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: true });
  database = createDatabase(testDatabase.url, 20);
  await writeTemplates(database);
});
afterAll(async () => {
  await database.$disconnect();
  await testDatabase.drop();
});
beforeEach(async () => {
  venture = `venture ${randomUUID()}`;
  ventureId = await findVenture(database, venture, { missing: true, by: ANA });
});

interface PlannedGroup {
  readonly id: GroupId;
  readonly variants: readonly VariantId[];
}

async function plannedGroup(variants: number, budgetUsd?: number): Promise<PlannedGroup> {
  const id = groupId(randomUUID());
  const prompts = Array.from({ length: variants }, (_, index) => ({ name: `${index}`, prompt: `${index}` }));
  const brief = briefWith({
    venture,
    variants: prompts,
    ...(budgetUsd !== undefined && { budget: { generationUsd: budgetUsd } }),
  });
  const planned = await recordPlan(database, {
    groupId: id,
    brief,
    ventureId,
    startedBy: ANA,
    startKey: 'key',
    generation: AUTOMATIC,
    plan: planVariants(brief),
    estimatedMicroUsd: 0,
    costMicroUsd: 0,
  });
  return { id, variants: planned.map((variant) => variant.id) };
}

function orderFor(group: PlannedGroup, index: number, changes: Partial<NewIntent> = {}): NewIntent {
  const variantId = group.variants[index];
  if (variantId === undefined) throw new Error(`no variant ${index}`);
  return {
    groupId: group.id,
    variantId,
    rendition: 'main',
    ordinal: 1,
    video: { model: 'sora-2', seconds: 1, width: 128, height: 72 },
    price: DIME,
    provider: 'openai-compatible',
    providerAccount: 'default',
    by: ANA,
    ...changes,
  };
}

/** All at once; what became of each: an order, or the error's code. */
async function orderAtOnce(orders: readonly NewIntent[], rules = NO_DEFAULT): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await Promise.all(
    orders.map(async (order) => {
      const outcome = await openIntent(database, order, rules, NOVEMBER).then(
        () => 'ordered',
        (error: { code?: string }) => String(error.code),
      );
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }),
  );
  return counts;
}

async function accepted(order: NewIntent, announced?: number): Promise<Intent> {
  const intent = await openIntent(database, order, NO_DEFAULT, NOVEMBER);
  await claimIntent(database, intent.id, new Date());
  return acceptIntent(
    database,
    intent.id,
    `job-${intent.id}`,
    5,
    announced === undefined ? undefined : fromUsd(announced),
  );
}

const linesOf = async (intent: Intent) =>
  (
    await database.budgetLedgerEntry.findMany({ where: { jobId: intent.id }, orderBy: { createdAt: 'asc' } })
  ).map(({ entry, amountMicroUsd, month }) => [
    entry,
    Number(amountMicroUsd) / 1e6,
    month.toISOString().slice(0, 7),
  ]);

describe('a budget', () => {
  test('of a group for ten lets ten of fifty orders through that come at once, to the cent', async () => {
    const group = await plannedGroup(50, 1);
    const orders = Array.from({ length: 50 }, (_, index) => orderFor(group, index));
    expect(await orderAtOnce(orders)).toEqual(
      new Map([
        ['ordered', 10],
        ['BUDGET_EXCEEDED', 40],
      ]),
    );
    expect(
      await database.videoGenerationJob.count({ where: { videoVariant: { variantGroupId: group.id } } }),
    ).toBe(10);
    expect(await readGroupBudget(database, group.id)).toEqual({ cap: 1e6, spent: 0, reserved: 1e6, left: 0 });
    // What was refused left nothing behind: neither a row nor a variant that seems to be under way.
    expect(
      await database.videoVariant.count({ where: { variantGroupId: group.id, generationStatus: 'pending' } }),
    ).toBe(40);
  });

  test('of a venture holds for its groups together, whoever reserves first', async () => {
    await setMonthlyCap(database, ventureId, fromUsd(1), ANA);
    const groups = [await plannedGroup(20), await plannedGroup(20)];
    const orders = groups.flatMap((group) =>
      Array.from({ length: 20 }, (_, index) => orderFor(group, index)),
    );
    expect(await orderAtOnce(orders)).toEqual(
      new Map([
        ['ordered', 10],
        ['BUDGET_EXCEEDED', 30],
      ]),
    );
    expect(await readMonthlyBudget(database, ventureId, new Date('2026-11-01'), NO_DEFAULT)).toMatchObject({
      cap: 1e6,
      reserved: 1e6,
      left: 0,
    });
  });

  test('is asked for once by twenty attempts at the same order', async () => {
    const group = await plannedGroup(2, 0.1);
    const outcomes = await orderAtOnce(Array(20).fill(orderFor(group, 0)));
    expect(outcomes).toEqual(new Map([['ordered', 20]]));
    expect(await readGroupBudget(database, group.id)).toMatchObject({ reserved: 100_000, left: 0 });
  });

  test('has room for all the files of a variant, or none of them is ordered', async () => {
    const group = await plannedGroup(3, 0.5);
    const filesOf = (index: number) =>
      ['main', 'wide', 'spanish'].map((rendition) => orderFor(group, index, { rendition }));
    // Each of a variant's files asks for all of them, at the same moment.
    const outcomes = await Promise.allSettled(
      [0, 0, 0, 1, 1, 1].map((index) => writeIntents(database, filesOf(index))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const made = await database.videoGenerationJob.groupBy({
      by: ['videoVariantId'],
      where: { videoVariant: { variantGroupId: group.id } },
      _count: true,
    });
    expect(made.map(({ _count }) => _count)).toEqual([3]);
  });

  test('says which one it is, what is spent, reserved, left and asked, and what to do', async () => {
    const group = await plannedGroup(3, 0.25);
    const first = await accepted(orderFor(group, 0));
    await database.$transaction((tx) => settleJob(tx, first, fromUsd(0.12), 'file:///a'));
    await openIntent(database, orderFor(group, 1));
    await expect(openIntent(database, orderFor(group, 2))).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      kind: 'precondition',
      mayBeRetried: false,
      message: expect.stringMatching(
        /cost \$0\.10, and \$0\.03 is left in the group's budget: of \$0\.25, \$0\.12 is spent and \$0\.10 is reserved.*screentest budget --group .* --total.*screentest retry/,
      ),
    });
    await setGroupCap(database, group.id, fromUsd(0.32), ANA);
    await openIntent(database, orderFor(group, 2));
    const events = await database.groupEvent.findMany({
      where: { variantGroupId: group.id, event: 'budget changed' },
    });
    expect(events.map(({ actor, details }) => [actor, details])).toEqual([
      [ANA, { fromMicroUsd: 250_000, toMicroUsd: 320_000 }],
    ]);
  });

  test('is the default for ventures that have set none, until they set one or lift it', async () => {
    const group = await plannedGroup(6);
    const rules = { defaultMonthlyCap: DIME };
    await openIntent(database, orderFor(group, 0), rules, NOVEMBER);
    await expect(openIntent(database, orderFor(group, 1), rules, NOVEMBER)).rejects.toThrow(
      `the budget of ${venture} for 2026-11 (UTC) (the default, from SCREENTEST_MONTHLY_CAP_USD)`,
    );
    await setMonthlyCap(database, ventureId, fromUsd(0.2), ANA);
    await openIntent(database, orderFor(group, 1), rules, NOVEMBER);
    await expect(openIntent(database, orderFor(group, 2), rules, NOVEMBER)).rejects.toThrow(
      `screentest budget "${venture}" --monthly`,
    );
    await setMonthlyCap(database, ventureId, undefined, ANA);
    await openIntent(database, orderFor(group, 2), rules, NOVEMBER);
    expect(await readMonthlyBudget(database, ventureId, new Date('2026-11-01'), rules)).toMatchObject({
      cap: undefined,
      reserved: 300_000,
      isDefault: false,
      setBy: ANA,
    });
  });

  test('counts what was charged above its reservation, and what is held', async () => {
    const group = await plannedGroup(4, 0.4);
    const dear = await accepted(orderFor(group, 0));
    await database.$transaction((tx) => settleJob(tx, dear, fromUsd(0.25), 'file:///a'));
    const held = await openIntent(database, orderFor(group, 1));
    await claimIntent(database, held.id, new Date());
    await holdIntent(database, held.id, 'nobody knows');
    expect(await readGroupBudget(database, group.id)).toMatchObject({ spent: 250_000, reserved: 100_000 });
    await expect(openIntent(database, orderFor(group, 2))).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
  });

  test('of a month takes no notice of what was reserved in another, whenever that is charged', async () => {
    await setMonthlyCap(database, ventureId, DIME, ANA);
    const group = await plannedGroup(3);
    const lastMoment = new Date('2026-10-31T23:59:59.999Z');
    const late = await openIntent(database, orderFor(group, 0), NO_DEFAULT, lastMoment);
    await openIntent(database, orderFor(group, 1), NO_DEFAULT, new Date('2026-11-01T00:00:00Z'));
    await claimIntent(database, late.id, new Date());
    const sent = await acceptIntent(database, late.id, 'late', 5);
    await database.$transaction((tx) => settleJob(tx, sent, DIME, 'file:///a'));
    expect(await linesOf(late)).toEqual([
      ['reserve', 0.1, '2026-10'],
      ['settle', 0.1, '2026-10'],
    ]);
    const months = await spendByMonth(database, { venture }, NO_DEFAULT);
    expect(months.map(({ month, spent, reserved }) => [month, spent, reserved])).toEqual([
      ['2026-11', 0, 100_000],
      ['2026-10', 100_000, 0],
    ]);
  });
});

describe('the account of an order', () => {
  let group: PlannedGroup;
  beforeEach(async () => {
    group = await plannedGroup(3);
  });
  const month = '2026-11';

  test.each([
    ['the figure of the provider', 0.13, [['settle', 0.13, month]], 0.13],
    ['nothing, where the provider says so', 0, [['release', 0.1, month]], null],
    ['the reservation without a figure', undefined, [['settle', 0.1, month]], 0.1],
  ])('of a file that could not be used is settled with %s', async (_, figure, lines, cost) => {
    const intent = await accepted(orderFor(group, 0));
    const amount = figure === undefined ? undefined : fromUsd(figure);
    await failJob(database, intent.id, 'failed', 'a web page', true, amount);
    expect(await linesOf(intent)).toEqual([['reserve', 0.1, month], ...lines]);
    const row = await database.videoGenerationJob.findUniqueOrThrow({ where: { id: intent.id } });
    expect(row.generationCostUsd === null ? null : Number(row.generationCostUsd)).toBe(cost);
  });

  test('of a failed job is released, unless the provider reports a charge', async () => {
    const free = await accepted(orderFor(group, 0));
    await failJob(database, free.id, 'failed', 'gpu_lost', false);
    expect(await linesOf(free)).toEqual([
      ['reserve', 0.1, month],
      ['release', 0.1, month],
    ]);
    const billed = await accepted(orderFor(group, 1));
    await failJob(database, billed.id, 'failed', 'moderated after rendering', false, fromUsd(0.07));
    expect(await linesOf(billed)).toEqual([
      ['reserve', 0.1, month],
      ['settle', 0.07, month],
    ]);
    const events = await database.groupEvent.findMany({
      where: { variantGroupId: group.id, event: 'charged otherwise than reserved' },
    });
    expect(events.map(({ details }) => details)).toEqual([
      { jobId: billed.id, reservedMicroUsd: 100_000, chargedMicroUsd: 70_000 },
    ]);
  });

  test('what was announced with the order counts for a charge, and not for a job that failed for nothing', async () => {
    const charged = await accepted(orderFor(group, 0), 0.11);
    await failJob(database, charged.id, 'timeout', 'not done', true);
    expect((await linesOf(charged)).at(-1)).toEqual(['settle', 0.11, month]);
    const free = await accepted(orderFor(group, 1), 0.11);
    await failJob(database, free.id, 'failed', 'gpu_lost', false);
    expect((await linesOf(free)).at(-1)).toEqual(['release', 0.1, month]);
    const row = await database.videoGenerationJob.findUniqueOrThrow({ where: { id: free.id } });
    expect(row.generationCostUsd).toBeNull();
  });

  async function heldAndAccepted(): Promise<Intent> {
    const order = orderFor(group, 0);
    const intent = await openIntent(database, order, NO_DEFAULT, NOVEMBER);
    await claimIntent(database, intent.id, new Date());
    await holdIntent(database, intent.id, 'nobody knows');
    await acceptPossibleCharges(database, { ...order, ordinal: 2 });
    expect(await linesOf(intent)).toEqual([
      ['reserve', 0.1, month],
      ['settle', 0.1, month],
    ]);
    return intent;
  }

  test('that was settled on an assumption is corrected when it turns out not to have been taken', async () => {
    const intent = await heldAndAccepted();
    await expireIntent(database, intent.id, 'it was never sent');
    expect((await linesOf(intent)).slice(2)).toEqual([['correct', -0.1, month]]);
    expect((await spendByVariant(database, group.id)).get(intent.variantId)).toMatchObject({
      spent: 0,
      reserved: 0,
      released: 100_000,
      bookLines: 3,
    });
  });

  test('that was settled on an assumption is corrected to what its job cost, once that is found', async () => {
    const intent = await heldAndAccepted();
    const found = await acceptIntent(database, intent.id, `found-${intent.id}`, 5);
    await database.$transaction((tx) => settleJob(tx, found, fromUsd(0.16), 'file:///a'));
    expect((await linesOf(intent)).slice(2)).toEqual([['correct', 0.06, month]]);
    expect(await readGroupBudget(database, group.id)).toMatchObject({ spent: 160_000, reserved: 0 });
  });

  test('is balanced however the order ends, and one that is not is found', async () => {
    const big = await plannedGroup(9);
    const [refused, cancelled, stopped, done, open] = await Promise.all([
      openIntent(database, orderFor(big, 0)),
      openIntent(database, orderFor(big, 1)),
      accepted(orderFor(big, 2)),
      accepted(orderFor(big, 3)),
      accepted(orderFor(big, 4)),
    ]);
    await refuseIntent(database, refused.id, 'moderation', { evenHeld: false });
    await cancelIntent(database, cancelled.id, { wasCharged: false, note: 'never sent' });
    await cancelIntent(database, stopped.id, { wasCharged: true, note: 'not confirmed' });
    await database.$transaction((tx) => settleJob(tx, done, fromUsd(0.123_456), 'file:///a'));
    expect(await unbalancedOrders(database)).toEqual([]);

    // Broken by hand, as only a defect could.
    await database.videoGenerationJob.update({ where: { id: open.id }, data: { jobStatus: 'failed' } });
    await database.budgetLedgerEntry.deleteMany({ where: { jobId: refused.id } });
    await database.budgetLedgerEntry.updateMany({
      where: { jobId: done.id, entry: 'settle' },
      data: { amountMicroUsd: 1 },
    });
    await database.budgetLedgerEntry.updateMany({
      where: { jobId: stopped.id, entry: 'settle' },
      data: { month: new Date('2026-12-01') },
    });
    const problems = new Map(
      (await unbalancedOrders(database)).map(({ jobId, problem }) => [jobId, problem]),
    );
    expect(problems).toEqual(
      new Map([
        [open.id, 'it is over, and its reservation is still open'],
        [refused.id, 'nothing was reserved for it'],
        [done.id, 'another cost was charged than the order says'],
        [stopped.id, 'its lines are in several months'],
      ]),
    );
    await database.videoGenerationJob.deleteMany({ where: { videoVariant: { variantGroupId: big.id } } });
    await database.budgetLedgerEntry.deleteMany({ where: { variantGroupId: big.id } });
  });
});

test('what is read of money are sums of the book, line by line', async () => {
  const group = await plannedGroup(4, 10);
  const [a, b, c] = await Promise.all([0, 1, 2].map((index) => accepted(orderFor(group, index))));
  await openIntent(database, orderFor(group, 3), NO_DEFAULT, NOVEMBER);
  if (a === undefined || b === undefined || c === undefined) throw new Error('no orders');
  await database.$transaction((tx) => settleJob(tx, a, fromUsd(0.15), 'file:///a'));
  await database.$transaction((tx) => settleJob(tx, b, fromUsd(0.04), 'file:///b'));
  await failJob(database, c.id, 'failed', 'gpu_lost', false);
  const sums = { orders: 4, spent: 190_000, reserved: 100_000, released: 160_000, writing: 0 };
  expect(await spendByMonth(database, { venture }, NO_DEFAULT)).toEqual([
    { venture, month: '2026-11', ...sums, cap: undefined, left: undefined },
  ]);
  expect(await spendByGroup(database, { venture })).toEqual([
    { id: group.id, name: 'Espresso launch', venture, ...sums, cap: 10e6, left: 9_710_000 },
  ]);
  expect(await spendByGroup(database, { venture, month: new Date('2026-12-01') })).toEqual([]);
  const variants = [...(await spendByVariant(database, group.id)).values()];
  const total = (amount: 'spent' | 'reserved' | 'released') =>
    variants.reduce((sum, spend) => sum + spend[amount], 0);
  expect({ spent: total('spent'), reserved: total('reserved'), released: total('released') }).toEqual({
    spent: sums.spent,
    reserved: sums.reserved,
    released: sums.released,
  });
});
