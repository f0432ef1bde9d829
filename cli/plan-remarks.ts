import { readPricing } from '../config/prices.ts';
import type { Brief } from '../domain/brief.ts';
import { type BriefRemark, remarksOn } from '../domain/check-brief.ts';
import { BadInput } from '../domain/errors.ts';
import { formatUsd, fromUsd, microUsd } from '../domain/money.ts';
import { describeFinding, type Finding } from '../planning/checks/finding.ts';
import { estimate, variantsThatFit } from '../planning/estimate.ts';
import { reviewPlan } from '../planning/review.ts';

/**
 * What a dry run would say of a brief's plan, without a database: what is left of the venture's budget is not looked at.
 * Errors are what `start` refuses.
 * @throws NotFound for a price file that can't be read
 */
export async function remarksOnPlan(
  brief: Brief,
  now: Date,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly errors: readonly BriefRemark[]; readonly warnings: readonly BriefRemark[] }> {
  const { findings } = reviewPlan(brief);
  const told = (severity: Finding['severity']) =>
    findings
      .filter((finding) => finding.severity === severity)
      .map((finding) => ({ path: pathOf(finding, brief), says: describeFinding(finding) }));
  return {
    errors: told('error'),
    warnings: [...remarksOn(brief, now), ...(await remarksOnCost(brief, environment)), ...told('warning')],
  };
}

/** What of a brief a finding is about: a prompt of its own, or what all of them are planned from. */
function pathOf({ code, variants: [name] }: Finding, { variants }: Brief): string {
  if (code === 'MEDIA_TOO_SMALL') return 'media.budgetUsd';
  const own = typeof variants === 'number' ? -1 : variants.findIndex((variant) => variant.name === name);
  return own < 0 ? 'variants' : `variants[${own}]`;
}

async function remarksOnCost(brief: Brief, environment: NodeJS.ProcessEnv): Promise<BriefRemark[]> {
  const pricing = await readPricing(environment);
  try {
    const estimated = estimate(brief, pricing);
    const { variants, cost } = estimated;
    if (brief.budget === undefined) return [];
    const none = microUsd(0);
    const cap = fromUsd(brief.budget.generationUsd);
    const fitting = variantsThatFit(estimated, [{ cap, spent: none, reserved: none }]);
    if (fitting === variants.length) return [];
    return [
      {
        path: 'budget.generationUsd',
        says: `${fitting} of ${variants.length} variants fit: all of them cost ${formatUsd(cost)}`,
      },
    ];
  } catch (error) {
    if (error instanceof BadInput)
      return [{ path: 'video', says: `nothing would be ordered. ${error.message}` }];
    throw error;
  }
}
