import type { PlannedSize, SizeQuestion } from '../analysis/plan-size.ts';
import type { PlannedTest } from '../planning/planned-test.ts';
import { table } from './tables.ts';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A planned size for people, and how many variants a budget can tell apart. */
export function describeSize(
  question: SizeQuestion,
  size: PlannedSize,
  budget: { readonly usd: number; readonly mostVariants: number } | undefined,
): string {
  const { arms, smallestLift, power, falseCallLimit } = question;
  const rows = [
    ...size.perPlatform.map(({ name, exposures, mediaUsd }) => [
      name,
      whole.format(exposures),
      dollars(mediaUsd),
    ]),
    ...(size.perPlatform.length > 1 ? [['total', whole.format(size.exposures), dollars(size.mediaUsd)]] : []),
  ];
  return [
    `To call one of ${arms} variants that is ${percent(smallestLift)} better than every other, in ${percent(power)} of tests, with a false-call limit of ${percent(falseCallLimit)}:`,
    '',
    `  conversions of the control  ${whole.format(size.controlConversions)}`,
    `  exposures of each variant   ${whole.format(size.exposuresPerArm)}`,
    ...(size.days === null ? [] : [`  days                        ${whole.format(size.days)}`]),
    '',
    table(['platform', 'exposures', 'media'], rows),
    ...(budget === undefined ? [] : ['', budgetLine(budget.usd, budget.mostVariants)]),
  ].join('\n');
}

/** What a brief's test takes in media. */
export function describePlannedTest({ size, smallestLift, variants }: PlannedTest): string {
  return `To find a lift of ${percent(smallestLift)} among ${variants} variants takes about ${whole.format(size.exposures)} impressions, ${dollars(size.mediaUsd)} of media.`;
}

function budgetLine(budgetUsd: number, mostVariants: number): string {
  const money = dollars(budgetUsd);
  return mostVariants === 0
    ? `${money} of media can not tell even 2 variants apart by that lift.`
    : `${money} of media can tell at most ${mostVariants} variants apart by that lift.`;
}

function dollars(usd: number | null): string {
  return usd === null ? 'unknown' : `$${whole.format(usd)}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(4))}%`;
}
