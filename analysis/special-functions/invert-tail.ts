/** A tail of a distribution on a line where its density is log-concave, and the density there. */
export interface TailAt {
  readonly tail: number;
  readonly density: number;
}

/**
 * Solves tail(u) = probability for a tail that grows with u, by Newton's method on its logarithm: the tail of
 * a log-concave density is log-concave itself, so from the left that never overshoots. From the right it may
 * land where the tail underflows, so the root is kept bracketed and such a step is halved instead.
 * @param probability in (0, 1).
 * @param spread the standard deviation on that line, about; bounds a step.
 */
export function invertTail(
  tailAt: (u: number) => TailAt,
  probability: number,
  start: number,
  spread: number,
): number {
  const target = Math.log(probability);
  const longest = 8 * spread;
  let below = Number.NEGATIVE_INFINITY;
  let above = Number.POSITIVE_INFINITY;
  let u = start;
  for (let round = 0; round < 200; round++) {
    const { tail, density } = tailAt(u);
    const newton = ((target - Math.log(tail)) * tail) / density;
    if (Math.abs(newton) <= 4e-16 * Math.abs(u) || Math.abs(newton) <= 1e-13 * spread) return u + newton;
    const isBelow = tail < probability;
    if (isBelow) below = u;
    else above = u;
    const next = u + (Math.abs(newton) <= longest ? newton : isBelow ? longest : -longest);
    u = next > below && next < above ? next : 0.5 * (below + above);
  }
  return u;
}
