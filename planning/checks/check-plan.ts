import type { Brief } from '../../domain/brief.ts';
import { designOf } from '../../domain/design.ts';
import { BadInput } from '../../domain/errors.ts';
import type { VariantPlan } from '../../domain/variant-plan.ts';
import { type PlannedTest, plannedTest } from '../planned-test.ts';
import { brandViolations } from './brand-rules.ts';
import { confoundedFactors } from './confounded.ts';
import { missingControl } from './control.ts';
import { describeFinding, type Finding } from './finding.ts';
import { mediaTooSmall } from './media.ts';
import { nearDuplicates } from './near-duplicates.ts';

/**
 * Everything that is found in a plan before money is spent, errors first.
 * @param variants as they are to be made: planned from the brief, or edited by a person since
 * @param test what the brief's media is for, where that is known already
 */
export function checkPlan(
  brief: Brief,
  variants: readonly VariantPlan[],
  test: PlannedTest | undefined = plannedTest(brief),
): readonly Finding[] {
  const findings = [
    ...missingControl(variants),
    ...nearDuplicates(variants),
    // Concepts that differ in everything are meant to: what they can't tell is said of the design.
    ...(designOf(brief) === 'diversify' ? [] : confoundedFactors(variants)),
    ...brandViolations(variants, brief.brand),
    ...mediaTooSmall(test),
  ];
  const isError = ({ severity }: Finding) => severity === 'error';
  return [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
}

/** What the errors among the findings come to; undefined where there is none. */
export function refusalOfPlan(findings: readonly Finding[]): BadInput | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return undefined;
  return new BadInput({
    code: 'PLAN_REFUSED',
    given: `The plan has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}:\n${errors.map((finding) => `  ${describeFinding(finding)}`).join('\n')}`,
    fix: 'change the brief; `screentest plan` shows what it makes',
  });
}
