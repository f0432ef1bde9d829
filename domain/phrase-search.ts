/** As words that can be compared: whatever their case, accents composed, nothing but letters and figures. */
export function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+|[%\p{Sc}]/gu) ?? []
  );
}

/** A phrase that a text has: as it stands, or in another form of its words. */
export interface PhraseFound {
  readonly words: string;
  readonly isExact: boolean;
}

/**
 * Where a text says a phrase: whole words in that order, whatever their case and the punctuation between them. Exact is what
 * differs in nothing else; another form has other accents (cafe, café) or a simple English ending (cure, cures, cured, curing,
 * cure's). Not found are irregular forms (best for good), derived words (curable), endings of other languages, words in
 * between, and other words for the same thing: a person still has to read the prompts.
 */
export function findPhrase(text: string, phrase: string): PhraseFound | undefined {
  const wanted = wordsOf(phrase);
  if (wanted.length === 0 || UNSPACED.test(phrase)) {
    return normal(text).includes(normal(phrase)) ? { words: phrase, isExact: true } : undefined;
  }
  return (
    found(wordsOf(text), wanted, (word) => word, true) ??
    found(wordsOf(text.replaceAll(POSSESSIVE, '')), wordsOf(phrase.replaceAll(POSSESSIVE, '')), formOf, false)
  );
}

/** Whether a text says a phrase as it stands. */
export function says(text: string, phrase: string): boolean {
  return findPhrase(text, phrase)?.isExact === true;
}

/** Scripts that are written without spaces between words: there a phrase is looked for anywhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const POSSESSIVE = /['’]s(?!\p{L})/giu;

function normal(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function found(
  words: readonly string[],
  wanted: readonly string[],
  form: (word: string) => string,
  isExact: boolean,
): PhraseFound | undefined {
  const [forms, wantedForms] = [words.map(form), wanted.map(form)];
  const start = forms.findIndex((_, at) => wantedForms.every((word, offset) => forms[at + offset] === word));
  return start < 0 ? undefined : { words: words.slice(start, start + wanted.length).join(' '), isExact };
}

/** What words that differ in accents or a simple English ending have in common. */
export function formOf(word: string): string {
  const plain = word
    .normalize('NFKD')
    // Marks of other scripts are vowels: they stay.
    .replaceAll(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .replaceAll(/[ßæœøłđ]/gu, (letter) => SPELT[letter] ?? letter);
  return /^[a-z]{4,}$/.test(plain) ? stem(plain) : plain;
}

const SPELT: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd' };

function stem(word: string): string {
  const singular = word
    .replace(/ies$/, 'y')
    .replace(/(?<=[sxz]|ch|sh)es$/, '')
    .replace(/(?<![su])s$/, '');
  const bare = singular.replace(/(?<=[a-z]{3})(ing|ed)$/, '');
  const single = bare === singular ? bare : bare.replace(/([bdgmnprt])\1$/, '$1');
  return single.replace(/(?<=[a-z]{2})e+$/, '');
}
