import { FACTORS, type Mutations } from '../../domain/mutations.ts';
import type { Layout } from './runs.ts';

/** What stands for the control's level in prompts written by hand: nobody has named it. */
export const AS_IN_THE_CONTROL = "as in the control's prompt";

/** Prompts written by hand, the first the control: what is known of their levels is what each says it changes. */
export function manual(variants: readonly { readonly mutations: Mutations }[]): Layout {
  const factors = FACTORS.flatMap((factor) => {
    const named = variants.flatMap(({ mutations }) => mutations[factor] ?? []);
    return named.length === 0 ? [] : [{ factor, levels: [AS_IN_THE_CONTROL, ...new Set(named)] }];
  });
  return {
    factors,
    runs: variants.map(({ mutations }) =>
      factors.map(({ factor, levels }) =>
        Math.max(0, levels.indexOf(mutations[factor] ?? AS_IN_THE_CONTROL)),
      ),
    ),
    construction: 'written by hand',
  };
}
