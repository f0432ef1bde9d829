import { formatMonth, leftIn } from '../domain/budget.ts';
import { type GroupId, groupId } from '../domain/ids.ts';
import { type MicroUsd, microUsd } from '../domain/money.ts';
import { amountOf, type BudgetRules } from './budget.ts';
import type { Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';

/**
 * What people read of money. Every amount is a sum over the view `generation_spend`, one row an order, and over what was
 * paid for words; a venture's month has what removed groups cost besides.
 */

interface Amounts {
  readonly orders: number;
  readonly spent: MicroUsd;
  /** By orders that are neither charged nor released yet. */
  readonly reserved: MicroUsd;
  readonly released: MicroUsd;
  /** Paid to language models for words, what is still reserved for them included. */
  readonly writing: MicroUsd;
  readonly cap: MicroUsd | undefined;
  /** Of a venture's month, which words count against too; a group has another budget for those. Undefined where there is no limit. */
  readonly left: MicroUsd | undefined;
}

export interface MonthSpend extends Amounts {
  readonly venture: string;
  /** `2026-11`: orders count for the month (UTC) in which they were reserved. */
  readonly month: string;
}

export interface GroupSpend extends Amounts {
  readonly id: GroupId;
  readonly name: string;
  readonly venture: string;
}

export interface SpendFilter {
  readonly venture?: string | undefined;
  readonly month?: Date | undefined;
}

interface AmountRow {
  readonly orders: number;
  readonly spent: bigint;
  readonly reserved: bigint;
  readonly released: bigint;
  readonly writing: bigint;
  readonly cap: bigint | null;
}

/** By venture and month, the newest month first. The cap is the one that held at the month's end, or holds now. */
export async function spendByMonth(
  queries: Queries,
  { venture, month }: SpendFilter,
  rules: BudgetRules,
): Promise<readonly MonthSpend[]> {
  const rows = await queries.$queryRaw<(AmountRow & { venture: string; month: Date; has_own: boolean })[]>`
    SELECT v.name AS venture, s.month, s.orders, s.spent, s.reserved, s.released, s.writing,
      b.id IS NOT NULL AS has_own, b.monthly_cap_micro_usd AS cap
    FROM (
      SELECT venture_id, month, sum(orders)::int AS orders, sum(spent)::bigint AS spent,
        sum(reserved)::bigint AS reserved, sum(released)::bigint AS released, sum(writing)::bigint AS writing
      FROM (
        SELECT venture_id, month, 1 AS orders, spent_micro_usd AS spent, reserved_micro_usd AS reserved,
          released_micro_usd AS released, 0 AS writing
        FROM generation_spend
        UNION ALL SELECT venture_id, month, 0, 0, 0, 0, coalesce(cost_micro_usd, reserved_micro_usd) FROM level_wordings
        UNION ALL SELECT venture_id, month, orders, spent_micro_usd, 0, released_micro_usd, writing_micro_usd
          FROM removed_spend
      ) AS amounts
      WHERE ${month ?? null}::date IS NULL OR month = ${month ?? null}::date
      GROUP BY venture_id, month
    ) s
    JOIN ventures v ON v.id = s.venture_id
    LEFT JOIN LATERAL (
      SELECT id, monthly_cap_micro_usd FROM venture_budgets
      WHERE venture_id = s.venture_id AND created_at < s.month + interval '1 month'
      ORDER BY id DESC LIMIT 1
    ) b ON true
    WHERE ${venture ?? null}::text IS NULL OR lower(v.name) = lower(${venture ?? null}::text)
    ORDER BY s.month DESC, v.name`;
  return rows.map((row) => ({
    venture: row.venture,
    month: formatMonth(row.month),
    ...amountsOf(row, row.has_own ? amountOf(row.cap) : rules.defaultMonthlyCap, row.writing),
  }));
}

/** Groups that have ordered anything, words included, the newest first. */
export async function spendByGroup(
  queries: Queries,
  { venture, month }: SpendFilter,
): Promise<readonly GroupSpend[]> {
  const rows = await queries.$queryRaw<(AmountRow & { id: string; name: string; venture: string })[]>`
    SELECT g.id, g.test_name AS name, v.name AS venture, s.orders, s.spent, s.reserved, s.released, s.writing,
      (g.variant_group_settings ->> 'generationCapMicroUsd')::bigint AS cap
    FROM (
      SELECT variant_group_id, sum(orders)::int AS orders, sum(spent)::bigint AS spent,
        sum(reserved)::bigint AS reserved, sum(released)::bigint AS released, sum(writing)::bigint AS writing
      FROM (
        SELECT variant_group_id, month, 1 AS orders, spent_micro_usd AS spent, reserved_micro_usd AS reserved,
          released_micro_usd AS released, 0 AS writing
        FROM generation_spend
        UNION ALL SELECT variant_group_id, month, 0, 0, 0, 0, coalesce(cost_micro_usd, reserved_micro_usd)
          FROM level_wordings
      ) AS amounts
      WHERE ${month ?? null}::date IS NULL OR month = ${month ?? null}::date
      GROUP BY variant_group_id
    ) s
    JOIN variant_groups g ON g.id = s.variant_group_id
    JOIN ventures v ON v.id = g.venture_id
    WHERE ${venture ?? null}::text IS NULL OR lower(v.name) = lower(${venture ?? null}::text)
    ORDER BY g.created_at DESC, g.id`;
  // Of one month alone nobody can say what is left: a group's budget is for all of them.
  return rows.map((row) => ({
    id: groupId(row.id),
    name: row.name,
    venture: row.venture,
    ...amountsOf(row, month === undefined ? amountOf(row.cap) : undefined),
  }));
}

/** @param besides what the cap is for too */
function amountsOf(row: AmountRow, cap: MicroUsd | undefined, besides = 0n): Amounts {
  const spent = microUsd(Number(row.spent));
  const reserved = microUsd(Number(row.reserved));
  const released = microUsd(Number(row.released));
  const writing = microUsd(Number(row.writing));
  const left =
    cap === undefined ? undefined : leftIn({ cap, spent: microUsd(spent + Number(besides)), reserved });
  return { orders: row.orders, spent, reserved, released, writing, cap, left };
}

export interface UnbalancedOrder {
  readonly jobId: string;
  /** What is wrong with its account, in words. */
  readonly problem: string;
}

/**
 * Orders whose account in the book does not say what their job says: there should be none. Each reserves once; one
 * that is over is settled or released, and one that isn't is neither, unless a person accepted its possible charge.
 */
export async function unbalancedOrders(queries: Queries): Promise<readonly UnbalancedOrder[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.$queryRaw<{ job_id: string; problem: string }[]>`
    SELECT job_id, problem FROM (
      SELECT coalesce(a.job_id, j.id) AS job_id,
        CASE
          WHEN j.id IS NULL AND a.ends > 0 THEN NULL
          WHEN j.id IS NULL THEN 'the order was removed, and its reservation is still open'
          WHEN a.job_id IS NULL OR a.reserves = 0 THEN 'nothing was reserved for it'
          WHEN a.reserved <> j.reserved_usd * 1000000 THEN 'another amount was reserved than the order says'
          WHEN a.months > 1 THEN 'its lines are in several months'
          WHEN a.ends > 1 THEN 'it is both settled and released'
          WHEN a.corrects > a.settles THEN 'it is corrected without being settled'
          WHEN a.spent < 0 THEN 'it cost less than nothing'
          WHEN is_over AND a.ends = 0 THEN 'it is over, and its reservation is still open'
          WHEN NOT is_over AND a.ends > a.settles THEN 'it is not over, and its reservation was released'
          WHEN NOT is_over AND a.settles > 0 AND j.claimed_at IS NULL THEN 'it was never sent, and is charged'
          -- The job's column has four decimals.
          WHEN is_over AND abs(a.spent - coalesce(j.generation_cost_usd, 0) * 1000000) > 50
            THEN 'another cost was charged than the order says'
        END AS problem
      FROM (
        SELECT job_id,
          count(*) FILTER (WHERE entry = 'reserve') AS reserves,
          count(*) FILTER (WHERE entry = 'settle') AS settles,
          count(*) FILTER (WHERE entry IN ('settle', 'release')) AS ends,
          count(*) FILTER (WHERE entry = 'correct') AS corrects,
          count(DISTINCT month) AS months,
          sum(amount_micro_usd) FILTER (WHERE entry = 'reserve') AS reserved,
          coalesce(sum(amount_micro_usd) FILTER (WHERE entry IN ('settle', 'correct')), 0) AS spent
        FROM budget_ledger GROUP BY job_id
      ) a
      FULL JOIN (
        SELECT *, job_status IN ('completed', 'failed', 'timeout') AS is_over FROM video_generation_jobs
      ) j ON j.id = a.job_id
    ) found
    WHERE problem IS NOT NULL
    ORDER BY job_id LIMIT 100`;
  return rows.map(({ job_id, problem }) => ({ jobId: job_id, problem }));
}
