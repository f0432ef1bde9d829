import type { Queries } from '../client.ts';
import { IS_OURS } from '../own-tables.ts';

interface ForeignKey {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  /** The pairs that must be equal, as SQL. */
  readonly match: string;
  readonly given: string;
}

/**
 * Rows whose key leads nowhere: constraints keep them out, but for what was restored or loaded with constraints off.
 * @returns a line for each key that is broken, with how often
 */
export async function orphans(queries: Queries): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const { name, source, target, match, given } of await foreignKeys(queries)) {
    const [row] = await queries.$queryRawUnsafe<{ orphans: bigint }[]>(
      `SELECT count(*) AS orphans FROM ${source} s WHERE ${given} AND NOT EXISTS (SELECT FROM ${target} t WHERE ${match})`,
    );
    const count = row?.orphans ?? 0n;
    if (count > 0n)
      broken.push(`${count} rows of ${source} name a row of ${target} that is not there (${name})`);
  }
  return broken;
}

/** Of our tables, and of others that point at ours. A partition's are its parent's. */
function foreignKeys(queries: Queries): Promise<ForeignKey[]> {
  return queries.$queryRawUnsafe<ForeignKey[]>(`
    SELECT k.conname AS name, k.conrelid::regclass::text AS source, k.confrelid::regclass::text AS target,
      string_agg(format('s.%I = t.%I', a.attname, b.attname), ' AND ') AS match,
      string_agg(format('s.%I IS NOT NULL', a.attname), ' AND ') AS given
    FROM pg_constraint k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (source, target)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.source
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.target
    WHERE k.contype = 'f' AND k.conparentid = 0 AND EXISTS (
      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid IN (k.conrelid, k.confrelid) AND ${IS_OURS})
    GROUP BY k.oid
    ORDER BY 2, 1`);
}
