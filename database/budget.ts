import { type Budget, formatMonth, leftIn, monthOf } from '../domain/budget.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import { formatUsd, type MicroUsd, microUsd, sumUsd } from '../domain/money.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { hasJobTable } from './job-table.ts';
import { storable } from './json.ts';

/**
 * The budget's book: what was reserved, charged and given back, line by line; nothing in it is ever changed. An
 * order's account is opened by `reserve`, and closed by `settle` or `release`; a settlement made when nobody knew
 * better may be corrected, once. All its lines are in the month in which it was reserved.
 */

/** An order as the book knows it. */
export interface Reservation {
  readonly id: JobId;
  readonly groupId: GroupId;
  readonly reserved: MicroUsd;
}

export interface BudgetRules {
  /** For ventures that have set none of their own; undefined for no limit. */
  readonly defaultMonthlyCap: MicroUsd | undefined;
}

/**
 * Sets money aside for orders that are not sent yet: for all of them, or for none. To be called in the transaction
 * that writes their intents, so that an order without its reservation can't exist.
 *
 * Whoever reserves under a cap holds its lock until the end of the transaction, so that two can't take the same
 * money. Locks are taken in this order: the group's row, the venture's month, then the variants' rows. Charging and
 * releasing take none: they only ever turn what is counted already into what it really was.
 * @throws PreconditionFailed (BUDGET_EXCEEDED) when the group's budget or the venture's month has less than is asked
 */
export async function reserve(
  tx: Queries,
  group: GroupId,
  orders: readonly Reservation[],
  rules: BudgetRules,
  now = new Date(),
): Promise<void> {
  const month = monthOf(now);
  await requireRoom(tx, group, sumUsd(orders.map(({ reserved }) => reserved)), rules, month);
  await tx.budgetLedgerEntry.createMany({
    data: orders.map(({ id, reserved }) => ({
      variantGroupId: group,
      jobId: id,
      entry: 'reserve',
      amountMicroUsd: reserved,
      month,
    })),
  });
}

/**
 * Takes the locks of `reserve`: in a transaction of its own it only says how things stand.
 * @throws PreconditionFailed (BUDGET_EXCEEDED) when the group's budget or the venture's month has less than is asked
 */
export async function requireRoom(
  tx: Queries,
  group: GroupId,
  asked: MicroUsd,
  rules: BudgetRules,
  month = monthOf(new Date()),
): Promise<void> {
  const limits = await limitsOf(tx, group, rules);
  if (limits.groupCap !== undefined) {
    await tx.$queryRaw`SELECT FROM variant_groups WHERE id = ${group}::uuid FOR NO KEY UPDATE`;
    refuseAbove({ cap: limits.groupCap, ...(await committedBy(tx, group)) }, asked, groupBudget(group));
  }
  if (limits.monthlyCap !== undefined) {
    await lockMonth(tx, limits.ventureId, month);
    const committed = await committedIn(tx, limits.ventureId, month);
    refuseAbove({ cap: limits.monthlyCap, ...committed }, asked, monthlyBudget(limits, month));
  }
}

/** Until the end of the transaction nobody else takes money of this month. */
export async function lockMonth(tx: Queries, ventureId: string, month: Date): Promise<void> {
  const lock = `screentest/budget/${ventureId}/${formatMonth(month)}`;
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lock}, 0))`;
}

interface Limits {
  readonly groupCap: MicroUsd | undefined;
  readonly monthlyCap: MicroUsd | undefined;
  readonly isDefault: boolean;
  readonly ventureId: string;
  readonly venture: string;
}

/** What is allowed as this is asked. A cap that is changed meanwhile holds for the next order. */
async function limitsOf(queries: Queries, group: GroupId, rules: BudgetRules): Promise<Limits> {
  const [row] = await queries.$queryRaw<
    {
      group_cap: bigint | null;
      venture_id: string;
      venture: string;
      has_own: boolean;
      monthly_cap: bigint | null;
    }[]
  >`
    SELECT (g.variant_group_settings ->> 'generationCapMicroUsd')::bigint AS group_cap,
      g.venture_id, v.name AS venture, b.id IS NOT NULL AS has_own, b.monthly_cap_micro_usd AS monthly_cap
    FROM variant_groups g
    JOIN ventures v ON v.id = g.venture_id
    LEFT JOIN LATERAL (
      SELECT id, monthly_cap_micro_usd FROM venture_budgets WHERE venture_id = g.venture_id
      ORDER BY id DESC LIMIT 1
    ) b ON true
    WHERE g.id = ${group}::uuid`;
  if (row === undefined) throw new TypeError(`no group ${group} to reserve money for`);
  return {
    groupCap: amountOf(row.group_cap),
    monthlyCap: row.has_own ? amountOf(row.monthly_cap) : rules.defaultMonthlyCap,
    isDefault: !row.has_own,
    ventureId: row.venture_id,
    venture: row.venture,
  };
}

export function amountOf(amount: bigint | null): MicroUsd | undefined {
  return amount === null ? undefined : microUsd(Number(amount));
}

type Committed = Pick<Budget, 'spent' | 'reserved'>;

/** What counts against a group's budget. */
async function committedBy(queries: Queries, group: GroupId): Promise<Committed> {
  const [row] = await queries.$queryRaw<{ spent: bigint; reserved: bigint }[]>`
    SELECT coalesce(sum(spent_micro_usd), 0)::bigint AS spent,
      coalesce(sum(reserved_micro_usd), 0)::bigint AS reserved
    FROM generation_spend WHERE variant_group_id = ${group}::uuid`;
  return { spent: microUsd(Number(row?.spent ?? 0)), reserved: microUsd(Number(row?.reserved ?? 0)) };
}

/** What counts against a venture's budget for a month: all that was reserved in it, whenever it was charged; words too. */
export async function committedIn(queries: Queries, ventureId: string, month: Date): Promise<Committed> {
  const [row] = await queries.$queryRaw<{ spent: bigint; reserved: bigint }[]>`
    SELECT coalesce(sum(spent_micro_usd), 0)::bigint AS spent,
      coalesce(sum(reserved_micro_usd), 0)::bigint AS reserved
    FROM (
      SELECT spent_micro_usd, reserved_micro_usd FROM generation_spend
      WHERE month = ${month}::date AND variant_group_id = ANY(ARRAY(
        -- A group that was over by then has ordered nothing in it; with the ids at hand, the index finds the lines.
        SELECT id FROM variant_groups
        WHERE venture_id = ${ventureId}::uuid AND (completed_at IS NULL OR completed_at >= ${month}::date)
      ))
      UNION ALL
      SELECT coalesce(cost_micro_usd, 0), CASE WHEN cost_micro_usd IS NULL THEN reserved_micro_usd ELSE 0 END
      FROM level_wordings WHERE month = ${month}::date AND venture_id = ${ventureId}::uuid
      UNION ALL
      SELECT spent_micro_usd + writing_micro_usd, 0 FROM removed_spend
      WHERE month = ${month}::date AND venture_id = ${ventureId}::uuid
    ) AS committed`;
  return { spent: microUsd(Number(row?.spent ?? 0)), reserved: microUsd(Number(row?.reserved ?? 0)) };
}

/** A budget in words, and how it is raised. */
interface NamedBudget {
  readonly name: string;
  readonly raise: string;
}

function groupBudget(group: GroupId): NamedBudget {
  return {
    name: "the group's budget",
    raise: `raise it with \`screentest budget --group ${group} --total <usd>\``,
  };
}

function monthlyBudget({ venture, isDefault }: Limits, month: Date): NamedBudget {
  const source = isDefault ? ' (the default, from SCREENTEST_MONTHLY_CAP_USD)' : '';
  return {
    name: `the budget of ${venture} for ${formatMonth(month)} (UTC)${source}`,
    raise: `raise it with \`screentest budget "${venture}" --monthly <usd>\`, or wait for the next month`,
  };
}

function refuseAbove(budget: Budget, asked: MicroUsd, { name, raise }: NamedBudget): void {
  if (budget.spent + budget.reserved + asked <= budget.cap) return;
  const { cap, spent, reserved } = budget;
  throw new PreconditionFailed({
    code: 'BUDGET_EXCEEDED',
    given:
      `This would cost ${formatUsd(asked)}, and ${formatUsd(leftIn(budget))} is left in ${name}: of ${formatUsd(cap)}, ` +
      `${formatUsd(spent)} is spent and ${formatUsd(reserved)} is reserved. Nothing was ordered`,
    fix: `${raise}; then \`screentest retry\` the variant`,
  });
}

/** The order was not charged: what was reserved is free again, and an earlier settlement is taken back. */
export async function release(tx: Queries, order: Reservation, note: string): Promise<void> {
  await close(tx, order, { entry: 'release', amount: order.reserved, cost: microUsd(0), note });
}

/** What the order cost in the end. Where that is not what was reserved for it, the group's events tell both. */
export async function settle(tx: Queries, order: Reservation, cost: MicroUsd, note?: string): Promise<void> {
  await close(tx, order, { entry: 'settle', amount: cost, cost, note });
  if (cost === order.reserved) return;
  await recordEvent(tx, {
    groupId: order.groupId,
    event: 'charged otherwise than reserved',
    actor: 'screentest',
    details: { jobId: order.id, reservedMicroUsd: order.reserved, chargedMicroUsd: cost },
    key: `charged/${order.id}/${cost}`,
  });
}

/**
 * The last line of an order's account. One that was settled before (on the assumption that it was charged) gets a
 * correction instead, if it cost something else. Repeating it changes nothing.
 */
async function close(
  tx: Queries,
  order: Reservation,
  end: {
    readonly entry: 'settle' | 'release';
    readonly amount: MicroUsd;
    readonly cost: MicroUsd;
    readonly note: string | undefined;
  },
): Promise<void> {
  const note = end.note === undefined ? null : storable(end.note);
  await tx.$executeRaw`
    INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month, note)
    SELECT ${order.groupId}::uuid, ${order.id}::uuid,
      CASE WHEN settled IS NULL THEN ${end.entry} ELSE 'correct' END,
      CASE WHEN settled IS NULL THEN ${BigInt(end.amount)}::bigint ELSE ${BigInt(end.cost)}::bigint - settled END,
      month, ${note}
    FROM (
      SELECT min(month) AS month,
        sum(amount_micro_usd) FILTER (WHERE entry IN ('settle', 'correct')) AS settled
      FROM budget_ledger WHERE job_id = ${order.id}::uuid
    ) account
    WHERE settled IS DISTINCT FROM ${BigInt(end.cost)}::bigint
    ON CONFLICT (job_id, entry) DO NOTHING`;
}

/** Whether the book says that the order was charged. */
export async function isCharged(queries: Queries, id: JobId): Promise<boolean> {
  return (await queries.budgetLedgerEntry.count({ where: { jobId: id, entry: 'settle' } })) > 0;
}

export interface Spend {
  readonly spent: MicroUsd;
  /** Reserved by orders that are neither charged nor released yet. */
  readonly reserved: MicroUsd;
  /** Reserved once, and not spent. */
  readonly released: MicroUsd;
  /** Nobody knows whether the newest order of one of its files was charged. */
  readonly isHeld: boolean;
  /** Why the newest order that is held is so; undefined where none is. */
  readonly heldReason: string | undefined;
  /** How many lines of the book say so. The book only grows: of two answers the one with more lines is the newer. */
  readonly bookLines: number;
}

/** By variant id, the orders of all its files together; a variant without an order is missing. */
export async function spendByVariant(queries: Queries, group: GroupId): Promise<ReadonlyMap<string, Spend>> {
  return (await hasJobTable(queries)) ? spendOfOrders(queries, group) : new Map();
}

/** The same where the job table is known to be there. */
export async function spendOfOrders(queries: Queries, group: GroupId): Promise<ReadonlyMap<string, Spend>> {
  const rows = await queries.$queryRaw<
    {
      variant: string;
      spent: bigint;
      reserved: bigint;
      released: bigint;
      is_held: boolean;
      held_reason: string | null;
      book_lines: number;
    }[]
  >`
    SELECT variant, sum(spent_micro_usd)::bigint AS spent, sum(reserved_micro_usd)::bigint AS reserved,
      sum(released_micro_usd)::bigint AS released,
      bool_or(is_newest AND submission_state = 'held') AS is_held,
      (array_agg(coalesce(held_reason, '') ORDER BY ordinal DESC) FILTER (WHERE submission_state = 'held'))[1] AS held_reason,
      sum(lines)::int AS book_lines
    FROM (
      SELECT s.*, j.video_variant_id AS variant, j.submission_state, j.held_reason, j.ordinal,
        j.ordinal = max(j.ordinal) OVER (PARTITION BY j.video_variant_id, j.rendition) AS is_newest
      FROM generation_spend s JOIN video_generation_jobs j ON j.id = s.job_id
      WHERE s.variant_group_id = ${group}::uuid
    ) job
    GROUP BY variant`;
  return new Map(
    rows.map(({ variant, spent, reserved, released, is_held, held_reason, book_lines }) => [
      variant,
      {
        spent: microUsd(Number(spent)),
        reserved: microUsd(Number(reserved)),
        released: microUsd(Number(released)),
        isHeld: is_held,
        heldReason: held_reason ?? undefined,
        bookLines: book_lines,
      },
    ]),
  );
}

export const NO_SPEND: Spend = {
  spent: microUsd(0),
  reserved: microUsd(0),
  released: microUsd(0),
  isHeld: false,
  heldReason: undefined,
  bookLines: 0,
};

/** All the orders of one variant together. */
export async function spendOf(queries: Queries, group: GroupId, variant: VariantId): Promise<Spend> {
  return (await spendByVariant(queries, group)).get(variant) ?? NO_SPEND;
}
