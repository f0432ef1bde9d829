import { entry } from './special-functions/array-entry.ts';

/** The 15-point Kronrod rule and the 7-point Gauss rule inside it (QUADPACK, Piessens et al. 1983, QK15). */
const KRONROD_NODES = [
  0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945, 0.5860872354676911,
  0.4058451513773972, 0.20778495500789848,
];
const KRONROD_WEIGHTS = [
  0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592, 0.1690047266392679,
  0.19035057806478542, 0.20443294007529889,
];
const KRONROD_CENTRE = 0.20948214108472782;
/** Of the nodes above at odd places; the others are not in the Gauss rule. */
const GAUSS_WEIGHTS = [0, 0.1294849661688697, 0, 0.27970539148927664, 0, 0.3818300505051189, 0];
const GAUSS_CENTRE = 0.4179591836734694;

/** Halvings of one panel, and panels in all: a bound on the work when rounding, not curvature, is what is left. */
const DEEPEST = 24;
const MOST_PANELS = 3000;

/**
 * Integrates several functions of one variable at once, since ours share their costly part. Adaptive
 * Gauss-Kronrod: the integrands are smooth with a known place and width, and their ends have decayed, so
 * there are no end singularities for tanh-sinh to earn its extra nodes on.
 *
 * @param evaluate writes the integrands at x into `out`.
 * @param breakpoints ascending, at least two; a panel starts between each two. They should resolve the
 *   narrowest feature, since a peak between the nodes of a wide panel can't be seen.
 * @param tolerance absolute, of each integral on each panel.
 */
export function integrate(
  evaluate: (x: number, out: Float64Array) => void,
  count: number,
  breakpoints: readonly number[],
  tolerance: (index: number) => number,
): Float64Array {
  const totals = new Float64Array(count);
  const tolerances = Float64Array.from({ length: count }, (_, index) => tolerance(index));
  const rule = new PanelRule(evaluate, count, tolerances);
  for (let i = 1; i < breakpoints.length; i++) {
    addPanel(rule, entry(breakpoints, i - 1), entry(breakpoints, i), totals, 0);
  }
  return totals;
}

function addPanel(rule: PanelRule, from: number, to: number, totals: Float64Array, depth: number): void {
  if (rule.apply(from, to) || depth === DEEPEST || rule.applied > MOST_PANELS) {
    rule.addTo(totals);
    return;
  }
  const middle = 0.5 * (from + to);
  addPanel(rule, from, middle, totals, depth + 1);
  addPanel(rule, middle, to, totals, depth + 1);
}

/** Both rules on one panel; its buffers are reused from panel to panel. */
class PanelRule {
  applied = 0;
  private readonly kronrod: Float64Array;
  private readonly gauss: Float64Array;
  private readonly samples: Float64Array[];
  private readonly evaluate: (x: number, out: Float64Array) => void;
  private readonly tolerances: Float64Array;

  constructor(evaluate: (x: number, out: Float64Array) => void, count: number, tolerances: Float64Array) {
    this.evaluate = evaluate;
    this.tolerances = tolerances;
    this.kronrod = new Float64Array(count);
    this.gauss = new Float64Array(count);
    this.samples = Array.from({ length: 2 * KRONROD_NODES.length + 1 }, () => new Float64Array(count));
  }

  /** Whether every integral is within its tolerance on this panel. */
  apply(from: number, to: number): boolean {
    this.applied += 1;
    const { kronrod, gauss } = this;
    const centre = 0.5 * (from + to);
    const half = 0.5 * (to - from);
    kronrod.fill(0);
    gauss.fill(0);
    this.samples.forEach((sample, node) => {
      const side = node % 2 === 0 ? 1 : -1;
      const k = node >> 1;
      const isCentre = k === KRONROD_NODES.length;
      this.evaluate(isCentre ? centre : centre + side * half * entry(KRONROD_NODES, k), sample);
      const kronrodWeight = half * (isCentre ? KRONROD_CENTRE : entry(KRONROD_WEIGHTS, k));
      const gaussWeight = half * (isCentre ? GAUSS_CENTRE : entry(GAUSS_WEIGHTS, k));
      for (let i = 0; i < kronrod.length; i++) {
        const value = entry(sample, i);
        kronrod[i] = entry(kronrod, i) + kronrodWeight * value;
        gauss[i] = entry(gauss, i) + gaussWeight * value;
      }
    });
    return kronrod.every((value, i) => this.errorOf(i, value, half) <= entry(this.tolerances, i));
  }

  addTo(totals: Float64Array): void {
    for (let i = 0; i < totals.length; i++) totals[i] = entry(totals, i) + entry(this.kronrod, i);
  }

  /** QUADPACK's estimate: the rules' difference, sharpened where it is small against the integrand's variation. */
  private errorOf(i: number, value: number, half: number): number {
    const difference = Math.abs(value - entry(this.gauss, i));
    if (difference <= entry(this.tolerances, i)) return difference;
    const mean = value / (2 * half);
    const variation = this.samples.reduce((sum, sample, node) => {
      const k = node >> 1;
      const weight = k === KRONROD_NODES.length ? KRONROD_CENTRE : entry(KRONROD_WEIGHTS, k);
      return sum + half * weight * Math.abs(entry(sample, i) - mean);
    }, 0);
    // Below this the difference is rounding, and halving the panel can't improve it.
    if (difference <= 1e-14 * (variation + Math.abs(value))) return 0;
    return variation * Math.min(1, ((200 * difference) / variation) ** 1.5);
  }
}
