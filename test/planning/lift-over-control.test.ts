import { expect, test } from '@jest/globals';
import type { TestData } from '../../analysis/test-data.ts';
import { liftOver } from '../../planning/next/lift-over-control.ts';

/** Ten days of a thousand impressions each. */
function dataOf(daily: Readonly<Record<string, number>>): TestData {
  return {
    metric: { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' },
    arms: Object.keys(daily).map((id) => ({ id, name: id })),
    cells: Object.entries(daily).flatMap(([armId, conversions]) =>
      Array.from({ length: 10 }, (_, day) => ({
        armId,
        platform: 'tiktok',
        cell: '',
        day: `2026-05-${String(day + 1).padStart(2, '0')}`,
        exposures: 1000,
        conversions,
      })),
    ),
  };
}

test('the lift of one arm over the control is about theirs, whatever the others did', () => {
  const lift = liftOver(dataOf({ Control: 40, B: 60, C: 90 }), 'B', 'Control');
  expect(lift?.likeliest).toBeCloseTo(0.5, 2);
  expect(lift?.low).toBeGreaterThan(0.1);
  expect(lift?.high).toBeLessThan(1.1);
});

test('an arm that is worse has a lift below 0, with its ends in order', () => {
  const lift = liftOver(dataOf({ Control: 60, B: 40 }), 'B', 'Control');
  expect(lift?.likeliest).toBeCloseTo(-1 / 3, 2);
  expect(lift?.low).toBeLessThan(lift?.likeliest ?? 0);
  expect(lift?.high).toBeGreaterThan(lift?.likeliest ?? 0);
  expect(lift?.high).toBeLessThan(0);
});

test('the range is wider where the arm was one of many', () => {
  const alone = liftOver(dataOf({ Control: 40, B: 60 }), 'B', 'Control');
  const ofFive = liftOver(dataOf({ Control: 40, B: 60, C: 41, D: 40, E: 39 }), 'B', 'Control');
  expect(ofFive?.low).toBeLessThan(alone?.low ?? 0);
});

test('there is none where one of them was never shown', () => {
  const { cells, ...data } = dataOf({ Control: 40, B: 60 });
  expect(
    liftOver({ ...data, cells: cells.filter(({ armId }) => armId === 'B') }, 'B', 'Control'),
  ).toBeUndefined();
});
