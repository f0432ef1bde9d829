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
  const told = new Map<string, string>();
  for (const { armId, platform, quantity, days } of series) {
    if (quantity !== 'conversions') continue;
    const key = placeOf({ armId, platform });
    for (const day of days) if (day > (told.get(key) ?? '')) told.set(key, day);
  }
  const untold = cells.filter((cell) => cell.exposures > 0 && cell.day > (told.get(placeOf(cell)) ?? ''));
  const places = new Map(
    untold.map(({ armId, platform }) => [placeOf({ armId, platform }), { armId, platform }]),
  );
  return [...places.values()].flatMap(({ armId, platform }): DataProblem[] => {
    const last = told.get(placeOf({ armId, platform })) ?? '';
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

function placeOf({ armId, platform }: Pick<Cell, 'armId' | 'platform'>): string {
  return `${armId}${SEPARATOR}${platform}`;
}

function sumOf(cells: readonly Cell[], field: 'exposures' | 'conversions'): number {
  return cells.reduce((sum, cell) => sum + cell[field], 0);
}
