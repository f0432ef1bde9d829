import { wordsOf } from '../../domain/phrase-search.ts';
import type { BrandRules } from '../checks/brand-rules.ts';
import { saidInAnyForm } from './not-to-be-said.ts';
import type { WritingTask } from './task.ts';

/**
 * What keeps an answer from being used, in words for whoever wrote it; undefined for one that may be.
 * @param texts by the task's keys, each of which is there
 */
export function problemWith(
  { levels, longest, isCopy }: WritingTask,
  texts: Readonly<Record<string, string>>,
  rules: BrandRules,
): string | undefined {
  const problems = levels.flatMap(({ key }, index) => {
    const text = texts[key] ?? '';
    const isTwin = levels.slice(0, index).some((earlier) => alike(texts[earlier.key] ?? '', text));
    return [
      ...(wordsOf(text).length === 0 ? [`${key} says nothing`] : []),
      ...(text.length > longest ? [`${key} has ${text.length} characters, and ${longest} are allowed`] : []),
      ...(/[\r\n]/.test(text) ? [`${key} has several lines`] : []),
      ...(isCopy && /["“”„«»]/.test(text) ? [`${key} has quotation marks`] : []),
      ...(isTwin ? [`${key} says the same as another one`] : []),
      ...saidInAnyForm(text, rules).map(
        (words) => `${key} says ${JSON.stringify(words)}, which the brand must not say`,
      ),
    ];
  });
  return problems.length === 0 ? undefined : problems.join('; ');
}

/** In all but punctuation and case. */
function alike(one: string, other: string): boolean {
  return wordsOf(one).join(' ') === wordsOf(other).join(' ');
}
