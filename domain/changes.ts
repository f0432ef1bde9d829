import type { Brief } from './brief.ts';
import { isFactor, type Mutations, readMutations } from './mutations.ts';
import { factorsOf } from './templates.ts';

/** Characters of a level that is words of somebody's own, where it is named among others. */
const SHOWN = 40;

/** What the control is made of: the first level of every factor that varies, and what the winner before it brought along. */
export function controlLevels(
  brief: Pick<Brief, 'factors' | 'template' | 'tone'> & { readonly parent?: Brief['parent'] },
): Mutations {
  const first = Object.entries(factorsOf(brief)).flatMap(([factor, levels]) => {
    const level = levels?.[0];
    return isFactor(factor) && level !== undefined ? [[factor, level] as const] : [];
  });
  return { ...Object.fromEntries(first), ...brief.parent?.levels };
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
