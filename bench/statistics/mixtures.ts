import { bestRho, logOneSidedMixture } from '../../analysis/normal-mixture.ts';
import { betaDistribution } from '../../analysis/special-functions/beta.ts';
import { gammaDistribution } from '../../analysis/special-functions/gamma.ts';
import { logGamma } from '../../analysis/special-functions/log-gamma.ts';

/** Conjugate mixtures of Howard, Ramdas, McAuliffe and Sekhon 2021 that the product does not need, as confseq has them. */
export type LogMixture = (s: number, v: number) => number;

/** One-sided mixtures are tuned as two-sided ones at twice the limit. */
function oneSidedRho(v: number, alpha: number): number {
  return bestRho(v, 2 * alpha);
}

/** For sums of increments bounded below by -c, of exponential tails (Proposition 9). */
export function gammaExponential(vBest: number, alpha: number, c: number): LogMixture {
  const rho = oneSidedRho(vBest, alpha) / (c * c);
  const constant = rho * Math.log(rho) - logGamma(rho) - Math.log(gammaDistribution(rho).lower(rho));
  return (s, v) => {
    const moved = (c * s + v) / (c * c);
    const shape = v / (c * c) + rho;
    return (
      constant +
      logGamma(shape) +
      Math.log(gammaDistribution(shape).lower(moved + rho)) -
      shape * Math.log(moved + rho) +
      moved
    );
  };
}

/** For centred Poisson-like sums (Proposition 10). */
export function gammaPoisson(vBest: number, alpha: number, c: number): LogMixture {
  const rho = oneSidedRho(vBest, alpha) / (c * c);
  const constant = rho * Math.log(rho) - logGamma(rho) - Math.log(gammaDistribution(rho).upper(rho));
  return (s, v) => {
    const scaled = v / (c * c) + rho;
    const shape = s / c + scaled;
    return (
      constant +
      logGamma(shape) +
      Math.log(gammaDistribution(shape).upper(scaled)) -
      shape * Math.log(scaled) +
      v / (c * c)
    );
  };
}

/** For sums of increments in [-g, h] (Propositions 7 and 8). */
export function betaBinomial(
  vBest: number,
  alpha: number,
  g: number,
  h: number,
  isOneSided: boolean,
): LogMixture {
  const rho = isOneSided ? oneSidedRho(vBest, alpha) : bestRho(vBest, alpha);
  const r = Math.max(rho - g * h, 1e-3 * g * h);
  const width = g + h;
  const upTo = isOneSided ? h / width : 1;
  const constant = logIncompleteBeta(r / (g * width), r / (h * width), upTo);
  return (s, v) =>
    (v / (g * h)) * Math.log(width) -
    ((v + h * s) / (h * width)) * Math.log(g) -
    ((v - g * s) / (g * width)) * Math.log(h) +
    logIncompleteBeta((r + v - g * s) / (g * width), (r + v + h * s) / (h * width), upTo) -
    constant;
}

/** s at which a mixture reaches 1 / alpha at variance v. */
export function boundOf(mixture: LogMixture, v: number, alpha: number, largest = 10 * v): number {
  let low = 0;
  let high = largest;
  while (high - low > 1e-10 * largest) {
    const middle = 0.5 * (low + high);
    if (mixture(middle, v) < -Math.log(alpha)) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

export function normalOneSided(vBest: number, alpha: number): LogMixture {
  const rho = oneSidedRho(vBest, alpha);
  return (s, v) => logOneSidedMixture(s, v, rho);
}

/** The proportions that can't be excluded after so many successes, at any time. */
export function bernoulliSequence(
  successes: number,
  trials: number,
  alpha: number,
  trialsBest: number,
  alphaBest: number,
): readonly [number, number] {
  const isExcluded = (p: number): boolean => {
    const variance = p * (1 - p);
    const mixture = betaBinomial(trialsBest * variance, alphaBest, p, 1 - p, false);
    return mixture(successes - trials * p, trials * variance) >= -Math.log(alpha);
  };
  const share = successes / trials;
  const edge = (outside: number): number => {
    const tiny = 1e-9;
    const end = Math.min(1 - tiny, Math.max(tiny, outside));
    if (!isExcluded(end)) return outside;
    let [inner, outer] = [Math.min(1 - tiny, Math.max(tiny, share)), end];
    while (Math.abs(outer - inner) > 1e-10) {
      const middle = 0.5 * (inner + outer);
      if (isExcluded(middle)) outer = middle;
      else inner = middle;
    }
    return 0.5 * (inner + outer);
  };
  return [edge(0), edge(1)];
}

function logIncompleteBeta(a: number, b: number, x: number): number {
  const whole = logGamma(a) + logGamma(b) - logGamma(a + b);
  return x === 1 ? whole : whole + Math.log(betaDistribution(a, b).lower(x));
}
