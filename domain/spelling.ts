/** More changes than these, and it is another word. */
const MOST_CHANGES = 2;

/** Of the known words, the one that a misspelt word most likely means; undefined where none is close. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, changes: changesBetween(plain(word), plain(candidate)) }))
    .filter(({ candidate, changes }) => changes <= MOST_CHANGES && changes < candidate.length / 2)
    .toSorted((a, b) => a.changes - b.changes);
  return nearest?.candidate;
}

/** `product-reveal`, `product_reveal` and `PRODUCT_REVEAL` are one word. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Letters to put in, take out, replace, or swap with their neighbour. */
function changesBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
