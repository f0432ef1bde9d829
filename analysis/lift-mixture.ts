import type { LiftLikelihood, LikelihoodAt } from './lift-likelihood.ts';
import { entry } from './special-functions/array-entry.ts';

/**
 * Evidence on two arms that may be looked at as often as one likes. Each E is a mixture of likelihood ratios over log
 * lifts of one sign; without a difference it passes 1/a, ever, with probability a at most (Ville's inequality).
 */
export interface LiftEvidence {
  /** log E that the first arm is better; large where "no better in any stratum" can't be held. */
  readonly logEBetter: number;
  /** log E that it is worse. */
  readonly logEWorse: number;
}

/** Where the integrand is exp of this of its largest value, it has ended. */
const NEGLIGIBLE = -36;

/** The 20-point Gauss-Legendre rule on [-1, 1], positive half. */
const NODES = [
  0.07652652113349734, 0.22778585114164507, 0.37370608871541955, 0.5108670019508271, 0.636053680726515,
  0.7463319064601508, 0.8391169718222188, 0.912234428251326, 0.9639719272779138, 0.9931285991850949,
];
const WEIGHTS = [
  0.15275338713072584, 0.14917298647260374, 0.14209610931838204, 0.13168863844917664, 0.11819453196151841,
  0.10193011981724044, 0.08327674157670475, 0.06267204833410907, 0.04060142980038694, 0.017614007139152118,
];

/**
 * log of the integral of exp(l(t)) over log lifts t > 0, weighed by a half-normal density of this scale (and the
 * same for t < 0). Integrated about the integrand's own mode, which at 1e8 conversions is a thousand times
 * narrower than the density: nodes fixed to the density would not see it.
 * @param scale of the log lifts looked for, > 0
 */
export function liftEvidence(likelihood: LiftLikelihood, scale: number): LiftEvidence {
  if (likelihood.conversions === 0) return { logEBetter: 0, logEWorse: 0 };
  return {
    logEBetter: logHalfMixture(likelihood, scale, 1),
    logEWorse: logHalfMixture(likelihood, scale, -1),
  };
}

function logHalfMixture(likelihood: LiftLikelihood, scale: number, sign: 1 | -1): number {
  const precision = 1 / (scale * scale);
  const out: LikelihoodAt = { value: 0, slope: 0, curvature: 0 };
  /** The integrand's logarithm along the half line, without the density's constant. */
  const at = (t: number): LikelihoodAt => {
    likelihood.at(sign * t, out);
    out.value -= 0.5 * precision * t * t;
    out.slope = sign * out.slope - precision * t;
    out.curvature -= precision;
    return out;
  };
  const mode = modeOf(at, scale);
  const { value: top, curvature, slope } = at(mode);
  const width = 1 / Math.max(Math.sqrt(-curvature), -slope / 3);
  const right = endOf(at, mode, top, width, 1);
  const left = endOf(at, mode, top, width, -1);
  const total = panel(at, top, mode, right) + panel(at, top, left, mode);
  return top + Math.log(total) + 0.5 * Math.log((2 * precision) / Math.PI);
}

/** Where the concave function is largest on t >= 0. */
function modeOf(at: (t: number) => LikelihoodAt, scale: number): number {
  if (at(0).slope <= 0) return 0;
  let below = 0;
  let above = Number.POSITIVE_INFINITY;
  let t = 0;
  for (let round = 0; round < 100; round++) {
    const { slope, curvature } = at(t);
    if (slope > 0) below = t;
    else above = t;
    const step = -slope / curvature;
    // Half a standard deviation's hundredth is as good as the mode itself: the rule only needs its place.
    if (step * step * -curvature < 1e-6) return Math.max(0, t + step);
    const next = t + Math.max(-scale, Math.min(scale, step));
    t =
      next > below && next < above ? next : above < Number.POSITIVE_INFINITY ? 0.5 * (below + above) : 2 * t;
  }
  return t;
}

/** Where the integrand has ended on one side of its mode, not before 0. */
function endOf(
  at: (t: number) => LikelihoodAt,
  mode: number,
  top: number,
  width: number,
  side: 1 | -1,
): number {
  let distance = 8.5 * width;
  for (let round = 0; round < 60; round++) {
    const t = mode + side * distance;
    if (t <= 0) {
      if (mode === 0) return 0;
      return 0;
    }
    const drop = at(t).value - top;
    if (drop > NEGLIGIBLE) distance *= 1.5;
    else if (drop < 6 * NEGLIGIBLE) distance *= 0.6;
    else return t;
  }
  return Math.max(0, mode + side * distance);
}

function panel(at: (t: number) => LikelihoodAt, top: number, from: number, to: number): number {
  const centre = 0.5 * (from + to);
  const half = 0.5 * (to - from);
  if (half <= 0) return 0;
  let sum = 0;
  for (let k = 0; k < NODES.length; k++) {
    const offset = half * entry(NODES, k);
    sum +=
      entry(WEIGHTS, k) *
      (Math.exp(at(centre + offset).value - top) + Math.exp(at(centre - offset).value - top));
  }
  return half * sum;
}

/** The log lifts that can't be excluded at any look; an end that nothing bounds is infinite. */
export interface LiftInterval {
  readonly low: number;
  readonly high: number;
}

/** Beyond a factor of exp(this) an end counts as unbounded. */
const UNBOUNDED = 12;

/**
 * The confidence sequence of a log lift that all strata share (Robbins 1970): all t whose likelihood is not 1/alpha
 * times below the two-sided mixture, which is the mean of the two one-sided ones. It covers the true
 * lift at all looks together with probability 1 - alpha.
 */
export function liftInterval(
  likelihood: LiftLikelihood,
  { logEBetter, logEWorse }: LiftEvidence,
  alpha: number,
): LiftInterval {
  const larger = Math.max(logEBetter, logEWorse);
  const logMixture = larger + Math.log(0.5 * (Math.exp(logEBetter - larger) + Math.exp(logEWorse - larger)));
  const level = logMixture + Math.log(alpha);
  return { low: -endAt(likelihood, level, -1), high: endAt(likelihood, level, 1) };
}

/** The most probable log lift; infinite where one arm has no conversion. */
export function likeliestLift(likelihood: LiftLikelihood): number {
  const { own, conversions, score } = likelihood;
  if (conversions === 0) return 0;
  if (own <= 0) return Number.NEGATIVE_INFINITY;
  if (own >= conversions) return Number.POSITIVE_INFINITY;
  const out: LikelihoodAt = { value: 0, slope: 0, curvature: 0 };
  const side = score >= 0 ? 1 : -1;
  let below = 0;
  let above = Number.POSITIVE_INFINITY;
  let t = 0;
  for (let round = 0; round < 200; round++) {
    const { slope, curvature } = likelihood.at(side * t, out);
    if (side * slope > 0) below = t;
    else above = t;
    const step = (-side * slope) / curvature;
    if (Math.abs(step) <= 1e-12 + 1e-10 * t || above - below < 1e-12) return side * t;
    // No step longer than 1: far out the curvature is gone.
    const next = t + Math.max(-1, Math.min(1, step));
    t = next > below && next < above ? next : 0.5 * (below + Math.min(above, below + 2));
  }
  return side * t;
}

/** How far out on one side the likelihood falls to the level; infinite where it does not. */
function endAt(likelihood: LiftLikelihood, level: number, side: 1 | -1): number {
  if (likelihood.conversions === 0) return Number.POSITIVE_INFINITY;
  const out: LikelihoodAt = { value: 0, slope: 0, curvature: 0 };
  const at = (t: number) => likelihood.at(side * t, out);
  const likeliest = side * likeliestLift(likelihood);
  if (likeliest === Number.POSITIVE_INFINITY) return likeliest;
  let inside = Math.max(likeliest, -UNBOUNDED);
  const { value: top, curvature } = at(inside);
  let outside = inside + Math.sqrt(Math.max(1, 2 * (top - level)) / Math.max(-curvature, 1e-3));
  while (at(outside).value > level) {
    if (outside > UNBOUNDED) return Number.POSITIVE_INFINITY;
    [inside, outside] = [outside, outside + 2 * (outside - inside)];
  }
  let t = outside;
  for (let round = 0; round < 100; round++) {
    const { value, slope } = at(t);
    if (value > level) inside = t;
    else outside = t;
    const next = t - (value - level) / (side * slope);
    const isNewton = next > inside && next < outside;
    if (outside - inside < 1e-10 || (isNewton && Math.abs(next - t) < 1e-10)) return isNewton ? next : t;
    t = isNewton ? next : 0.5 * (inside + outside);
  }
  return t;
}
