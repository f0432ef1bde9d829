import { formatMonth, monthOf } from '../domain/budget.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { ClosedMonths } from '../domain/metric-range.ts';
import type { Queries } from './client.ts';

/** Months that left the live tables take no more rows. Whoever writes a month and whoever moves it exclude each other. */

/** Any number of ours: the first half of an advisory lock's key, whose second half is the month as 202505. */
const MONTH_LOCKS = 72_707_370;

/** Such as `2025-05`. */
export async function closedMonths(queries: Queries): Promise<ClosedMonths> {
  const rows = await queries.$queryRaw<{ month: Date }[]>`SELECT DISTINCT month FROM archived_partitions`;
  return new Set(rows.map(({ month }) => formatMonth(month)));
}

/**
 * In the transaction that writes rows of these instants: until it ends, their months stay where they are.
 * @throws PreconditionFailed MONTH_ARCHIVED when one has left already
 */
export async function keepMonthsOpen(tx: Queries, instants: readonly Date[]): Promise<void> {
  const numbers = [...new Set(instants.map(monthNumber))].toSorted((a, b) => a - b);
  await tx.$executeRaw`
    SELECT pg_advisory_xact_lock_shared(${MONTH_LOCKS}::int, number) FROM unnest(${numbers}::int[]) AS number`;
  const closed = await closedMonths(tx);
  const months = [...new Set(instants.map((instant) => formatMonth(monthOf(instant))))].toSorted();
  const archived = months.filter((month) => closed.has(month));
  if (archived.length === 0) return;
  throw new PreconditionFailed({
    code: 'MONTH_ARCHIVED',
    given: `The rows are partly of ${archived.join(', ')}, which ${archived.length === 1 ? 'is' : 'are'} archived`,
    allowed: 'rows of months that are not: `screentest db partitions` shows which',
    fix: 'leave them out (--skip-bad does): what is archived stays as it was when its campaigns were over',
  });
}

/** In the transaction that moves a month: nobody writes it meanwhile. Waits for those who do. */
export async function lockMonth(tx: Queries, month: Date): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${MONTH_LOCKS}::int, ${monthNumber(month)}::int)`;
}

function monthNumber(instant: Date): number {
  return instant.getUTCFullYear() * 100 + instant.getUTCMonth() + 1;
}
