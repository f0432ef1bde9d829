/** Scripts that are written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/**
 * Whether a text says a phrase: whole words, in that order, whatever their case and the punctuation between them.
 * "art" is not in "start"; "No. 1" is in "the no 1 coffee".
 */
export function says(text: string, phrase: string): boolean {
  const wanted = wordsOf(phrase);
  if (wanted.length === 0 || UNSPACED.test(phrase)) return normal(text).includes(normal(phrase));
  const words = wordsOf(text);
  return words.some((_, start) => wanted.every((word, offset) => words[start + offset] === word));
}

export function wordsOf(text: string): readonly string[] {
  // A sign of percent or of a currency is a word: "100%" is not "100 grams".
  return normal(text).match(/[\p{L}\p{M}\p{N}]+|[%\p{Sc}]/gu) ?? [];
}

function normal(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
