import type { Brief } from '../../domain/brief.ts';
import { controlLevels } from '../../domain/changes.ts';
import { type Factor, isFactor } from '../../domain/mutations.ts';
import { planVariants } from '../plan.ts';

/**
 * Every level that some variant of the plan is made of, by factor, the control's first; none where a person wrote the
 * prompts. @throws BriefInvalid for a brief that can't be planned
 */
export function levelsInUse(brief: Brief): ReadonlyMap<Factor, readonly string[]> {
  const inUse = new Map<Factor, string[]>();
  if (typeof brief.variants !== 'number') return inUse;
  for (const levels of [controlLevels(brief), ...planVariants(brief).map(({ mutations }) => mutations)]) {
    for (const [factor, level] of Object.entries(levels)) {
      if (!isFactor(factor)) continue;
      const known = inUse.get(factor) ?? [];
      if (!known.includes(level)) inUse.set(factor, [...known, level]);
    }
  }
  return inUse;
}
