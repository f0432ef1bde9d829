import { parse } from 'csv-parse/sync';
import type { Observation } from '../database/metric-ingest.ts';
import { BadInput } from '../domain/errors.ts';
import type { VariantId } from '../domain/ids.ts';
import { type ClosedMonths, readMetricRow } from '../domain/metric-range.ts';

const REQUIRED_COLUMNS = ['variant', 'platform', 'metric', 'value', 'recorded_at'] as const;
const COLUMNS = [...REQUIRED_COLUMNS, 'ad', 'ad_set', 'market'] as const;
/** Characters that the database keeps of a name. */
const LONGEST = { ad: 255, ad_set: 255, market: 100 } as const;

const SHOWN_PROBLEMS = 20;

export interface ReadCsv {
  readonly observations: readonly Observation[];
  /** Rows that can't be used, by line number, and why. */
  readonly problems: readonly string[];
}

/**
 * Reads the long form, a number a row: `variant,platform,metric,value,recorded_at` and optionally `ad`, `ad_set` and
 * `market`.
 * `recorded_at` is the end of the interval the value was counted in: an instant with its offset, or a plain
 * date for the whole of that day in UTC.
 * @throws BadInput when the header lacks a column or the file isn't CSV; bad rows are listed, not thrown.
 */
export function readLongCsv(
  text: string,
  variants: ReadonlyMap<string, VariantId>,
  now: Date,
  closed: ClosedMonths = new Set(),
): ReadCsv {
  const lines = parseLines(text);
  const observations: Observation[] = [];
  const problems: string[] = [];
  const seen = new Map<string, number>();
  for (const { record, number, hasTooMany } of lines) {
    const row = hasTooMany
      ? 'it has more fields than the header; a value with a comma in it needs quotes'
      : readRow(record, variants, now, closed);
    if (typeof row === 'string') {
      problems.push(`line ${number}: ${row}`);
      continue;
    }
    const { variantId, platform, ad, adSet, market, metric, recordedAt } = row;
    const key = JSON.stringify([variantId, platform, ad, adSet, market, metric, recordedAt]);
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      problems.push(
        `line ${number}: the same variant, platform, metric, ad, place and time as line ${earlier}`,
      );
      continue;
    }
    seen.set(key, number);
    observations.push(row);
  }
  return { observations, problems };
}

/** The first of the problems, and how to go on; used where bad rows stop the import. */
export function badRows(fileName: string, { problems, observations }: ReadCsv): BadInput {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `  ${problem}`);
  const more = problems.length > SHOWN_PROBLEMS ? [`  and ${problems.length - SHOWN_PROBLEMS} more`] : [];
  const rows = problems.length + observations.length;
  return new BadInput({
    code: 'CSV_ROWS_INVALID',
    given: `${fileName}: ${problems.length} of ${rows} rows can't be used:\n${[...shown, ...more].join('\n')}`,
    fix: 'correct them, or add --skip-bad to import the others; nothing was written',
  });
}

interface Line {
  /** The fields by the header's names, in lower case. */
  readonly record: Readonly<Record<string, string>>;
  readonly number: number;
  /** More of them than the header has names: an unquoted comma in a value. */
  readonly hasTooMany: boolean;
}

function parseLines(text: string): readonly Line[] {
  const [first, ...others] = parseRecords(text);
  const header = (first?.fields ?? []).map((name) => name.toLowerCase());
  const missing = REQUIRED_COLUMNS.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new BadInput({
      code: 'CSV_COLUMNS_MISSING',
      given: `The file's header has ${header.length === 0 ? 'no columns' : header.join(', ')}; it lacks ${missing.join(', ')}`,
      allowed: COLUMNS.join(', '),
      fix: 'put these names into the first line',
    });
  }
  return others.map(({ fields, line }) => ({
    record: Object.fromEntries(header.map((name, at) => [name, fields[at] ?? ''])),
    number: line,
    hasTooMany: fields.length > header.length,
  }));
}

/** One record of a CSV file and the line that it ends on. */
export interface Parsed {
  readonly fields: readonly string[];
  readonly line: number;
}

/** All records, the header's too. @throws BadInput when the file isn't CSV */
export function parseRecords(text: string): readonly Parsed[] {
  const records: Parsed[] = [];
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      trim: true,
      relax_column_count: true,
      on_record: (fields, { lines }) => {
        records.push({ fields, line: lines });
        return null;
      },
    });
    return records;
  } catch (cause) {
    throw new BadInput({
      code: 'CSV_UNREADABLE',
      given: `The file is not CSV as it should be: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
}

/** The observation; or why the row can't be one. */
function readRow(
  record: Readonly<Record<string, string>>,
  variants: ReadonlyMap<string, VariantId>,
  now: Date,
  closed: ClosedMonths,
): Observation | string {
  const { variant = '', platform = '', metric = '', value = '', ad = '', market = '' } = record;
  const variantId = variants.get(variant);
  if (variantId === undefined) {
    return `there is no variant "${variant}"; known are ${[...variants.keys()].join(', ')}`;
  }
  const recordedAt = endOfInterval(record.recorded_at ?? '');
  // Whatever else is wrong is told before a time that can't be read.
  const row = readMetricRow({ platform, metric, value, recordedAt: recordedAt ?? now }, now, closed);
  if (typeof row === 'string') return row;
  if (recordedAt === undefined) {
    return `"${record.recorded_at ?? ''}" is not a time; allowed is a date such as 2026-05-01 or an instant with its offset such as 2026-05-01T24:00:00Z`;
  }
  for (const column of ['ad', 'ad_set', 'market'] as const) {
    const length = record[column]?.length ?? 0;
    if (length > LONGEST[column]) {
      return `its ${column} has ${length} characters; allowed are up to ${LONGEST[column]}`;
    }
  }
  return { ...row, variantId, ad, adSet: record.ad_set ?? '', market };
}

function endOfInterval(text: string): Date | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const day = isoInstant(`${text}T00:00:00.000Z`);
    return day === undefined ? undefined : new Date(day.getTime() + 86_400_000);
  }
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text)
    ? isoInstant(text)
    : undefined;
}

/** Undefined for a day that does not exist, which JavaScript would quietly move to the next month. */
function isoInstant(text: string): Date | undefined {
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime())) return undefined;
  const dayGiven = new Date(`${text.slice(0, 10)}T00:00:00.000Z`);
  if (Number.isNaN(dayGiven.getTime()) || dayGiven.toISOString().slice(0, 10) !== text.slice(0, 10))
    return undefined;
  return instant;
}
