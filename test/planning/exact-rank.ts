/** Of a matrix of whole numbers, over a large prime field: exact where floating point would have to guess. */
export function exactRank(columns: readonly (readonly number[])[]): number {
  const vectors = columns.map((column) => column.map((value) => reduce(BigInt(value))));
  let rank = 0;
  const length = vectors[0]?.length ?? 0;
  for (let row = 0; row < length; row++) {
    const pivot = vectors.findIndex((vector, i) => i >= rank && vector[row] !== 0n);
    if (pivot < 0) continue;
    const [chosen = [], first = []] = [vectors[pivot], vectors[rank]];
    vectors[pivot] = first;
    vectors[rank] = chosen;
    const inverse = power(chosen[row] ?? 1n, PRIME - 2n);
    for (let i = rank + 1; i < vectors.length; i++) {
      const factor = reduce((vectors[i]?.[row] ?? 0n) * inverse);
      vectors[i] = (vectors[i] ?? []).map((value, k) => reduce(value - factor * (chosen[k] ?? 0n)));
    }
    rank += 1;
  }
  return rank;
}

const PRIME = 1_000_000_007n;

function reduce(value: bigint): bigint {
  return ((value % PRIME) + PRIME) % PRIME;
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power(base, exponent / 2n);
  return reduce(half * half * (exponent % 2n === 1n ? base : 1n));
}
