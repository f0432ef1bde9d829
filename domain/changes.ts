import type { Brief } from './brief.ts';
import { isFactor, type Mutations, readMutations } from './mutations.ts';
import { factorsOf } from './templates.ts';

/** Characters of a level that is words of somebody's own, where it is named among others. */
const SHOWN = 40;

/** What the control is made of, of what the plan varies. */
export function controlLevels(brief: Pick<Brief, 'factors' | 'template' | 'tone'>): Mutations {
  return Object.fromEntries(
    Object.entries(factorsOf(brief)).flatMap(([factor, levels]) => {
      const first = levels?.[0];
      return isFactor(factor) && first !== undefined ? [[factor, first]] : [];
    }),
  );
}

/** How a variant differs from the control: `hook: scene -> question`. */
export function describeChanges(control: Mutations, mutations: unknown): readonly string[] {
  return Object.entries(readMutations(mutations)).map(([factor, level]) => {
    const was = isFactor(factor) ? control[factor] : undefined;
    return was === undefined ? `${factor}: ${shown(level)}` : `${factor}: ${shown(was)} -> ${shown(level)}`;
  });
}

function shown(level: string): string {
  return level.length > SHOWN ? `${level.slice(0, SHOWN)}…` : level;
}
