import type { UpkeepFacts } from '../../domain/database-health.ts';
import type { Queries } from '../client.ts';

/** Smaller tables are read through anyway, whatever the planner believes of them. */
const FEW_ROWS = 50_000;

/**
 * Where autovacuum should long have been: it comes after a tenth of the rows has changed, or a fifth is dead. A
 * partitioned table it never analyses; a schedule does.
 */
export async function readUpkeep(queries: Queries): Promise<UpkeepFacts> {
  const rows = await queries.$queryRaw<{ table: string; is_analyzed: boolean; is_vacuumed: boolean }[]>`
    SELECT s.relname::text AS table,
      CASE c.relkind
        WHEN 'p' THEN coalesce(s.last_analyze > now() - interval '8 days', false) OR NOT EXISTS (
          SELECT FROM pg_partition_tree(c.oid) part JOIN pg_stat_user_tables p ON p.relid = part.relid
          WHERE part.isleaf AND p.n_live_tup > ${FEW_ROWS})
        ELSE s.n_mod_since_analyze <= ${FEW_ROWS} + 0.2 * s.n_live_tup
      END AS is_analyzed,
      s.n_dead_tup <= ${FEW_ROWS} + 0.4 * s.n_live_tup AS is_vacuumed
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
    WHERE s.schemaname IN ('public', 'screentest_partitions')
    ORDER BY s.relname`;
  return {
    notAnalyzed: rows.filter(({ is_analyzed }) => !is_analyzed).map(({ table }) => table),
    notVacuumed: rows.filter(({ is_vacuumed }) => !is_vacuumed).map(({ table }) => table),
  };
}
