import type { OrderFacts } from '../../domain/database-health.ts';
import { fromUsd, microUsd } from '../../domain/money.ts';
import type { Queries } from '../client.ts';
import { hasJobTable } from '../job-table.ts';

interface OrderRow {
  readonly open: number;
  readonly open_usd: number;
  readonly held: number;
  readonly held_usd: number;
  readonly overdue: number;
  readonly overdue_usd: number;
  readonly first_overdue: string | null;
}

const NONE = { count: 0, reserved: microUsd(0) };

/**
 * Orders that are not over, and money of this month. An order is overdue a quarter of an hour after its job's deadline,
 * or after the deadline for sending it, or when it has waited a day for its turn: all of these should have ended it.
 */
export async function readOrders(queries: Queries): Promise<OrderFacts> {
  if (!(await hasJobTable(queries))) {
    return { open: NONE, held: NONE, overdue: { ...NONE, first: undefined }, thisMonth: [] };
  }
  const [row] = await queries.$queryRaw<OrderRow[]>`
    SELECT count(*)::int AS open, coalesce(sum(reserved_usd), 0)::float8 AS open_usd,
      (count(*) FILTER (WHERE submission_state = 'held'))::int AS held,
      coalesce(sum(reserved_usd) FILTER (WHERE submission_state = 'held'), 0)::float8 AS held_usd,
      (count(*) FILTER (WHERE is_overdue))::int AS overdue,
      coalesce(sum(reserved_usd) FILTER (WHERE is_overdue), 0)::float8 AS overdue_usd,
      (min(id::text) FILTER (WHERE is_overdue)) AS first_overdue
    FROM (
      SELECT id, reserved_usd, submission_state, coalesce(CASE submission_state
        WHEN 'accepted' THEN job_deadline < now() - interval '15 minutes'
        WHEN 'claimed' THEN submit_deadline < now() - interval '15 minutes'
        WHEN 'reserved' THEN created_at < now() - interval '1 day'
      END, false) AS is_overdue
      FROM video_generation_jobs WHERE job_status IN ('pending', 'submitted', 'processing')
    ) job`;
  const book = await queries.$queryRaw<{ entry: string; amount: bigint }[]>`
    SELECT entry, sum(amount_micro_usd)::bigint AS amount FROM budget_ledger
    WHERE month = date_trunc('month', now() AT TIME ZONE 'UTC')::date GROUP BY entry ORDER BY entry`;
  return {
    open: { count: row?.open ?? 0, reserved: fromUsd(row?.open_usd ?? 0) },
    held: { count: row?.held ?? 0, reserved: fromUsd(row?.held_usd ?? 0) },
    overdue: {
      count: row?.overdue ?? 0,
      reserved: fromUsd(row?.overdue_usd ?? 0),
      first: row?.first_overdue ?? undefined,
    },
    thisMonth: book.map(({ entry, amount }) => ({ entry, amount: microUsd(Number(amount)) })),
  };
}
