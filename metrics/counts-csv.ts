import { BadInput } from '../domain/errors.ts';
import { parseRecords } from './long-csv.ts';

/** One row of a counts file: a variant, platform and day. */
export interface CountsRow {
  readonly variant: string;
  readonly platform: string;
  readonly cell: string;
  readonly day: string;
  /** Of a mean: how many values. */
  readonly exposures: number;
  /** Of a mean: their sum. */
  readonly conversions: number;
  readonly sumOfSquares?: number;
}

export interface CountsFile {
  readonly rows: readonly CountsRow[];
  /** Whether it has the columns of a mean. */
  readonly isMean: boolean;
}

const PLACE = ['variant', 'platform', 'day'] as const;
const COUNTS = ['exposures', 'conversions'] as const;
const MEANS = ['n', 'sum', 'sum_of_squares'] as const;
const SHOWN_PROBLEMS = 20;

/**
 * Reads counts: `variant,platform,day,exposures,conversions` and optionally `cell`, or for a mean `n,sum,sum_of_squares`.
 * Numbers are taken as they are, negative ones and NaN too: what can't be is for the analysis to name.
 * @throws BadInput for a header that lacks a column, a row that isn't one, or a value that is no number
 */
export function readCountsCsv(text: string, fileName: string): CountsFile {
  const [first, ...others] = parseRecords(text);
  const header = (first?.fields ?? []).map((name) => name.toLowerCase());
  const isMean = header.includes('sum_of_squares');
  const needed = [...PLACE, ...(isMean ? MEANS : COUNTS)];
  const missing = needed.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new BadInput({
      code: 'CSV_COLUMNS_MISSING',
      given: `${fileName}: the header has ${header.length === 0 ? 'no columns' : header.join(', ')}; it lacks ${missing.join(', ')}`,
      allowed: `${[...PLACE, ...COUNTS].join(', ')} and cell; for a mean ${MEANS.join(', ')} instead of ${COUNTS.join(', ')}`,
      fix: 'put these names into the first line',
    });
  }
  const problems: string[] = [];
  const rows = others.flatMap(({ fields, line }): CountsRow[] => {
    const of = (column: string) => fields[header.indexOf(column)] ?? '';
    const place = `line ${line} (${PLACE.map(of).join(', ')})`;
    if (fields.length !== header.length) {
      problems.push(`line ${line}: ${fields.length} fields, and the header has ${header.length}`);
      return [];
    }
    const numbers = (isMean ? MEANS : COUNTS).map((column) => {
      const value = numberIn(of(column));
      if (value === undefined) problems.push(`${place}: "${of(column)}" is no number for ${column}`);
      return value ?? Number.NaN;
    });
    const empty = PLACE.filter((column) => of(column) === '');
    if (empty.length > 0) problems.push(`${place}: ${empty.join(' and ')} is empty`);
    const [exposures = Number.NaN, conversions = Number.NaN, sumOfSquares] = numbers;
    const row = {
      variant: of('variant'),
      platform: of('platform'),
      day: of('day'),
      cell: header.includes('cell') ? of('cell') : '',
      exposures,
      conversions,
    };
    return [sumOfSquares === undefined ? row : { ...row, sumOfSquares }];
  });
  if (problems.length > 0) {
    const more = problems.length > SHOWN_PROBLEMS ? [`  and ${problems.length - SHOWN_PROBLEMS} more`] : [];
    throw new BadInput({
      code: 'CSV_ROWS_INVALID',
      given: `${fileName}: these rows can't be used:\n${[...problems.slice(0, SHOWN_PROBLEMS).map((problem) => `  ${problem}`), ...more].join('\n')}`,
      allowed: 'plain numbers such as 1200 or 3.5, without thousands separators',
      fix: 'correct them; nothing was analysed',
    });
  }
  return { rows, isMean };
}

function numberIn(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
