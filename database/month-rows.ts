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

const ROWS_A_PAGE = 5000;

export type TextRow = readonly (string | null)[];

/**
 * An archived month's rows as text, the names of the columns first, a page at a time and always in the same order. Each
 * page is a query of its own: no transaction stays open for as long as a file is written.
 */
export async function* rowsOfArchivedMonth(
  database: Database,
  table: MetricTable,
  month: Date,
): AsyncGenerator<readonly TextRow[]> {
  const columns = COLUMNS[table];
  yield [columns];
  const list = columns.map((column) => `${column}::text`).join(', ');
  let last = { id: '00000000-0000-0000-0000-000000000000', recordedAt: '-infinity' };
  for (;;) {
    const rows = await database.$queryRawUnsafe<Record<string, string | null>[]>(
      `SELECT ${list} FROM archive.${partitionOf(table, month)} part
       WHERE (id, recorded_at) > ($1::uuid, $2::timestamptz) ORDER BY part.id, part.recorded_at LIMIT ${ROWS_A_PAGE}`,
      last.id,
      last.recordedAt,
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    yield rows.map((row) => columns.map((column) => row[column] ?? null));
    last = { id: end.id ?? '', recordedAt: end.recorded_at ?? '' };
  }
}
