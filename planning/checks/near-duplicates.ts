import { FACTORS, type Mutations } from '../../domain/mutations.ts';
import { formOf, wordsOf } from '../../domain/phrase-search.ts';
import type { VariantPlan } from '../../domain/variant-plan.ts';
import type { Finding } from './finding.ts';
import { similarityOf } from './similarity.ts';

/**
 * From here on prompts whose difference nobody named are near-duplicates. Measured on the plans of the 21 templates, for one
 * product: of the control and a variant that differs in one level, 0.84 to 0.97; of the controls of different templates,
 * 0.09 to 0.33.
 */
const NEAR = 0.75;

/** Content words in which prompts with different levels differ, at least: one in each's stead is the least a change can be. */
const LEAST_DIFFERENCE = 2;

/** Pairs of variants that are one, or nearly: paid for twice, and telling nothing apart. */
export function nearDuplicates(variants: readonly VariantPlan[]): readonly Finding[] {
  const areNamed = variants.some(({ mutations }) => Object.keys(mutations).length > 0);
  return variants.flatMap((one, index) =>
    variants.slice(index + 1).flatMap((other) => findingOf(one, other, areNamed) ?? []),
  );
}

function findingOf(one: VariantPlan, other: VariantPlan, areNamed: boolean): Finding | undefined {
  const variants = [one.name, other.name];
  if (normal(one.prompt) === normal(other.prompt)) {
    return {
      code: 'SAME_PROMPT',
      severity: 'error',
      variants,
      found: `the prompts say the same words: ${quoted(one.prompt)}`,
      fix: 'change one of the two, or leave it out; a level whose words are cut off by the limit of the prompt changes nothing',
    };
  }
  const haveSameLevels = FACTORS.every((factor) => one.mutations[factor] === other.mutations[factor]);
  if (areNamed && haveSameLevels) {
    return {
      code: 'SAME_LEVELS',
      severity: 'warning',
      variants,
      found: `both name the same levels: ${levelsInWords(one.mutations)}`,
      fix: 'name under "mutations" what else differs, or leave one of them out',
    };
  }
  if (haveSameLevels) {
    const similarity = similarityOf(one.prompt, other.prompt);
    if (similarity < NEAR) return undefined;
    return {
      code: 'NEAR_DUPLICATE',
      severity: 'warning',
      variants,
      found: `the prompts share ${(100 * similarity).toFixed(0)}% of their runs of three words, and differ in ${differenceInWords(one, other)}`,
      fix: 'if one change is what you want to test, name it under "mutations" of the variant; else write a prompt that is further away',
    };
  }
  const [ours, theirs] = differingWords(one.prompt, other.prompt);
  if (ours.length + theirs.length >= LEAST_DIFFERENCE) return undefined;
  return {
    code: 'NEAR_DUPLICATE',
    severity: 'warning',
    variants,
    found: `their levels differ, but their prompts hardly do: in ${differenceInWords(one, other)}`,
    fix: 'give one of the levels words that show in the video, or leave it out',
  };
}

function normal(prompt: string): string {
  return wordsOf(prompt).join(' ');
}

function levelsInWords(mutations: Mutations): string {
  const levels = Object.entries(mutations).map(([factor, level]) => `${factor}: ${level}`);
  return levels.length === 0 ? "none but the control's" : levels.join(', ');
}

function differenceInWords(one: VariantPlan, other: VariantPlan): string {
  const [ours, theirs] = differingWords(one.prompt, other.prompt);
  if (ours.length + theirs.length === 0) return 'their order and small words alone';
  return `${inWords(ours)} against ${inWords(theirs)}`;
}

function inWords(words: readonly string[]): string {
  const shown = words.slice(0, 8).map((word) => `"${word}"`);
  return shown.length === 0 ? 'nothing' : `${shown.join(', ')}${words.length > 8 ? ', …' : ''}`;
}

/** What each says and the other doesn't: words with a meaning of their own, in whatever form. */
function differingWords(one: string, other: string): readonly [readonly string[], readonly string[]] {
  const [a, b] = [contentOf(one), contentOf(other)];
  const only = (own: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
    [...own].flatMap(([form, word]) => (others.has(form) ? [] : [word]));
  return [only(a, b), only(b, a)];
}

/** By form, a word of the text. */
function contentOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    wordsOf(text)
      .filter((word) => !SMALL_WORDS.has(word))
      .map((word) => [formOf(word), word]),
  );
}

/** English words that show nothing by themselves; other languages' are taken for words with a meaning. */
const SMALL_WORDS = new Set(
  'a an the and or but of to in on at by for from with without into as is are was were be been it its this that these those there one their his her they them he she we our you your i'.split(
    ' ',
  ),
);

function quoted(prompt: string): string {
  return JSON.stringify(prompt.length > 80 ? `${prompt.slice(0, 80)}…` : prompt);
}
