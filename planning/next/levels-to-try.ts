import type { Brief } from '../../domain/brief.ts';
import { FACTORS, type Factor, type Mutations } from '../../domain/mutations.ts';
import { templateOf } from '../../domain/templates.ts';
import { areCompatible, defaultsOf, levelsOf } from '../library/index.ts';

/** What there is to try, by factor. */
export type LevelsToTry = Readonly<Partial<Record<Factor, readonly string[]>>>;

export interface Repertoire {
  readonly levels: LevelsToTry;
  /** What is in a video of which nothing else is said. */
  readonly unsaid: Mutations;
  /** Whether these levels can be in one video. */
  areCompatible(levels: Mutations): boolean;
}

/** Nothing that a machine should come up with: what is offered is the team's, and a longer video costs more. */
const ONLY_IF_NAMED: ReadonlySet<Factor> = new Set(['offer', 'length']);

/** What the library has for a brief's kind of ad, and what the brief itself names beside it. */
export function repertoireOf(brief: Brief): Repertoire {
  const { template } = brief;
  const unsaid: Mutations = {
    ...defaultsOf(template),
    ...(brief.tone === undefined ? {} : { tone: brief.tone }),
  };
  const suggested = templateOf(template).mutations;
  const levels = FACTORS.flatMap((factor) => {
    const named = brief.factors?.[factor] ?? [];
    if (named.length === 0 && (unsaid[factor] === undefined || ONLY_IF_NAMED.has(factor))) return [];
    const own = ONLY_IF_NAMED.has(factor)
      ? []
      : [...(suggested[factor] ?? []), ...levelsOf(template, factor)];
    return [[factor, [...new Set([...named, ...own])]] as const];
  });
  return {
    levels: Object.fromEntries(levels),
    unsaid,
    areCompatible: (together) => areCompatible({ ...unsaid, ...together }, template),
  };
}
