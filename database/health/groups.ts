import type { Queries } from '../client.ts';

/** How many groups are in each status. */
export function readGroupCounts(queries: Queries): Promise<readonly { status: string; groups: number }[]> {
  return queries.$queryRaw<{ status: string; groups: number }[]>`
    SELECT test_status AS status, count(*)::int AS groups FROM variant_groups GROUP BY test_status ORDER BY 1`;
}
