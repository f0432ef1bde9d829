import { type Cell, SEPARATOR } from './cells.ts';
import type { Series } from './observations.ts';
import type { DataProblem } from './verdict.ts';

/** With so many to be expected, none at all comes in one of 20,000 times: rather the platform has not told them yet. */
const TELLING_CONVERSIONS = 10;

/**
 * A problem for each arm that was shown on a platform after the last day of which its conversions were told, be it as 0,
 * while the others' were: taken for none they would make winners of the others.
 */
export function lateConversions(
  series: readonly Series[],
  cells: readonly Cell[],
  nameOf: (armId: string) => string,
): readonly DataProblem[] {
  const told = lastDays(series, 'conversions');
  const places = [...lastDays(series, 'exposures')].flatMap(([key, { armId, platform, day }]) => {
    const last = told.get(key)?.day ?? '';
    return day > last ? [{ armId, platform, last }] : [];
  });
  return places.flatMap(({ armId, platform, last }): DataProblem[] => {
    const after = cells.filter((cell) => cell.platform === platform && cell.day > last);
    const own = after.filter((cell) => cell.armId === armId);
    const others = after.filter((cell) => cell.armId !== armId);
    const rate = sumOf(others, 'conversions') / Math.max(1, sumOf(others, 'exposures'));
    const expected = rate * sumOf(own, 'exposures');
    if (expected < TELLING_CONVERSIONS) return [];
    const day = own.map((cell) => cell.day).sort()[0] ?? '';
    const found = `${nameOf(armId)} on ${platform}, from ${day}: no conversions are told, not even 0, where about ${Math.round(expected)} were to be expected`;
    return [{ code: 'late_conversions', found, variantId: armId, platform, day }];
  });
}

/** Of each arm on each platform. */
function lastDays(series: readonly Series[], quantity: Series['quantity']) {
  const last = new Map<string, { armId: string; platform: string; day: string }>();
  for (const { armId, platform, days, ...one } of series) {
    if (one.quantity !== quantity) continue;
    const key = `${armId}${SEPARATOR}${platform}`;
    for (const day of days) {
      if (day > (last.get(key)?.day ?? '')) last.set(key, { armId, platform, day });
    }
  }
  return last;
}

function sumOf(cells: readonly Cell[], field: 'exposures' | 'conversions'): number {
  return cells.reduce((sum, cell) => sum + cell[field], 0);
}
