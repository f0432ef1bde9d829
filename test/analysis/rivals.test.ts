import { describe, expect, test } from '@jest/globals';
import {
  bernoulliSequence,
  betaBinomial,
  boundOf,
  gammaExponential,
  gammaPoisson,
  normalOneSided,
} from '../../bench/statistics/mixtures.ts';
import {
  absoluteEffect,
  type Effect,
  fixedPower,
  fixedSampleSize,
  flatPrior,
  furtherSample,
  manyAgainstBaseline,
  normalLoss,
  relativeEffect,
  type Sample,
  sequentialInterval,
  sequentialOneSided,
  type Trials,
  twoProportions,
  welch,
} from '../../bench/statistics/rivals.ts';
import { referenceCase } from './reference-data.ts';

interface Case<Inputs, Expected, Tolerance = number> {
  id: string;
  inputs: Inputs & Record<string, unknown>;
  expected: Expected;
  tolerance: Tolerance;
}

interface Arm {
  n: number;
  sum: number;
  sum_squares?: number;
}

interface TwoArms {
  control: Arm;
  treatment: Arm;
  alpha: number;
  n_star: number;
}

function expectWithin(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}

function sampleOf({ n, sum, sum_squares }: Arm): Sample {
  return sum_squares === undefined ? { n, sum } : { n, sum, sumSquares: sum_squares };
}

function samplesOf({ control, treatment }: TwoArms): [Sample, Sample] {
  return [sampleOf(control), sampleOf(treatment)];
}

describe('what rivals compute is what their own tests expect', () => {
  test.each(['gb-bayes-binom', 'gb-bayes-mean-flat', 'ph-bayes-mean'])(
    'Bayesian under a flat prior: %s',
    (id) => {
      const { inputs, expected, tolerance } =
        referenceCase<
          Case<
            TwoArms,
            { expected: number; ci: number[]; stddev?: number; chance_to_win: number; risk?: number[] }
          >
        >(id);
      const effect = relativeEffect(...samplesOf(inputs));
      const { chanceToWin, interval, loss } = flatPrior(effect, inputs.alpha);
      expectWithin(
        [effect.effect, chanceToWin, ...interval],
        [expected.expected, expected.chance_to_win, ...expected.ci],
        tolerance,
      );
      if (expected.stddev !== undefined) expectWithin([effect.error], [expected.stddev], tolerance);
      if (expected.risk !== undefined) expectWithin(loss, expected.risk, tolerance);
    },
  );

  test.each(['gb-risk-closed-form', 'gb-risk-no-overflow'])('expected loss: %s', (id) => {
    const { inputs, expected, tolerance } =
      referenceCase<Case<{ mu: number; sigma: number }, { risk: number[] }>>(id);
    const { mu, sigma } = inputs;
    expectWithin([normalLoss(mu, sigma), normalLoss(-mu, sigma)], expected.risk, tolerance);
  });

  test.each(['gb-ttest-relative', 'gb-ttest-proportion', 'ph-ttest-mean'])("Welch's test: %s", (id) => {
    const { inputs, expected, tolerance } =
      referenceCase<Case<TwoArms, { expected: number; ci: number[]; p_value: number }>>(id);
    const [control, treatment] = samplesOf(inputs);
    const effect = relativeEffect(control, treatment);
    const { interval, pValue } = welch(control, treatment, effect, inputs.alpha);
    expectWithin(
      [effect.effect, pValue, ...interval],
      [expected.expected, expected.p_value, ...expected.ci],
      tolerance,
    );
  });

  test('one-sided Welch', () => {
    const { inputs, expected, tolerance } =
      referenceCase<Case<TwoArms, Record<string, number>>>('gb-onesided-abs');
    const [control, treatment] = samplesOf(inputs);
    const effect = absoluteEffect(control, treatment);
    const { oneSidedLow, oneSidedHigh, pGreater } = welch(control, treatment, effect, inputs.alpha);
    expectWithin(
      [effect.effect, effect.error, oneSidedLow, oneSidedHigh, pGreater, 1 - pGreater],
      ['expected', 'stddev', 'ci_lower', 'ci_upper', 'p_greater', 'p_lesser'].map(
        (name) => expected[name] ?? Number.NaN,
      ),
      tolerance,
    );
  });

  test("GrowthBook's sequential intervals", () => {
    const two =
      referenceCase<Case<TwoArms, { expected: number; ci: number[]; stddev: number }>>('gb-seq-mean');
    const users = two.inputs.control.n + two.inputs.treatment.n;
    const relative = relativeEffect(...samplesOf(two.inputs));
    const interval = sequentialInterval(relative, users, two.inputs.n_star, two.inputs.alpha);
    expectWithin(
      [relative.effect, relative.error, ...interval],
      [two.expected.expected, two.expected.stddev, ...two.expected.ci],
      two.tolerance,
    );
    const bySide: [string, (control: Sample, treatment: Sample) => Effect][] = [
      ['gb-seq-onesided-rel', relativeEffect],
      ['gb-seq-onesided-abs', absoluteEffect],
    ];
    for (const [id, effectOf] of bySide) {
      const one = referenceCase<Case<TwoArms, { ci_lower: number; ci_upper: number }>>(id);
      expectWithin(
        sequentialOneSided(effectOf(...samplesOf(one.inputs)), users, one.inputs.n_star, one.inputs.alpha),
        [one.expected.ci_lower, one.expected.ci_upper],
        one.tolerance,
      );
    }
  });

  test("GrowthBook's further sample, in its three ways", () => {
    const { inputs, expected, tolerance } =
      referenceCase<
        Case<
          TwoArms & {
            target_power: number;
            target_mde_relative: number;
            n_star_sequential: number;
            prior: { mean: number; variance: number };
          },
          { frequentist: number; sequential: number; bayesian: number }
        >
      >('gb-power-scaling');
    const effect = relativeEffect(...samplesOf(inputs));
    const further = (method: Parameters<typeof furtherSample>[5]) =>
      furtherSample(
        effect,
        inputs.control.n + inputs.treatment.n,
        inputs.target_mde_relative,
        inputs.target_power,
        inputs.alpha,
        method,
      );
    expectWithin(
      [further({}), further({ narrowestAt: inputs.n_star_sequential }), further({ prior: inputs.prior })],
      [expected.frequentist, expected.sequential, expected.bayesian],
      tolerance,
    );
  });

  test("Spotify's two proportions, power and sample size", () => {
    const two =
      referenceCase<
        Case<
          { control: Trials; treatment: Trials; alpha: number },
          { difference: number; ci: number[]; p_value: number }
        >
      >('sp-chi2-diff');
    const { difference, interval, pValue } = twoProportions(
      two.inputs.control,
      two.inputs.treatment,
      two.inputs.alpha,
    );
    expectWithin(
      [difference, pValue, ...interval],
      [two.expected.difference, two.expected.p_value, ...two.expected.ci],
      two.tolerance,
    );
    for (const id of ['sp-power-binomial', 'sp-power-continuous']) {
      const one =
        referenceCase<
          Case<{ mde: number; variance: number; alpha: number; n1: number; n2: number }, { power: number }>
        >(id);
      const { mde, variance, alpha, n1, n2 } = one.inputs;
      expectWithin([fixedPower(mde, variance, n1, n2, alpha)], [one.expected.power], one.tolerance);
    }
    const size =
      referenceCase<
        Case<{ mde: number; variance: number; alpha: number; power: number }, { n_total: number }>
      >('sp-ss-continuous');
    const { mde, variance, alpha, power } = size.inputs;
    expectWithin([fixedSampleSize(mde, variance, alpha, power)], [size.expected.n_total], size.tolerance);
  });

  test.each(['abba-large', 'abba-small'])('many variations against a baseline: %s', (id) => {
    const { inputs, expected, tolerance } =
      referenceCase<
        Case<
          { baseline: Trials; variation: Trials; num_comparisons: number; alpha: number },
          { p_value: number; baseline_ci?: number[] }
        >
      >(id);
    const { pValue, baselineInterval } = manyAgainstBaseline(
      inputs.baseline,
      inputs.variation,
      inputs.num_comparisons,
      inputs.alpha,
    );
    expectWithin([pValue], [expected.p_value], tolerance);
    if (expected.baseline_ci !== undefined) expectWithin(baselineInterval, expected.baseline_ci, tolerance);
  });
});

describe('mixtures are those of confseq', () => {
  interface Mixture {
    s: number;
    v: number;
    v_opt: number;
    c: number;
    g: number;
    h: number;
    alpha: number;
  }
  type Expected = { log_supermartingale: number; bound_at_v100: number };

  test.each([
    ['cs-gamma-exponential', ({ v_opt, alpha, c }: Mixture) => gammaExponential(v_opt, alpha, c)],
    ['cs-gamma-poisson', ({ v_opt, alpha, c }: Mixture) => gammaPoisson(v_opt, alpha, c)],
    ['cs-beta-binomial-2s', ({ v_opt, alpha, g, h }: Mixture) => betaBinomial(v_opt, alpha, g, h, false)],
    ['cs-beta-binomial-1s', ({ v_opt, alpha, g, h }: Mixture) => betaBinomial(v_opt, alpha, g, h, true)],
  ])('%s', (id, mixtureOf) => {
    const { inputs, expected, tolerance } = referenceCase<Case<Mixture, Expected>>(id);
    const mixture = mixtureOf(inputs);
    const largest = inputs.g === undefined ? undefined : inputs.v / inputs.g;
    expectWithin(
      [mixture(inputs.s, inputs.v), boundOf(mixture, inputs.v, inputs.alpha, largest)],
      [expected.log_supermartingale, expected.bound_at_v100],
      tolerance,
    );
  });

  test('the one-sided normal bound', () => {
    const { inputs, expected, tolerance } =
      referenceCase<Case<Mixture, { bound: number }>>('cs-normal-bound-1s');
    expectWithin(
      [boundOf(normalOneSided(inputs.v_opt, inputs.alpha), inputs.v, inputs.alpha)],
      [expected.bound],
      tolerance,
    );
  });

  test.each([
    'cs-bernoulli-2',
    'cs-bernoulli-4',
    'cs-bernoulli-5',
    'cs-bernoulli-6',
    'cs-bernoulli-7',
    'cs-bernoulli-8',
  ])('%s', (id) => {
    const { inputs, expected, tolerance } =
      referenceCase<
        Case<
          { successes: number; trials: number; alpha: number; t_opt: number; alpha_opt: number },
          { ci: number[] }
        >
      >(id);
    const { successes, trials, alpha, t_opt, alpha_opt } = inputs;
    expectWithin(bernoulliSequence(successes, trials, alpha, t_opt, alpha_opt), expected.ci, tolerance);
  });
});
