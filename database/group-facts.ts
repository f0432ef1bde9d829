import type { GroupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';

/** What the database has of a group, counted: what a repair changes shows in it. */
export interface GroupFacts {
  /** `nothing` for a group without a row. */
  readonly status: string;
  readonly outcome: string | undefined;
  readonly winner: string | undefined;
  readonly variants: number;
  readonly variantsWithVideo: number;
  readonly orders: number;
  /** Orders whose job at the provider is known. */
  readonly jobsKnown: number;
  readonly ordersOpen: number;
  readonly bookLines: number;
  readonly spentMicroUsd: number;
  readonly reservedMicroUsd: number;
  readonly files: number;
  readonly analyses: number;
  readonly events: number;
}

export async function readGroupFacts(queries: Queries, group: GroupId): Promise<GroupFacts> {
  const [row] = await queries.$queryRaw<
    {
      status: string | null;
      outcome: string | null;
      winner: string | null;
      variants: number;
      with_video: number;
      files: number;
      book_lines: number;
      spent: bigint;
      reserved: bigint;
      analyses: number;
      events: number;
    }[]
  >`
    SELECT g.test_status AS status, g.outcome, w.variant_name AS winner,
      (SELECT count(*)::int FROM video_variants WHERE variant_group_id = asked.id) AS variants,
      (SELECT count(*)::int FROM video_variants WHERE variant_group_id = asked.id
        AND generation_status IN ('completed', 'manual')) AS with_video,
      (SELECT count(*)::int FROM variant_renditions r JOIN video_variants v ON v.id = r.video_variant_id
        WHERE v.variant_group_id = asked.id) AS files,
      (SELECT count(*)::int FROM budget_ledger WHERE variant_group_id = asked.id) AS book_lines,
      (SELECT coalesce(sum(spent_micro_usd), 0)::bigint FROM generation_spend
        WHERE variant_group_id = asked.id) AS spent,
      (SELECT coalesce(sum(reserved_micro_usd), 0)::bigint FROM generation_spend
        WHERE variant_group_id = asked.id) AS reserved,
      (SELECT count(*)::int FROM analysis_snapshots WHERE variant_group_id = asked.id) AS analyses,
      (SELECT count(*)::int FROM group_events WHERE variant_group_id = asked.id) AS events
    FROM (SELECT ${group}::uuid AS id) asked
    LEFT JOIN variant_groups g ON g.id = asked.id
    LEFT JOIN video_variants w ON w.id = g.winner_variant_id`;
  if (row === undefined) throw new TypeError(`no facts of ${group}`);
  return {
    status: row.status ?? 'nothing',
    outcome: row.outcome ?? undefined,
    winner: row.winner ?? undefined,
    variants: row.variants,
    variantsWithVideo: row.with_video,
    ...(await readOrderFacts(queries, group)),
    bookLines: row.book_lines,
    spentMicroUsd: Number(row.spent),
    reservedMicroUsd: Number(row.reserved),
    files: row.files,
    analyses: row.analyses,
    events: row.events,
  };
}

async function readOrderFacts(
  queries: Queries,
  group: GroupId,
): Promise<Pick<GroupFacts, 'orders' | 'jobsKnown' | 'ordersOpen'>> {
  if (!(await hasJobTable(queries))) return { orders: 0, jobsKnown: 0, ordersOpen: 0 };
  const [row] = await queries.$queryRaw<{ orders: number; jobs: number; open: number }[]>`
    SELECT count(*)::int AS orders, count(sora_job_id)::int AS jobs,
      (count(*) FILTER (WHERE job_status IN ('pending', 'submitted', 'processing')))::int AS open
    FROM video_generation_jobs j JOIN video_variants v ON v.id = j.video_variant_id
    WHERE v.variant_group_id = ${group}::uuid`;
  return { orders: row?.orders ?? 0, jobsKnown: row?.jobs ?? 0, ordersOpen: row?.open ?? 0 };
}
