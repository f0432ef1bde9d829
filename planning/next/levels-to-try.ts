import type { Brief } from '../../domain/brief.ts';
import { FACTOR_LEVELS, FACTORS, type Factor, type Mutations } from '../../domain/mutations.ts';
import { templateOf } from '../../domain/templates.ts';
import { controlLevels } from '../control.ts';

/** What there is to try, by factor: first the level that stands where a brief says nothing. */
export type LevelsToTry = Readonly<Partial<Record<Factor, readonly string[]>>>;

/** What the library has for a brief's kind of ad, and what the brief itself names beside it. */
export function levelsToTry(brief: Brief): LevelsToTry {
  const template = templateOf(brief.template).mutations;
  const stated = controlLevels(brief);
  return Object.fromEntries(
    FACTORS.flatMap((factor) => {
      const own = template[factor] ?? [];
      const named = brief.factors?.[factor] ?? [];
      if (own.length === 0 && named.length === 0 && stated[factor] === undefined) return [];
      const control = stated[factor] === undefined ? [] : [stated[factor]];
      const levels = [...control, ...own, ...named, ...Object.keys(FACTOR_LEVELS[factor])];
      return [[factor, [...new Set(levels)]] as const];
    }),
  );
}

export function firstOf(levels: LevelsToTry): Mutations {
  return Object.fromEntries(
    FACTORS.flatMap((factor) => {
      const first = levels[factor]?.[0];
      return first === undefined ? [] : [[factor, first] as const];
    }),
  );
}
