import { wordsOf } from '../../domain/phrase-search.ts';

/** So many words in a row are compared: word order counts, and a changed word costs this many. */
const SHINGLE = 3;

/** Jaccard's index of the texts' runs of three words, 0 to 1 (Broder 1997); of texts shorter than that, of all their words. */
export function similarityOf(one: string, other: string): number {
  const [a, b] = [shinglesOf(one), shinglesOf(other)];
  const shared = [...a].filter((shingle) => b.has(shingle)).length;
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}

function shinglesOf(text: string): ReadonlySet<string> {
  const words = wordsOf(text);
  const size = Math.min(SHINGLE, words.length);
  return new Set(
    words.slice(0, words.length - size + 1).map((_, start) => words.slice(start, start + size).join(' ')),
  );
}
