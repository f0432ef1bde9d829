import type { Database } from './client.ts';
import { type MetricTable, partitionOf } from './month-archive.ts';

/** Who wrote a row is left out: a file that is kept for ever names no person. */
const COLUMNS: Readonly<Record<MetricTable, readonly string[]>> = {
  variant_performance: [
    'id',
    'video_variant_id',
    'platform',
    'metric_name',
    'metric_value',
    'metric_unit',
    'recorded_at',
    'data_source',
    'notes',
    'created_at',
  ],
  metric_observations: [
    'id',
    'publication_id',
    'metric_name',
    'recorded_at',
    'interval_start',
    'attribution_window',
    'value',
    'currency',
    'is_cumulative',
    'import_id',
    'created_at',
    'updated_at',
  ],
};

const ROWS_A_PAGE = 10_000;

export interface CsvPage {
  /** Lines of CSV, each with its end. */
  readonly text: string;
  readonly rows: number;
}

/**
 * An archived month's rows as Postgres' COPY reads them (what is null is nothing at all, an empty text is quoted), the
 * header first, a page at a time and always in the same order. Postgres writes the lines, so that the driver has no
 * million values to make. Each page is a query of its own: no transaction stays open for as long as a file is written.
 */
export async function* csvOfArchivedMonth(
  database: Database,
  table: MetricTable,
  month: Date,
): AsyncGenerator<CsvPage> {
  const columns = COLUMNS[table];
  yield { text: `${columns.join(',')}\n`, rows: 0 };
  const line = columns.map((column) => csvField(`part.${column}::text`)).join(" || ',' || ");
  let last = { id: '00000000-0000-0000-0000-000000000000', at: '-infinity' };
  for (;;) {
    const [page] = await database.$queryRawUnsafe<(CsvPage & { last_id: string; last_at: string })[]>(
      `SELECT string_agg(line || chr(10), '' ORDER BY id, recorded_at) AS text, count(*)::int AS rows,
         (array_agg(id::text ORDER BY id DESC, recorded_at DESC))[1] AS last_id,
         (array_agg(recorded_at::text ORDER BY id DESC, recorded_at DESC))[1] AS last_at
       FROM (
         SELECT part.id, part.recorded_at, ${line} AS line FROM archive.${partitionOf(table, month)} part
         WHERE (part.id, part.recorded_at) > ($1::uuid, $2::timestamptz)
         ORDER BY part.id, part.recorded_at LIMIT ${ROWS_A_PAGE}
       ) page`,
      last.id,
      last.at,
    );
    if (page === undefined || page.rows === 0) return;
    yield { text: page.text, rows: page.rows };
    last = { id: page.last_id, at: page.last_at };
  }
}

function csvField(value: string): string {
  return `CASE WHEN ${value} IS NULL THEN '' WHEN ${value} = '' OR ${value} ~ '[",\\n\\r]'
    THEN '"' || replace(${value}, '"', '""') || '"' ELSE ${value} END`;
}
