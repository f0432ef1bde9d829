/** An entry that must exist; one outside the array is a bug here, and shows itself as NaN at once. */
export function entry(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
