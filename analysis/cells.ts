import type { DataProblem, DataProblemCode, MetricKind } from './verdict.ts';

/** One arm of a test. */
export interface Arm {
  readonly id: string;
  readonly name: string;
  /** What it was made with, by factor (hook, pacing); for the effects of factors. */
  readonly factors?: Readonly<Record<string, string>>;
}

/** As verdicts name an arm. */
export function named({ id, name }: Arm): { readonly variantId: string; readonly name: string } {
  return { variantId: id, name };
}

/** What one arm got in one stratum on one day. */
export interface Cell {
  readonly armId: string;
  readonly platform: string;
  /** The comparison cell inside the platform (ad set, market): something that arms share, so never an ad's own id. */
  readonly cell: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  /** Of a mean: how many values. */
  readonly exposures: number;
  /** Of a mean: their sum. May be fractional: some platforms report modelled conversions. */
  readonly conversions: number;
  /** Of a mean: the sum of their squares. */
  readonly sumOfSquares?: number;
}

export interface CheckedCells {
  /** Those without a fault. */
  readonly sound: readonly Cell[];
  readonly problems: readonly DataProblem[];
}

/** In no id or name that comes out of a database. */
export const SEPARATOR = '\u0000';

/** Everything that is wrong with single cells: with its arm, platform and day. */
export function checkCells(cells: readonly Cell[], arms: readonly Arm[], kind: MetricKind): CheckedCells {
  const names = new Map(arms.map(({ id, name }) => [id, name]));
  const sound: Cell[] = [];
  const problems: DataProblem[] = [];
  const seen = new Set<string>();
  const days = new Map<string, boolean>();
  for (const one of cells) {
    const { armId, platform, cell, day } = one;
    const isKnownDay = days.get(day) ?? isDay(day);
    days.set(day, isKnownDay);
    const key = `${platform}${SEPARATOR}${cell}${SEPARATOR}${armId}${SEPARATOR}${day}`;
    const isRepeated = seen.has(key);
    seen.add(key);
    if (
      !isRepeated &&
      isKnownDay &&
      names.has(armId) &&
      kind !== 'mean' &&
      isCount(one.exposures) &&
      isCount(one.conversions)
    ) {
      // Nearly all of them; there may be tens of thousands.
      sound.push(one);
      continue;
    }
    const faults = faultsOf(one, names.has(armId), isKnownDay, kind);
    if (isRepeated) faults.push({ code: 'duplicate_day', what: 'more than one row' });
    for (const { code, what } of faults) {
      const found = `${names.get(armId) ?? armId} on ${platform}, ${day}: ${what}`;
      problems.push({ code, found, variantId: armId, platform, cell, day });
    }
    if (faults.length === 0) sound.push(one);
  }
  return { sound, problems };
}

function faultsOf(
  { exposures, conversions, sumOfSquares = 0 }: Cell,
  isKnown: boolean,
  isKnownDay: boolean,
  kind: MetricKind,
): { code: DataProblemCode; what: string }[] {
  const faults: { code: DataProblemCode; what: string }[] = [];
  const bad = (what: string) => faults.push({ code: 'bad_count', what });
  if (!isKnown) faults.push({ code: 'unknown_arm', what: 'no such variant in this test' });
  if (!isKnownDay) faults.push({ code: 'bad_day', what: 'not a day of the form YYYY-MM-DD' });
  if (!isCount(exposures)) bad(`${exposures} exposures`);
  if (kind !== 'mean') {
    if (!isCount(conversions)) bad(`${conversions} conversions`);
    return faults;
  }
  if (!(Math.abs(conversions) <= LARGEST_COUNT)) bad(`a sum of ${conversions}`);
  if (!(sumOfSquares >= 0 && sumOfSquares <= LARGEST_COUNT ** 2)) bad(`a sum of squares of ${sumOfSquares}`);
  // Of n values the squares sum to at least the sum's square over n; a digit lost in the export is no fault.
  else if (sumOfSquares * exposures < conversions ** 2 * (1 - 1e-6)) {
    bad(`a sum of squares of ${sumOfSquares}, too small for ${exposures} values that sum to ${conversions}`);
  }
  return faults;
}

/** More than this is no count of people or views, and the posterior's precision is promised up to here. */
const LARGEST_COUNT = 1e12;

function isCount(value: number): boolean {
  return value >= 0 && value <= LARGEST_COUNT;
}

function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  const date = Number(day.slice(8));
  if (month < 1 || month > 12 || date < 1) return false;
  return date <= 28 || date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
