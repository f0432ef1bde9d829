/** Holm's adjusted p-values: the chance that any of those called is false stays below the limit. In the order given. */
export function holm(pValues: readonly number[]): readonly number[] {
  return adjusted(pValues, (rank, count) => count - rank, 'ascending');
}

/** Benjamini and Hochberg's: of those called, the expected share that is false stays below the limit. For exploring, not for deciding. */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  return adjusted(pValues, (rank, count) => count / (rank + 1), 'descending');
}

/** Multiplies each by its rank's factor and keeps the order of the results that of the p-values. */
function adjusted(
  pValues: readonly number[],
  factor: (rank: number, count: number) => number,
  direction: 'ascending' | 'descending',
): readonly number[] {
  const ranked = pValues.map((p, index) => ({ p, index })).sort((one, other) => one.p - other.p);
  const results = new Array<number>(pValues.length).fill(1);
  const steps = ranked.map(({ p, index }, rank) => ({
    index,
    value: Math.min(1, p * factor(rank, pValues.length)),
  }));
  if (direction === 'descending') steps.reverse();
  let last = direction === 'ascending' ? 0 : 1;
  for (const { index, value } of steps) {
    last = direction === 'ascending' ? Math.max(last, value) : Math.min(last, value);
    results[index] = last;
  }
  return results;
}
