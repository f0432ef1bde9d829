import type { Brief } from '../domain/brief.ts';

/**
 * What every prompt of a test asks for beside its own idea, whatever its levels: the brand's words and colours, and
 * the words that tell of AI. What must not be said is in no prompt: a model that reads it tends to show it.
 */
export function brandClauses({ brand, disclosure }: Pick<Brief, 'brand' | 'disclosure'>): readonly string[] {
  const { mustSay, colours } = brand;
  return [
    ...mustSay.map((words) => `The words "${words}" are said or shown exactly as they stand here.`),
    ...(colours.length === 0
      ? []
      : [`The colours of the brand, ${colours.join(', ')}, recur in things and clothes.`]),
    ...(disclosure.onScreen === undefined
      ? []
      : [
          `The words "${disclosure.onScreen}" stay small and legible in a lower corner from the first frame to the last.`,
        ]),
  ];
}
