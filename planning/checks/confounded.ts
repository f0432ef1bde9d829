import { separabilityOf } from '../../analysis/separability.ts';
import type { VariantPlan } from '../../domain/variant-plan.ts';
import type { Finding } from './finding.ts';

/** Levels of different factors that come together, so that no data could tell which of them did it. */
export function confoundedFactors(variants: readonly VariantPlan[]): readonly Finding[] {
  const { levels } = separabilityOf(variants.map(({ mutations }) => ({ factors: mutations })));
  const aliased = levels
    .filter(({ because }) => because === 'aliased')
    .map((level) => ({ ...level, label: `${level.factor}: ${level.level}` }));
  return groups(aliased).map((group) => {
    const together = aliased.filter(({ label }) => group.has(label));
    const labels = together.map(({ label }) => label);
    return {
      code: 'FACTORS_CONFOUNDED',
      severity: 'warning',
      variants: variants.flatMap(({ name }, i) =>
        together.some(({ members }) => members[i] === true) ? [name] : [],
      ),
      found: `${labels.join(' and ')} can't be told apart: ${together.length === 2 ? 'they always change together' : 'each is there just when others are, or are not'}`,
      fix: 'add a variant that changes one of them without the others, or leave all but one out of "mutations"',
    };
  });
}

/** Labels that are tied to each other, directly or through others. */
function groups(
  aliased: readonly { readonly label: string; readonly with: readonly string[] }[],
): ReadonlySet<string>[] {
  const found: Set<string>[] = [];
  for (const { label, with: others } of aliased) {
    const own = new Set([label, ...others]);
    const touching = found.filter((group) => [...own].some((one) => group.has(one)));
    for (const group of touching) {
      for (const one of group) own.add(one);
      found.splice(found.indexOf(group), 1);
    }
    found.push(own);
  }
  return found;
}
