import { readFileSync } from 'node:fs';

/** Taken once: Jest's module contexts look a global up slowly, and the simulation does it millions of times. */
const { cos, imul, log, PI, sqrt } = Math;

/** A file of `test/data/stats`; the caller says what is in it. */
export function referenceData<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../data/stats/${name}`, import.meta.url), 'utf8'));
}

interface Case {
  readonly id: string;
  readonly inputs: Record<string, unknown>;
}

/** One case of `cases.json`. */
export function referenceCase<T extends Case>(id: string): T {
  const found = referenceData<{ cases: T[] }>('cases.json').cases.find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`cases.json has no case ${id}`);
  return found;
}

/** The larger of the relative errors; 0 against 0 is none. */
export function relativeError(actual: number, expected: number): number {
  return expected === 0 ? Math.abs(actual) : Math.abs(actual / expected - 1);
}

/** Uniform numbers in (0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** A Beta variate for whole or half shapes, as a ratio of gammas (Marsaglia and Tsang 2000). */
export function randomBeta(random: () => number, a: number, b: number): number {
  const x = randomGamma(random, a);
  return x / (x + randomGamma(random, b));
}

function randomGamma(random: () => number, shape: number): number {
  if (shape < 1) return randomGamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / sqrt(9 * d);
  for (;;) {
    const normal = sqrt(-2 * log(random())) * cos(2 * PI * random());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && log(random()) < 0.5 * normal * normal + d - d * v + d * log(v)) return d * v;
  }
}
