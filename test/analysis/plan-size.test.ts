import { describe, expect, test } from '@jest/globals';
import { fixedHorizonConversions, mostArms, planSize, type SizeQuestion } from '../../analysis/plan-size.ts';

function question(changes: Partial<SizeQuestion> = {}): SizeQuestion {
  return {
    platforms: [{ name: 'tiktok', baselineRate: 0.01, usdPerThousand: 8 }],
    smallestLift: 0.2,
    arms: 2,
    method: 'anytime_counts',
    falseCallLimit: 0.05,
    power: 0.8,
    exposuresPerDay: null,
    ...changes,
  };
}

describe('planning a test', () => {
  test.each([
    [2, 0.1, 3300],
    [2, 0.2, 800],
    [5, 0.2, 1300],
    [10, 0.2, 1650],
  ])(
    '%d arms that differ by %d take at most the conversions that the method is held to',
    (arms, smallestLift, most) => {
      const { controlConversions } = planSize(question({ arms, smallestLift }));
      expect(controlConversions).toBeLessThanOrEqual(most);
      expect(controlConversions).toBeGreaterThan(fixedHorizonConversions(smallestLift, 0.05 / arms, 0.8));
    },
  );

  test('planned looks take little more than one look at the end, and about half of what any look costs', () => {
    const fixed = fixedHorizonConversions(0.1, 0.025, 0.8);
    expect(fixed).toBe(1650);
    const planned = planSize(question({ smallestLift: 0.1, method: 'planned_looks' })).controlConversions;
    expect(planned / fixed).toBeGreaterThan(1);
    expect(planned / fixed).toBeLessThan(1.1);
  });

  test('exposures, days and money follow from rate, price and traffic', () => {
    const size = planSize(question({ exposuresPerDay: 10_000 }));
    expect(size.exposuresPerArm).toBe(Math.ceil(size.controlConversions / 0.01));
    expect(size.exposures).toBe(2 * size.exposuresPerArm);
    expect(size.days).toBe(Math.ceil(size.exposures / 10_000));
    expect(size.mediaUsd).toBeCloseTo((size.exposures * 8) / 1000, 6);
    expect(planSize(question({ exposuresPerDay: 1e9 })).days).toBe(7);
  });

  test('platforms share the exposures, each at its rate and price; without a price there is no sum', () => {
    const platforms = [
      { name: 'tiktok', baselineRate: 0.01, usdPerThousand: 8 },
      { name: 'youtube', baselineRate: 0.03, usdPerThousand: 12 },
    ];
    const size = planSize(question({ platforms }));
    expect(size.exposuresPerArm).toBe(Math.ceil(size.controlConversions / 0.02));
    expect(size.perPlatform.map(({ exposures }) => exposures)).toEqual([
      size.exposures / 2,
      size.exposures / 2,
    ]);
    expect(size.mediaUsd).toBeCloseTo((size.exposures * 10) / 1000, 6);
    const unknown = platforms.map((platform) => ({ ...platform, usdPerThousand: null }));
    expect(planSize(question({ platforms: unknown })).mediaUsd).toBeNull();
    expect(mostArms(question({ platforms: unknown }), 1e9, 50)).toBe(0);
  });

  test('the most arms are those whose test the budget just pays', () => {
    const most = mostArms(question(), 8000, 12);
    const costOf = (arms: number) => planSize(question({ arms })).mediaUsd ?? 0;
    expect(costOf(most)).toBeLessThanOrEqual(8000);
    expect(costOf(most + 1)).toBeGreaterThan(8000);
    expect(mostArms(question(), 100, 50)).toBe(0);
    expect(mostArms(question(), 1e9, 4)).toBe(4);
  });
});
