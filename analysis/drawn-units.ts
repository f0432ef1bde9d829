import type { Brief } from '../domain/brief.ts';
import type { MetricName } from '../domain/metrics.ts';
import type { Arm } from './cells.ts';
import { type Series, type SettlingRules, settledCells } from './observations.ts';
import type { Report } from './report.ts';
import type { SampleUnits } from './sample-ratio.ts';

/** People reached for the first time: the one count of units that are drawn each by itself. */
export const DRAWN_UNITS: MetricName = 'reach';

/**
 * New people a day, from running totals of reach: a day's own reach counts again who came before. Only where people were
 * drawn by chance, and only over the days that all arms share: one that began later was to get fewer.
 */
export function drawnUnits(
  { assignment }: Brief,
  arms: readonly Arm[],
  reports: readonly Report[],
  rules: SettlingRules,
): readonly SampleUnits[] {
  const drawn = Object.entries(assignment).filter(([, kind]) => kind === 'randomised');
  return drawn.flatMap(([platform]): SampleUnits[] => {
    const reach = reports.filter(
      (one) => one.platform === platform && one.metric === DRAWN_UNITS && one.reporting === 'cumulative',
    );
    const series = reach.map((one): Series => ({ ...one, quantity: 'exposures' }));
    const { cells } = settledCells(series, { ...rules, learning: [] });
    const daysOf = (id: string) =>
      cells
        .filter(({ armId }) => armId === id)
        .map(({ day }) => day)
        .sort();
    const spans = arms.map(({ id }) => daysOf(id)).filter((days) => days.length > 0);
    // Two ads of one arm reach some people twice.
    const isPlain = spans.length === arms.length && reach.length === arms.length;
    if (!isPlain) return [];
    const from =
      spans
        .map((days) => days[0] ?? '')
        .sort()
        .at(-1) ?? '';
    const to = spans.map((days) => days.at(-1) ?? '').sort()[0] ?? '';
    return cells
      .filter(({ day }) => day >= from && day <= to)
      .map(({ armId, day, exposures }) => ({ platform, armId, day, count: exposures }));
  });
}
