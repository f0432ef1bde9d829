import { entry } from './special-functions/array-entry.ts';
import { normalUpper, normalUpperQuantile } from './special-functions/normal.ts';

/**
 * Tests at looks that were planned before the data: between them nothing is declared, and the false-call limit is
 * spent over them by the information that each has. Scores are followed as a Brownian motion B(t) = z sqrt(t).
 */

/** Simpson's rule on panels no wider than one look's standard deviation, within these numbers. */
const MOST_PANELS = 250;
const FEWEST_PANELS = 40;
const FURTHEST = 8;
/** Two looks with less new information than this between them are one. */
const LEAST_STEP = 1e-4;

/**
 * Upper z-values at the looks, of Lan and DeMets' spending function of O'Brien-Fleming type (1983):
 * 2 - 2 Phi(z(alpha / 2) / sqrt t), for one-sided alpha.
 * @param fractions of the planned information at each look, ascending, in (0, 1]
 */
export function obrienFlemingBounds(fractions: readonly number[], alpha: number): readonly number[] {
  const bounds: number[] = [];
  let spent = 0;
  let density: Density | undefined;
  let before = 0;
  for (const fraction of fractions) {
    if (fraction - before < LEAST_STEP) {
      bounds.push(Number.POSITIVE_INFINITY);
      continue;
    }
    const toSpend = spentBy(fraction, alpha) - spent;
    const step = fraction - before;
    const bound = boundThatSpends(density, step, fraction, toSpend);
    bounds.push(bound);
    spent += toSpend;
    density = continued(density, step, fraction, bound, 0);
    before = fraction;
  }
  return bounds;
}

/**
 * Probability to have passed the bounds by each look, under a drift (the expected z at the full information).
 * Looks whose bound is infinite are passed over.
 */
export function crossingProbabilities(
  fractions: readonly number[],
  bounds: readonly number[],
  drift: number,
): readonly number[] {
  let density: Density | undefined;
  let before = 0;
  let crossed = 0;
  return fractions.map((fraction, look) => {
    const bound = entry(bounds, look);
    if (fraction - before < LEAST_STEP) return crossed;
    const step = fraction - before;
    const level = bound * Math.sqrt(fraction);
    crossed += beyond(density, step, level, drift);
    density = continued(density, step, fraction, bound, drift);
    before = fraction;
    return Math.min(1, crossed);
  });
}

function spentBy(fraction: number, alpha: number): number {
  if (fraction >= 1) return alpha;
  return Math.min(alpha, 2 * normalUpper(normalUpperQuantile(alpha / 2) / Math.sqrt(fraction)));
}

/** Of the paths that have not crossed, at nodes with quadrature weights inside. */
interface Density {
  readonly at: Float64Array;
  readonly mass: Float64Array;
}

function beyond(density: Density | undefined, step: number, level: number, drift: number): number {
  if (level === Number.POSITIVE_INFINITY) return 0;
  const deviation = Math.sqrt(step);
  if (density === undefined) return normalUpper((level - drift * step) / deviation);
  let sum = 0;
  for (let i = 0; i < density.at.length; i++) {
    sum += entry(density.mass, i) * normalUpper((level - entry(density.at, i) - drift * step) / deviation);
  }
  return sum;
}

function boundThatSpends(
  density: Density | undefined,
  step: number,
  fraction: number,
  toSpend: number,
): number {
  if (!(toSpend > 1e-300)) return Number.POSITIVE_INFINITY;
  const root = Math.sqrt(fraction);
  let low = -FURTHEST;
  let high = 40;
  for (let round = 0; round < 80 && high - low > 1e-10; round++) {
    const middle = 0.5 * (low + high);
    if (beyond(density, step, middle * root, 0) > toSpend) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

function continued(
  density: Density | undefined,
  step: number,
  fraction: number,
  bound: number,
  drift: number,
): Density {
  const root = Math.sqrt(fraction);
  const centre = drift * fraction;
  const from = centre - FURTHEST * root;
  const to = Math.min(bound * root, centre + FURTHEST * root);
  const deviation = Math.sqrt(step);
  if (to <= from) return { at: new Float64Array(0), mass: new Float64Array(0) };
  const panels = Math.min(MOST_PANELS, Math.max(FEWEST_PANELS, Math.ceil((to - from) / deviation)));
  const width = (to - from) / (2 * panels);
  const at = Float64Array.from({ length: 2 * panels + 1 }, (_, i) => from + width * i);
  const constant = width / (3 * deviation * Math.sqrt(2 * Math.PI));
  const mass = at.map((b, i) => {
    const weight = constant * simpsonWeight(i, 2 * panels);
    if (density === undefined) return weight * Math.exp(-0.5 * ((b - drift * step) / deviation) ** 2);
    // Only nodes within this look's reach of b add anything.
    const gap = entry(density.at, 1) - entry(density.at, 0);
    const nearest = (b - drift * step - entry(density.at, 0)) / gap;
    const reach = (FURTHEST * deviation) / gap;
    const last = Math.min(density.at.length - 1, Math.floor(nearest + reach));
    let sum = 0;
    for (let j = Math.max(0, Math.ceil(nearest - reach)); j <= last; j++) {
      const distance = ((nearest - j) * gap) / deviation;
      sum += entry(density.mass, j) * Math.exp(-0.5 * distance * distance);
    }
    return weight * sum;
  });
  return { at, mass };
}

function simpsonWeight(index: number, last: number): number {
  if (index === 0 || index === last) return 1;
  return index % 2 === 1 ? 4 : 2;
}
