/** Random numbers that are the same in every run, whatever runs beside: mulberry32 under one seed for each repetition. */
export interface Random {
  /** In (0, 1). */
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
}

export function seeded(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b9) | 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    poisson: (mean) => (mean < 30 ? fewPoisson(uniform, mean) : manyPoisson(uniform, mean)),
  };
}

function fewPoisson(uniform: () => number, mean: number): number {
  const least = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > least; count++) product *= uniform();
  return count;
}

/** Hoermann 1993, "The transformed rejection method for generating Poisson random variables", PTRS; exact. */
function manyPoisson(uniform: () => number, mean: number): number {
  const root = Math.sqrt(mean);
  const b = 0.931 + 2.53 * root;
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (left <= count * Math.log(mean) - mean - logFactorial(count)) return count;
  }
}

/** Stirling's series; for counts of 10 and more good to 1e-12. */
function logFactorial(count: number): number {
  if (count < 10) {
    let product = 1;
    for (let i = 2; i <= count; i++) product *= i;
    return Math.log(product);
  }
  const x = count + 1;
  return (
    (x - 0.5) * Math.log(x) -
    x +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * x) -
    1 / (360 * x ** 3) +
    1 / (1260 * x ** 5)
  );
}
