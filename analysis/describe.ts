import type { DataProblem, Evidence, KeepRunning, NotEnoughEvidence, Verdict } from './verdict.ts';

const PLATFORM_NAMES: Readonly<Record<string, string>> = {
  instagram: 'Instagram',
  tiktok: 'TikTok',
  linkedin: 'LinkedIn',
  youtube: 'YouTube',
  facebook: 'Facebook',
  twitter: 'Twitter',
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const threeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const oneDigit = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 1 });

/** A loss below this share of the rate is said to be below it. */
const LEAST_TOLD_SHARE = 0.001;

/**
 * The verdict in plain English: what was seen, where and when, and what is not known. It claims no more than
 * the evidence: no probability of being better, no promise for other days, places or people.
 */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'data_problem':
      return `No verdict, the data need a look first: ${problemsInWords(verdict.problems)}.`;
    case 'not_enough_evidence':
      return `Not enough evidence yet to say who leads on ${metricInWords(verdict.evidence)}: ${missingInWords(verdict)}.`;
    case 'keep_running':
      return `${leadInWords(verdict)}. Not a verdict yet: the lead may still change, and where a platform chose who saw which video, delivery is not separable from creative.`;
  }
}

function leadInWords({ leader, runnerUp, evidence }: KeepRunning): string {
  const rate = rateInWords(evidence, leader.variantId);
  const next = rateInWords(evidence, runnerUp.variantId);
  const metric = metricInWords(evidence);
  const standing =
    rate === next
      ? `${leader.name} and ${runnerUp.name} are level on ${metric}: ${rate} each`
      : `${leader.name} leads on ${metric}: ${rate} against ${next} for the next, ${runnerUp.name}`;
  const conversions = evidence.arms.reduce((sum, { compared }) => sum + compared.conversions, 0);
  const seen = [
    placesInWords(evidence),
    daysInWords(evidence),
    `${whole.format(conversions)} ${words(evidence.metric.numerator)}`,
  ];
  return `${standing}, ${seen.join(', ')}; stopping now with ${leader.name} would lose an expected ${lossInWords(verdictRate(evidence, leader.variantId), leader.expectedLoss)}`;
}

function missingInWords({ missing, evidence }: NotEnoughEvidence): string {
  const { minimum, metric, arms } = evidence;
  if (missing.length === 0) {
    const shown = arms.filter(({ exposures }) => exposures > 0).length;
    return `a comparison needs 2 variants with data, and there are ${shown}`;
  }
  const numerator = words(metric.numerator);
  const conversions = missing.filter((arm) => arm.conversions > 0);
  const days = Math.max(0, ...missing.map((arm) => arm.days));
  const lacking = [
    days > 0 ? `${counted(days, 'more day')}` : undefined,
    conversions.length > 0
      ? `more ${numerator} (${conversions.map((arm) => `${arm.name} ${whole.format(Math.ceil(arm.conversions))}`).join(', ')})`
      : undefined,
  ].filter((part) => part !== undefined);
  return `it takes ${lacking.join(' and ')} to reach ${counted(minimum.days, 'day')} and ${whole.format(minimum.conversions)} ${numerator} for each variant`;
}

function problemsInWords(problems: readonly DataProblem[]): string {
  const told = problems.slice(0, 3).map(({ found }) => found);
  const untold = problems.length - told.length;
  return untold > 0 ? `${told.join('; ')}; and ${untold} more` : told.join('; ');
}

function lossInWords(rate: number, loss: number): string {
  const least = rate * LEAST_TOLD_SHARE;
  return loss < least ? `less than ${points(least)}` : points(loss);
}

function points(rate: number): string {
  return `${oneDigit.format(100 * rate)} percentage points`;
}

function rateInWords(evidence: Evidence, variantId: string): string {
  return `${threeDigits.format(100 * verdictRate(evidence, variantId))}%`;
}

function verdictRate({ arms }: Evidence, variantId: string): number {
  return arms.find((arm) => arm.variantId === variantId)?.rate ?? 0;
}

function metricInWords({ metric }: Evidence): string {
  return `${words(metric.numerator)} per ${words(metric.denominator).replace(/s$/, '')}`;
}

function placesInWords({ strata }: Evidence): string {
  const names = [...new Set(strata.used.map(({ platform }) => PLATFORM_NAMES[platform] ?? platform))];
  const last = names.at(-1) ?? '';
  return `on ${names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last}`;
}

/** "12 to 18 Nov 2026", leaving out what the second day says again. */
function daysInWords({ firstDay, lastDay }: Evidence): string {
  const [fromYear, fromMonth, fromDate] = dayParts(firstDay);
  const [year, month, date] = dayParts(lastDay);
  const end = `${date} ${month} ${year}`;
  if (firstDay === lastDay) return end;
  if (fromYear !== year) return `${fromDate} ${fromMonth} ${fromYear} to ${end}`;
  return fromMonth === month ? `${fromDate} to ${end}` : `${fromDate} ${fromMonth} to ${end}`;
}

function dayParts(day: string | null): readonly [string, string, number] {
  const [year = '', month, date] = (day ?? '').split('-');
  return [year, MONTHS[Number(month) - 1] ?? '', Number(date)];
}

function counted(count: number, what: string): string {
  return `${whole.format(count)} ${what}${count === 1 ? '' : 's'}`;
}

function words(metric: string): string {
  return metric.replaceAll('_', ' ');
}
