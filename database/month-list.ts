import type { Database } from './client.ts';

/** Where a month's rows are: in the live table, in the archive, there and in a file as well, or in a file alone. */
export type MonthPlace = 'attached' | 'archived' | 'exported' | 'dropped' | 'default';

export interface MonthPart {
  /** `2025-05`; `none` for the default partition, which should be empty. */
  readonly month: string;
  readonly table: string;
  readonly place: MonthPlace;
  readonly rows: number;
  /** With its indexes; of what was dropped, the file's. */
  readonly bytes: number;
  readonly detachedAt: Date | undefined;
  /** Where its file is. */
  readonly exportedTo: string | undefined;
  readonly sha256: string | undefined;
  readonly droppedAt: Date | undefined;
}

/** Every month that there is or was, the newest first. Counts every row. */
export async function listMonths(database: Database): Promise<readonly MonthPart[]> {
  const rows = await database.$queryRaw<MonthRow[]>`
    WITH parts AS (
      SELECT p.relname AS "table", p.relnamespace = 'archive'::regnamespace AS is_archived, c.oid,
        to_date(substring(c.relname FROM '[0-9]{4}_[0-9]{2}$'), 'YYYY_MM') AS month
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
      WHERE c.relkind = 'r' AND i.inhparent IN (
        'variant_performance'::regclass, 'metric_observations'::regclass,
        'archive.variant_performance'::regclass, 'archive.metric_observations'::regclass)
    ), counted AS (
      SELECT tableoid AS oid, count(*) AS rows FROM variant_performance GROUP BY tableoid
      UNION ALL SELECT tableoid, count(*) FROM metric_observations GROUP BY tableoid
      UNION ALL SELECT tableoid, count(*) FROM archive.variant_performance GROUP BY tableoid
      UNION ALL SELECT tableoid, count(*) FROM archive.metric_observations GROUP BY tableoid
    )
    SELECT coalesce(to_char(coalesce(parts.month, a.month), 'YYYY-MM'), 'none') AS month,
      coalesce(parts."table", a.table_name) AS "table",
      CASE
        WHEN a.dropped_at IS NOT NULL THEN 'dropped'
        WHEN a.exported_at IS NOT NULL THEN 'exported'
        WHEN parts.is_archived THEN 'archived'
        WHEN parts.month IS NULL THEN 'default'
        ELSE 'attached'
      END AS place,
      CASE WHEN a.dropped_at IS NULL THEN coalesce(counted.rows, 0) ELSE coalesce(a.exported_rows, 0) END AS rows,
      CASE WHEN a.dropped_at IS NULL THEN coalesce(pg_total_relation_size(parts.oid), 0) ELSE coalesce(a.export_bytes, 0) END
        AS bytes,
      a.detached_at AS "detachedAt", a.exported_to AS "exportedTo", a.export_sha256 AS sha256, a.dropped_at AS "droppedAt"
    FROM parts
    FULL JOIN archived_partitions a ON a.table_name = parts."table" AND a.month = parts.month
    LEFT JOIN counted ON counted.oid = parts.oid
    ORDER BY coalesce(parts.month, a.month) DESC NULLS FIRST, "table"`;
  return rows.map((row) => ({
    ...row,
    rows: Number(row.rows),
    bytes: Number(row.bytes),
    detachedAt: row.detachedAt ?? undefined,
    exportedTo: row.exportedTo ?? undefined,
    sha256: row.sha256 ?? undefined,
    droppedAt: row.droppedAt ?? undefined,
  }));
}

interface MonthRow {
  readonly month: string;
  readonly table: string;
  readonly place: MonthPlace;
  readonly rows: bigint;
  readonly bytes: bigint;
  readonly detachedAt: Date | null;
  readonly exportedTo: string | null;
  readonly sha256: string | null;
  readonly droppedAt: Date | null;
}
