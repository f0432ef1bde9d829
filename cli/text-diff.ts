/** How one text differs from another, sentence by sentence: `- ` for what went, `+ ` for what came, `  ` for what stayed. */
export function textDiff(before: string, after: string): readonly string[] {
  const [old, now] = [sentencesOf(before), sentencesOf(after)];
  const common = commonLengths(old, now);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const [gone, come] = [old[i], now[j]];
    if (gone !== undefined && gone === come) {
      lines.push(`  ${gone}`);
      i += 1;
      j += 1;
    } else if (
      come === undefined ||
      (gone !== undefined && lengthAt(common, i + 1, j) >= lengthAt(common, i, j + 1))
    ) {
      lines.push(`- ${gone}`);
      i += 1;
    } else {
      lines.push(`+ ${come}`);
      j += 1;
    }
  }
  return lines;
}

function sentencesOf(text: string): readonly string[] {
  return text
    .split(/\n|(?<=[.!?])\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** Of each two ends, how many sentences they have in common, in order. */
function commonLengths(old: readonly string[], now: readonly string[]): readonly (readonly number[])[] {
  const table = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    const row = table[i] ?? [];
    for (let j = now.length - 1; j >= 0; j--) {
      row[j] =
        old[i] === now[j]
          ? 1 + lengthAt(table, i + 1, j + 1)
          : Math.max(lengthAt(table, i + 1, j), lengthAt(table, i, j + 1));
    }
  }
  return table;
}

function lengthAt(table: readonly (readonly number[])[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}
