import { expect, test } from '@jest/globals';
import { plannedTest } from '../../planning/planned-test.ts';
import { briefWith } from '../domain/example-brief.ts';

test('a media budget tells so many variants apart; without one nothing is known', () => {
  const media = { budgetUsd: 1000, usdPerThousandImpressions: 8, baselineRate: 0.02 };
  const planned = plannedTest(briefWith({ variants: 6, media, decision: { smallestLift: 0.3 } }));
  expect(planned).toMatchObject({ variants: 6, smallestLift: 0.3, budgetUsd: 1000 });
  expect(planned?.size.mediaUsd).toBeGreaterThan(1000);
  expect(planned?.mostVariants).toBeLessThan(6);
  expect(planned?.mostVariants).toBeGreaterThanOrEqual(2);
  expect(plannedTest(briefWith({ variants: 6 }))).toBeUndefined();
});
