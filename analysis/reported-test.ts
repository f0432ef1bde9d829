import type { Brief } from '../domain/brief.ts';
import { type MetricName, type RateMetric, squaresOf } from '../domain/metrics.ts';
import { rateKind } from '../domain/rate-metric.ts';
import { comesLate, primaryMetricOn, settlesAfterDays } from '../domain/settling.ts';
import type { Arm, Cell } from './cells.ts';
import { DRAWN_UNITS, drawnUnits } from './drawn-units.ts';
import { lateConversions } from './late-conversions.ts';
import { metricProblems, spreadProblems } from './metric-problems.ts';
import { type Series, type SettledCells, type SettlingRules, settledCells } from './observations.ts';
import type { Report } from './report.ts';
import type { Guardrail } from './safeguards.ts';
import type { TestData } from './test-data.ts';
import type { AnalysedMetric, DataBasis, DataProblem } from './verdict.ts';

export interface ReportedTest {
  readonly brief: Brief;
  /** The control first. */
  readonly arms: readonly Arm[];
  readonly reports: readonly Report[];
  /** YYYY-MM-DD. */
  readonly today: string;
}

/** The metrics that an analysis of this brief reads. */
export function metricsRead(brief: Brief): readonly MetricName[] {
  const rates = [
    brief.primaryMetric,
    ...Object.values(brief.primaryMetricOn),
    ...brief.guardrails.map(({ metric }) => metric),
  ];
  const read = rates.flatMap((rate) => [rate.denominator, rate.numerator, squaresOf(rate.numerator)]);
  const isDrawn = Object.values(brief.assignment).includes('randomised');
  return [...new Set([...read, isDrawn ? DRAWN_UNITS : undefined].filter((name) => name !== undefined))];
}

/**
 * A test by its brief: the primary metric's cells, platform by platform by the platform's own metric, the guardrails'
 * cells, and the units that show whether people were drawn in equal shares. All by the same rules of settling.
 */
export function testDataOf({ brief, arms, reports, today }: ReportedTest): TestData {
  const metricOn = (platform: string): RateMetric => primaryMetricOn(brief, platform);
  const primary = seriesOf(reports, metricOn, brief.attributionWindow);
  const rules = settlingRules(brief, primary, metricOn, today);
  const settled = settledCells(primary, rules);
  const metric = analysedMetric(brief);
  const names = new Map(arms.map(({ id, name }) => [id, name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  const guarded = brief.guardrails.map((guardrail) => guardedCells(guardrail, brief, reports, today));
  const dated = datedByConversion(brief, primary, metricOn);
  return {
    metric,
    arms,
    cells: settled.cells,
    problems: distinct([
      ...metricProblems(brief),
      ...spreadProblems(primary, metric),
      ...settled.problems,
      ...(metric.kind === 'mean' ? [] : lateConversions(primary, settled.cells, nameOf)),
      ...guarded.flatMap(({ problems }) => problems),
    ]),
    leftOutCells: settled.leftOutCells,
    basis: basisOf(primary, rules, settled.cells, dated),
    rules: rulesOf(brief),
    assignment: brief.assignment,
    datedByConversion: dated,
    guardrails: guarded.map(({ guardrail }) => guardrail),
    units: drawnUnits(brief, arms, reports, rules),
  };
}

function rulesOf({ decision, media, primaryMetric }: Brief): NonNullable<TestData['rules']> {
  const perThousand =
    primaryMetric.denominator === 'impressions' ? media?.usdPerThousandImpressions : undefined;
  const { smallestLift, falseCallLimit, method, equivalenceMargin = null } = decision;
  return {
    smallestLift,
    falseCallLimit,
    method,
    equivalenceMargin,
    mediaUsdPerExposure: perThousand === undefined ? null : perThousand / 1000,
  };
}

function analysedMetric({ primaryMetric, primaryMetricOn }: Brief): AnalysedMetric {
  const kind = rateKind(primaryMetric);
  return {
    ...primaryMetric,
    kind: kind === 'unknown' ? 'rate' : kind,
    ...(Object.keys(primaryMetricOn).length > 0 && { onPlatform: primaryMetricOn }),
  };
}

/** What is reported of a rate, platform by platform; of its actions those in the window asked for, where one is. */
function seriesOf(
  reports: readonly Report[],
  metricOn: (platform: string) => RateMetric,
  window: string | undefined,
): readonly Series[] {
  return reports.flatMap(({ metric, ...report }): Series[] => {
    const { numerator, denominator } = metricOn(report.platform);
    const { attributionWindow } = report;
    const isOther = window !== undefined && attributionWindow !== '' && attributionWindow !== window;
    if (isOther) return [];
    const isSquares =
      rateKind({ name: '', numerator, denominator }) === 'mean' && metric === squaresOf(numerator);
    return [
      ...(metric === denominator ? [{ ...report, quantity: 'exposures' as const }] : []),
      ...(metric === numerator ? [{ ...report, quantity: 'conversions' as const }] : []),
      ...(isSquares ? [{ ...report, quantity: 'sum_of_squares' as const }] : []),
    ];
  });
}

function settlingRules(
  { settling, learning }: Pick<Brief, 'settling' | 'learning'>,
  series: readonly Series[],
  metricOn: (platform: string) => RateMetric,
  today: string,
): SettlingRules {
  const platforms = [...new Set(series.map(({ platform }) => platform))];
  const lags = platforms.map((platform) => {
    const windows = series.filter((one) => one.platform === platform).map((one) => one.attributionWindow);
    return [platform, settlesAfterDays(settling, platform, metricOn(platform), windows)] as const;
  });
  return { today, settlesAfterDays: Object.fromEntries(lags), otherwiseAfterDays: 0, learning };
}

function guardedCells(
  { metric, worseWhen, tolerated }: Brief['guardrails'][number],
  brief: Brief,
  reports: readonly Report[],
  today: string,
): { readonly guardrail: Guardrail; readonly problems: SettledCells['problems'] } {
  const metricOn = () => metric;
  const series = seriesOf(reports, metricOn, brief.attributionWindow);
  const { cells, problems } = settledCells(series, settlingRules(brief, series, metricOn, today));
  const kind = rateKind(metric);
  const analysed: AnalysedMetric = { ...metric, kind: kind === 'unknown' ? 'rate' : kind };
  return {
    guardrail: { metric: analysed, cells, isWorseWhen: worseWhen, tolerated },
    problems: [...spreadProblems(series, analysed), ...problems].map((problem) => ({
      ...problem,
      found: `guardrail ${metric.name}: ${problem.found}`,
    })),
  };
}

/** Where the brief says so, and where actions come as running totals: what such a total gains is of the day it was read. */
function datedByConversion(
  { conversionsDatedBy }: Brief,
  series: readonly Series[],
  metricOn: (platform: string) => RateMetric,
): readonly string[] {
  const declared = Object.entries(conversionsDatedBy).filter(([, by]) => by === 'conversion');
  const running = series.filter(
    ({ quantity, reporting, platform }) =>
      quantity === 'conversions' && reporting === 'cumulative' && comesLate(metricOn(platform)),
  );
  return [
    ...new Set([...declared.map(([platform]) => platform), ...running.map(({ platform }) => platform)]),
  ];
}

function basisOf(
  series: readonly Series[],
  rules: SettlingRules,
  cells: readonly Cell[],
  dated: readonly string[],
): DataBasis {
  const last = new Map<string, string>();
  for (const { platform, day } of cells) if (day > (last.get(platform) ?? '')) last.set(platform, day);
  const distinctOf = (values: readonly string[]) => [...new Set(values)].sort();
  return {
    settling: Object.fromEntries(
      Object.entries(rules.settlesAfterDays).map(([platform, afterDays]) => [
        platform,
        { afterDays, lastDay: last.get(platform) ?? null },
      ]),
    ),
    attributionWindows: distinctOf(
      series.map(({ attributionWindow }) => attributionWindow).filter((name) => name !== ''),
    ),
    currencies: distinctOf(series.flatMap(({ currency }) => (currency === null ? [] : [currency]))),
    cumulative: distinctOf(
      series.filter(({ reporting }) => reporting === 'cumulative').map(({ platform }) => platform),
    ),
    datedByConversion: dated,
  };
}

/** Each once: a guardrail and the primary metric may share what is wrong. */
function distinct(problems: readonly DataProblem[]): readonly DataProblem[] {
  return [...new Map(problems.map((problem) => [problem.found, problem])).values()];
}
