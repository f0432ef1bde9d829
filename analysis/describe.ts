import type { Assignment } from '../domain/assignment.ts';
import type {
  BestSet,
  Blocked,
  DataProblem,
  Evidence,
  Further,
  Leader,
  NotEnoughEvidence,
  PracticallyEquivalent,
  Range,
  Verdict,
  Winner,
} from './verdict.ts';

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
const twoDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });
const oneDigit = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 1 });

/** A loss below this share of the rate is said to be below it. */
const LEAST_TOLD_SHARE = 0.001;

/** What holds for the creative alone, by how people came to see it. */
const CAVEATS: Readonly<Record<Assignment, string>> = {
  randomised: 'delivery after the draw is not separable from creative',
  platform_split_test: 'delivery is not separable from creative',
  observational_delivery:
    'the platform chose who saw which video, so delivery is not separable from creative',
};

/**
 * The verdict in plain English: what was seen, where and when, and what is not known. It claims no more than
 * the evidence: no probability of being better, no promise for other days, places or people.
 */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'data_problem':
      return `No verdict, the data need a look first: ${problemsInWords(verdict.problems)}.`;
    case 'not_enough_evidence':
      return notEnoughInWords(verdict);
    case 'keep_running':
      return `${leadInWords(verdict.leader, verdict.runnerUp, verdict.evidence)}. Not a verdict yet: ${furtherInWords(verdict.further, verdict.evidence)}; ${caveat(verdict.evidence)}.`;
    case 'winner':
      return winnerInWords(verdict);
    case 'best_set':
      return bestSetInWords(verdict);
    case 'practically_equivalent':
      return equivalentInWords(verdict);
    case 'blocked':
      return blockedInWords(verdict);
  }
}

function winnerInWords({ winner, lift, evidence }: Winner): string {
  const seen = `${ownMetric(winner.name, evidence)} ${liftInWords(lift)} ${rivalsInWords(evidence)} ${scopeInWords(evidence)}, this mix; ${limitInWords(evidence)}`;
  return evidence.assignment === 'observational_delivery'
    ? `${seen}. An association: ${caveat(evidence)}, and only a person can declare it.`
    : `${seen}; ${caveat(evidence)}.`;
}

function bestSetInWords({ survivors, out, further, evidence }: BestSet): string {
  const isOrAre = out.length === 1 ? 'is' : 'are';
  return `One of ${listed(survivors.map(({ name }) => name))} is the best on ${metricInWords(evidence)} ${scopeInWords(evidence)}, this mix; ${listed(out.map(({ name }) => name))} ${isOrAre} out; ${limitInWords(evidence)}. For one winner, ${furtherInWords(further, evidence)}; ${caveat(evidence)}.`;
}

function equivalentInWords({ arms, margin, largestDifference, evidence }: PracticallyEquivalent): string {
  const pairs = arms.length === 2 ? 'the two' : 'any two';
  return `${listed(arms.map(({ name }) => name))} differ on ${metricInWords(evidence)} by less than the ${percent(margin)} that matter: at most ${percent(largestDifference)} between ${pairs} can't be excluded ${scopeInWords(evidence)}, this mix; ${limitInWords(evidence)}; ${caveat(evidence)}.`;
}

function blockedInWords({ ahead, because, evidence }: Blocked): string {
  const lifts = evidence.comparisons.map(({ lift }) => lift);
  const highs = lifts.map(({ high }) => high);
  const low = Math.min(...lifts.map((lift) => lift.low));
  const high = highs.includes(null) ? null : Math.max(...highs.map((one) => one ?? 0));
  return `${ownMetric(ahead.name, evidence)} ${liftInWords({ low, high })} ${rivalsInWords(evidence)} ${scopeInWords(evidence)}, but it is not called: ${because.map(({ found }) => found).join('; ')}.`;
}

function notEnoughInWords(verdict: NotEnoughEvidence): string {
  const { missing, further, evidence } = verdict;
  if (missing.length === 0 && evidence.rules.isFinal && evidence.comparisons.length > 0) {
    return `The test has ended without enough evidence to call anything on ${metricInWords(evidence)} ${scopeInWords(evidence)}: ${furtherInWords(further, evidence)}.`;
  }
  return `Not enough evidence yet to say who leads on ${metricInWords(evidence)}: ${missingInWords(verdict)}${leftOutInWords(evidence)}.`;
}

function leftOutInWords({ leftOutCells: { unsettled, learning } }: Evidence): string {
  const left = [
    unsettled > 0 ? 'days that may still be restated' : undefined,
    learning > 0 ? 'days of a learning phase' : undefined,
  ].filter((part) => part !== undefined);
  return left.length === 0 ? '' : `; ${listed(left)} are not counted`;
}

/** "a call may take another 12,000 to 80,000 impressions, expected 30,000, or 3 to 20 days, expected 8" */
function furtherInWords(further: Further | null, { metric, rules }: Evidence): string {
  if (further === null) return 'what a call would take can not be said yet';
  const { exposures, days, mediaUsd } = further;
  if (exposures.expected === null) {
    return `at the lead that is seen a call may never come; at the largest that is plausible it takes another ${number(exposures.least)} ${words(metric.denominator)}`;
  }
  const parts = [
    rangeInWords(exposures, words(metric.denominator), ''),
    rangeInWords(days, number(days.expected ?? 0) === '1' ? 'day' : 'days', ''),
    ...(mediaUsd === null ? [] : [rangeInWords(mediaUsd, 'of media', '$')]),
  ];
  const atLooks = rules.method === 'planned_looks' ? ', at a planned look' : '';
  return `if the lead is what it seems, a call takes about ${listed(parts)} more${atLooks}`;
}

function rangeInWords({ least, expected, most }: Range, unit: string, sign: string): string {
  const range = `${sign}${number(least)} to ${most === null ? 'no end' : `${sign}${number(most)}`}`;
  return `${sign}${number(expected ?? least)} ${unit} (${range})`;
}

/** Two digits are all that such a forecast has. */
function number(value: number): string {
  return twoDigits.format(Math.ceil(value));
}

function caveat({ assignment }: Evidence): string {
  return CAVEATS[assignment ?? 'observational_delivery'];
}

function limitInWords({ rules }: Evidence): string {
  return `false-call limit ${percent(rules.falseCallLimit)}`;
}

function ownMetric(name: string, evidence: Evidence): string {
  return `${name}'s ${metricInWords(evidence)} were`;
}

function rivalsInWords({ comparisons }: Evidence): string {
  const [only] = comparisons;
  return comparisons.length === 1 && only !== undefined ? `${only.name}'s` : "each rival's";
}

/** "4% to 19% above" */
function liftInWords({ low, high }: { low: number; high: number | null }): string {
  return high === null ? `at least ${percent(low)} above` : `${percent(low)} to ${percent(high)} above`;
}

function scopeInWords(evidence: Evidence): string {
  return `${placesInWords(evidence)}${byAssignment(evidence)}, ${daysInWords(evidence)}${settledInWords(evidence)}`;
}

/** ", settled to 20 May 2026", or platform by platform where they differ; nothing where the cells came as they are. */
function settledInWords({ basis, strata }: Evidence): string {
  const used = [...new Set(strata.used.map(({ platform }) => platform))];
  const ends = used.flatMap((platform) => {
    const lastDay = basis?.settling[platform]?.lastDay ?? null;
    return lastDay === null ? [] : [{ platform, end: dayInWords(lastDay) }];
  });
  const [first] = ends;
  if (first === undefined) return '';
  if (ends.every(({ end }) => end === first.end)) return `, settled to ${first.end}`;
  return `, settled to ${listed(ends.map(({ platform, end }) => `${end} on ${PLATFORM_NAMES[platform] ?? platform}`))}`;
}

function dayInWords(day: string): string {
  const [year, month, date] = dayParts(day);
  return `${date} ${month} ${year}`;
}

function byAssignment({ assignment }: Evidence): string {
  if (assignment === 'platform_split_test') return ' split tests';
  return assignment === 'randomised' ? ' with people drawn by chance' : '';
}

function leadInWords(
  leader: Leader,
  runnerUp: { variantId: string; name: string },
  evidence: Evidence,
): string {
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
  return `${standing}, ${seen.join(', ')}; stopping now with ${leader.name} would lose an expected ${lossInWords(evidence, verdictRate(evidence, leader.variantId), leader.expectedLoss)}`;
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

function lossInWords(evidence: Evidence, rate: number, loss: number): string {
  const least = Math.abs(rate) * LEAST_TOLD_SHARE;
  return loss < least ? `less than ${points(evidence, least)}` : points(evidence, loss);
}

function points({ metric }: Evidence, rate: number): string {
  return isProportion(metric) ? `${oneDigit.format(100 * rate)} percentage points` : oneDigit.format(rate);
}

function rateInWords(evidence: Evidence, variantId: string): string {
  const rate = verdictRate(evidence, variantId);
  return isProportion(evidence.metric) ? `${threeDigits.format(100 * rate)}%` : threeDigits.format(rate);
}

function isProportion({ kind = 'proportion' }: Evidence['metric']): boolean {
  return kind === 'proportion';
}

function percent(share: number): string {
  return `${twoDigits.format(100 * share)}%`;
}

function verdictRate({ arms }: Evidence, variantId: string): number {
  return arms.find((arm) => arm.variantId === variantId)?.rate ?? 0;
}

function metricInWords({ metric }: Evidence): string {
  const own = Object.entries(metric.onPlatform ?? {}).map(
    ([platform, { numerator, denominator }]) =>
      `on ${PLATFORM_NAMES[platform] ?? platform} ${perOne(numerator, denominator)}`,
  );
  const common = perOne(metric.numerator, metric.denominator);
  return own.length === 0 ? common : `${common} (${own.join(', ')})`;
}

function perOne(numerator: string, denominator: string): string {
  return `${words(numerator)} per ${words(denominator).replace(/s$/, '')}`;
}

function placesInWords({ strata }: Evidence): string {
  const names = [...new Set(strata.used.map(({ platform }) => PLATFORM_NAMES[platform] ?? platform))];
  return `on ${listed(names)}`;
}

/** "A, B and C" */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
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
