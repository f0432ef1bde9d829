import type { IndexFacts } from '../../domain/database-health.ts';
import type { Queries } from '../client.ts';

/**
 * Indexes that no query has used. Those that keep a rule (unique, primary) are needed whether they are read or not;
 * the uses of a partitioned one are those of all its parts.
 */
export async function readIndexes(queries: Queries): Promise<IndexFacts> {
  const unused = await queries.$queryRaw<{ table: string; index: string; bytes: bigint }[]>`
    SELECT root_table.relname::text AS table, root_index.relname::text AS index,
      sum(pg_relation_size(s.indexrelid))::bigint AS bytes
    FROM pg_stat_user_indexes s
    JOIN pg_index x ON x.indexrelid = s.indexrelid AND NOT x.indisunique AND NOT x.indisexclusion
    JOIN pg_class root_index ON root_index.oid = coalesce(pg_partition_root(s.indexrelid)::oid, s.indexrelid)
    JOIN pg_class root_table ON root_table.oid = coalesce(pg_partition_root(s.relid)::oid, s.relid)
    WHERE root_table.relnamespace = 'public'::regnamespace
    GROUP BY root_table.relname, root_index.relname
    HAVING sum(s.idx_scan) = 0
    ORDER BY bytes DESC, index LIMIT 50`;
  // A migration makes indexes, whose uses are counted since then.
  const [counted] = await queries.$queryRaw<{ since: Date | null }[]>`
    SELECT greatest(
      (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
      (SELECT max(finished_at) FROM _prisma_migrations)) AS since`;
  return {
    countedSince: counted?.since ?? undefined,
    unused: unused.map((row) => ({ ...row, bytes: Number(row.bytes) })),
  };
}
