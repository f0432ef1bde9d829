import { asymptoticWidth } from './normal-mixture.ts';
import type { RatePosterior } from './posterior.ts';
import { logistic } from './special-functions/beta.ts';
import { logGamma } from './special-functions/log-gamma.ts';

/** Counts at which the interval of a rate or mean is narrowest. */
const NARROWEST_AT = 1000;

/**
 * The proportions that can't be excluded at any look: those whose likelihood is not 1/alpha times below its mixture over
 * Jeffreys' prior, which is where posterior over prior density exceeds alpha. Exact for one stratum; for several
 * the conversions and others are those of the Beta that stands for their standardised rate.
 */
export function proportionSequence(
  conversions: number,
  others: number,
  alpha: number,
): readonly [number, number] {
  const level =
    logGamma(conversions + 0.5) +
    logGamma(others + 0.5) -
    logGamma(conversions + others + 1) -
    Math.log(Math.PI) +
    Math.log(alpha);
  /** Log likelihood less the level, and its slope, at a logit. */
  const at = (u: number) => {
    const value = -conversions * softplus(-u) - others * softplus(u) - level;
    return { value, slope: conversions * logistic(-u) - others * logistic(u) };
  };
  const low = conversions > 0 ? logistic(-edge((v) => mirrored(at(-v)), start(others, conversions))) : 0;
  const high = others > 0 ? logistic(edge(at, start(conversions, others))) : 1;
  return [low, high];
}

/** The interval of a rate or a mean by the asymptotic confidence sequence; `count` is the conversions or values it rests on. */
export function asymptoticSequence(
  { mean, variance }: Pick<RatePosterior, 'mean' | 'variance'>,
  count: number,
  alpha: number,
): readonly [number, number] {
  const half = asymptoticWidth(Math.max(1, count), NARROWEST_AT, alpha) * Math.sqrt(variance);
  return [mean - half, mean + half];
}

interface Slope {
  readonly value: number;
  readonly slope: number;
}

function mirrored({ value, slope }: Slope): Slope {
  return { value, slope: -slope };
}

/** The mode's logit; a point before it where the mode is at the end of the line. */
function start(conversions: number, others: number): number {
  return Math.log(Math.max(conversions, 1e-6) / Math.max(others, 1e-6));
}

/** Where a concave function that is positive at `from` falls through 0, to the right of it. */
function edge(at: (u: number) => Slope, from: number): number {
  let inside = from;
  let step = 0.5;
  let outside = from + step;
  while (at(outside).value > 0 && step < 1e6) {
    inside = outside;
    step *= 2;
    outside += step;
  }
  let u = outside;
  for (let round = 0; round < 100; round++) {
    const { value, slope } = at(u);
    if (value > 0) inside = u;
    else outside = u;
    const next = u - value / slope;
    const isInside = next > inside && next < outside;
    if (outside - inside < 1e-12 || (isInside && Math.abs(next - u) < 1e-12)) return isInside ? next : u;
    u = isInside ? next : 0.5 * (inside + outside);
  }
  return u;
}

/** log(1 + exp(u)) */
function softplus(u: number): number {
  return Math.max(0, u) + Math.log1p(Math.exp(-Math.abs(u)));
}
