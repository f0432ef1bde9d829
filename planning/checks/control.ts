import { wordsOf } from '../../domain/phrase-search.ts';
import type { VariantPlan } from '../../domain/variant-plan.ts';
import type { Finding } from './finding.ts';

/** Everything is compared with the first variant: it has to be the control. */
export function missingControl(variants: readonly VariantPlan[]): readonly Finding[] {
  const [first, ...others] = variants;
  if (first === undefined) return [];
  const changed = Object.entries(first.mutations).map(([factor, level]) => `${factor}: ${level}`);
  const named = others.filter(({ name }) => isControl(name));
  return [
    ...(changed.length > 0
      ? [
          {
            code: 'CONTROL_MISSING',
            severity: 'error',
            variants: [first.name],
            found: `the first variant is the control, and yet it names changes against the control: ${changed.join(', ')}`,
            fix: 'put the control first, without "mutations"; the others name what they change against it',
          } as const,
        ]
      : []),
    ...(named.length > 0 && !isControl(first.name)
      ? [
          {
            code: 'CONTROL_NOT_FIRST',
            severity: 'error',
            variants: named.map(({ name }) => name),
            found: `it is called the control, but everything would be compared with the first variant, "${first.name}"`,
            fix: 'put it first, or call it something else',
          } as const,
        ]
      : []),
  ];
}

function isControl(name: string): boolean {
  return /^(the )?control( variant| video)?$/.test(wordsOf(name).join(' '));
}
