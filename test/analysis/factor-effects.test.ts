import { describe, expect, test } from '@jest/globals';
import { factorEffects, type MeasuredArm } from '../../analysis/factor-effects.ts';
import { seededRandom } from './reference-data.ts';

function measured(factors: Record<string, string>, rate: number, conversions = 400): MeasuredArm {
  const exposures = Math.round(conversions / rate);
  const id = JSON.stringify(factors) + String(rate);
  return {
    arm: { id, name: id, factors },
    rate,
    variance: (rate * (1 - rate)) / exposures,
    exposures,
    conversions,
  };
}

/** Two videos of each of four combinations; `lift` on question hooks, `spread` between videos that no factor names. */
function design(lift: number, spread: readonly number[]): MeasuredArm[] {
  const combinations = ['scene', 'question'].flatMap((hook) =>
    ['steady', 'fast'].flatMap((pacing) => [1, 2].map(() => ({ hook, pacing }))),
  );
  return combinations.map((factors, i) =>
    measured(factors, 0.02 * (factors.hook === 'question' ? 1 + lift : 1) * Math.exp(spread[i] ?? 0), 5000),
  );
}

describe('effects of factors', () => {
  test('a hook that lifts all its videos alike is found, the pacing that does nothing is not', () => {
    const [hook, pacing] = factorEffects(design(0.5, [0.02, -0.02, 0.01, -0.01, 0, 0.02, -0.02, 0.01]));
    expect(hook).toMatchObject({
      kind: 'estimated',
      factor: 'hook',
      level: 'question',
      against: 'scene',
      videos: 4,
    });
    if (hook?.kind !== 'estimated' || pacing?.kind !== 'estimated') throw new Error('not estimated');
    expect(hook.lift).toBeCloseTo(0.5, 1);
    expect(hook.low).toBeGreaterThan(0.3);
    expect(hook.adjustedPValue).toBeLessThan(0.001);
    expect(pacing.pValue).toBeGreaterThan(0.1);
  });

  test('videos that differ by themselves make no factor significant, however many conversions they have', () => {
    const random = seededRandom(3);
    let significant = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      // About normal, with a spread of 20% between videos.
      const spread = Array.from(
        { length: 8 },
        () => 0.2 * (random() + random() + random() + random() - 2) * Math.sqrt(3),
      );
      const [hook] = factorEffects(design(0, spread));
      if (hook?.kind === 'estimated' && hook.pValue < 0.05) significant += 1;
    }
    expect(significant / runs).toBeLessThan(0.1);
    expect(significant).toBeGreaterThan(0);
  });

  test('a level that only one video has can not be told from that video', () => {
    const effects = factorEffects([
      measured({ hook: 'scene' }, 0.02),
      measured({ hook: 'scene' }, 0.021),
      measured({ hook: 'question' }, 0.04),
    ]);
    expect(effects).toEqual([
      {
        factor: 'hook',
        level: 'question',
        against: 'scene',
        videos: 1,
        kind: 'not_separable',
        because: 'one_video',
        with: [],
      },
    ]);
  });

  test('levels that always come together are named, each with the other', () => {
    const effects = factorEffects([
      measured({ hook: 'scene', pacing: 'steady' }, 0.02),
      measured({ hook: 'scene', pacing: 'steady' }, 0.021),
      measured({ hook: 'question', pacing: 'fast' }, 0.03),
      measured({ hook: 'question', pacing: 'fast' }, 0.031),
    ]);
    expect(effects).toMatchObject([
      { kind: 'not_separable', because: 'aliased', with: ['pacing: fast'] },
      { kind: 'not_separable', because: 'aliased', with: ['hook: question'] },
    ]);
  });

  test('as many levels as videos leave nothing to judge by', () => {
    expect(factorEffects([measured({ hook: 'a' }, 0.02), measured({ hook: 'b' }, 0.03)])).toMatchObject([
      { because: 'one_video' },
    ]);
    expect(factorEffects([])).toEqual([]);
    const full = factorEffects([
      measured({ hook: 'a', pacing: 'x' }, 0.02),
      measured({ hook: 'a', pacing: 'y' }, 0.02),
      measured({ hook: 'b', pacing: 'x' }, 0.03),
      measured({ hook: 'b', pacing: 'z' }, 0.03),
    ]);
    expect(full[0]).toMatchObject({ factor: 'hook', because: 'too_few_videos' });
  });

  test('sparse counts widen the interval', () => {
    const arms = (conversions: number) =>
      ['scene', 'scene', 'question', 'question'].map((hook, i) =>
        measured({ hook }, 0.01 * (1 + 0.01 * i), conversions),
      );
    const [few] = factorEffects(arms(4));
    const [many] = factorEffects(arms(4000));
    if (few?.kind !== 'estimated' || many?.kind !== 'estimated') throw new Error('not estimated');
    expect(few.high ?? 0).toBeGreaterThan(2 * (many.high ?? 0));
    expect(few.low).toBeLessThan(many.low);
  });
});
