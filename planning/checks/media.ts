import type { PlannedTest } from '../planned-test.ts';
import type { Finding } from './finding.ts';

/** More variants than the media budget can tell apart. */
export function mediaTooSmall(test: PlannedTest | undefined): readonly Finding[] {
  if (test === undefined || test.mostVariants >= test.variants) return [];
  const { budgetUsd, mostVariants, variants, smallestLift } = test;
  const lift = `${Number((100 * smallestLift).toPrecision(4))}%`;
  const budget = `$${budgetUsd.toLocaleString('en-US')} of media`;
  return [
    {
      code: 'MEDIA_TOO_SMALL',
      severity: 'warning',
      variants: [],
      found:
        mostVariants === 0
          ? `${budget} can't tell even 2 variants apart by a lift of ${lift}, and there are ${variants}`
          : `${budget} can tell ${mostVariants} variants apart by a lift of ${lift}, and there are ${variants}`,
      fix: 'plan fewer variants, look for a larger lift ("decision.smallestLift"), or pay for more media ("media.budgetUsd")',
    },
  ];
}
