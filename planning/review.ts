import type { Brief } from '../domain/brief.ts';
import { designOf } from '../domain/design.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { checkPlan } from './checks/check-plan.ts';
import type { Finding } from './checks/finding.ts';
import { type DesignStatement, statementOf } from './designs/statement.ts';
import { designFactors, layoutOf } from './layout.ts';
import { variantsIn } from './plan.ts';
import { type PlannedTest, plannedTest } from './planned-test.ts';

/** A plan for a person to judge before anything is spent. */
export interface PlanReview {
  readonly variants: readonly VariantPlan[];
  readonly statement: DesignStatement;
  readonly findings: readonly Finding[];
  /** What the test takes in media; undefined for a brief that says nothing of it. */
  readonly test: PlannedTest | undefined;
}

/** @throws BriefInvalid when the brief can't be planned */
export function reviewPlan(brief: Brief): PlanReview {
  const layout = layoutOf(brief);
  const variants = variantsIn(brief, layout);
  const test = plannedTest(brief);
  const offered = typeof brief.variants === 'number' ? designFactors(brief) : [];
  return {
    variants,
    statement: statementOf({ design: designOf(brief), seed: brief.seed }, layout, offered),
    findings: checkPlan(brief, variants, test),
    test,
  };
}
