import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import { type MicroUsd, microUsd } from '../domain/money.ts';
import type { Queries } from './client.ts';
import { storable } from './json.ts';

/** The budget's book: what was reserved, charged and given back, line by line; nothing in it is ever changed. */

/** An order as the book knows it. */
export interface Reservation {
  readonly id: JobId;
  readonly groupId: GroupId;
  readonly reserved: MicroUsd;
}

/** One line of the budget's book; each kind once a job, so that a repetition changes nothing. */
export async function enter(
  tx: Queries,
  order: Pick<Reservation, 'id' | 'groupId'>,
  entry: 'reserve' | 'settle' | 'release',
  amount: MicroUsd,
  note?: string,
): Promise<void> {
  const now = new Date();
  await tx.budgetLedgerEntry.createMany({
    data: [
      {
        variantGroupId: order.groupId,
        jobId: order.id,
        entry,
        amountMicroUsd: amount,
        month: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)),
        note: note === undefined ? null : storable(note),
      },
    ],
    skipDuplicates: true,
  });
}

/** What was reserved is free again: the order was not charged. */
export async function release(tx: Queries, order: Reservation, note: string): Promise<void> {
  await enter(tx, order, 'release', order.reserved, note);
}

/** The whole reservation counts as charged. */
export async function charge(tx: Queries, order: Reservation, note: string): Promise<void> {
  await enter(tx, order, 'settle', order.reserved, note);
}

/** Whether the book says that the order was charged. */
export async function isCharged(queries: Queries, id: JobId): Promise<boolean> {
  return (await queries.budgetLedgerEntry.count({ where: { jobId: id, entry: 'settle' } })) > 0;
}

export interface Spend {
  readonly spent: MicroUsd;
  /** Reserved by orders that are neither charged nor released yet. */
  readonly reserved: MicroUsd;
  /** Nobody knows whether the newest order of one of its files was charged. */
  readonly isHeld: boolean;
  /** How many lines of the book say so. The book only grows: of two answers the one with more lines is the newer. */
  readonly bookLines: number;
}

/** By variant id, the orders of all its files together; a variant without an order is missing. */
export async function spendByVariant(queries: Queries, group: GroupId): Promise<ReadonlyMap<string, Spend>> {
  const rows = await queries.$queryRaw<
    { variant: string; spent: bigint; reserved: bigint; is_held: boolean; book_lines: number }[]
  >`
    SELECT variant, coalesce(sum(settled), 0)::bigint AS spent,
      coalesce(sum(opened) FILTER (WHERE settled IS NULL AND released IS NULL), 0)::bigint AS reserved,
      bool_or(is_newest AND submission_state = 'held') AS is_held,
      sum(lines)::int AS book_lines
    FROM (
      SELECT j.video_variant_id AS variant, j.submission_state, count(*) AS lines,
        j.ordinal = max(j.ordinal) OVER (PARTITION BY j.video_variant_id, j.rendition) AS is_newest,
        sum(l.amount_micro_usd) FILTER (WHERE l.entry = 'reserve') AS opened,
        sum(l.amount_micro_usd) FILTER (WHERE l.entry = 'settle') AS settled,
        sum(l.amount_micro_usd) FILTER (WHERE l.entry = 'release') AS released
      FROM budget_ledger l JOIN video_generation_jobs j ON j.id = l.job_id
      WHERE l.variant_group_id = ${group}::uuid
      GROUP BY j.id
    ) job
    GROUP BY variant`;
  return new Map(
    rows.map(({ variant, spent, reserved, is_held, book_lines }) => [
      variant,
      {
        spent: microUsd(Number(spent)),
        reserved: microUsd(Number(reserved)),
        isHeld: is_held,
        bookLines: book_lines,
      },
    ]),
  );
}

export const NO_SPEND: Spend = { spent: microUsd(0), reserved: microUsd(0), isHeld: false, bookLines: 0 };

/** All the orders of one variant together. */
export async function spendOf(queries: Queries, group: GroupId, variant: VariantId): Promise<Spend> {
  return (await spendByVariant(queries, group)).get(variant) ?? NO_SPEND;
}
