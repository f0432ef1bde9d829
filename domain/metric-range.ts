import { formatMonth, monthOf } from './budget.ts';
import { isMetricName, METRIC_KINDS, METRIC_NAMES, type MetricName } from './metrics.ts';
import { isPlatform, PLATFORMS, type Platform } from './platforms.ts';
import { daysBefore, monthsBefore } from './retention.ts';

/** What the metric tables can hold. Whatever else there is to say of a number is the file's or the connector's. */

/** The oldest rows taken; older ones belong to months that are dropped. */
const MAX_AGE_YEARS = 3;
/** A day that is still running ends in the future, in the furthest time zone too. */
const MAX_AHEAD_DAYS = 31;

interface GivenRow {
  readonly platform: string;
  readonly metric: string;
  /** A decimal number as text. */
  readonly value: string;
  readonly recordedAt: Date;
}

export interface MetricRow extends GivenRow {
  readonly platform: Platform;
  readonly metric: MetricName;
}

/** Months, such as `2025-01`, that take no more rows. */
export type ClosedMonths = ReadonlySet<string>;

/** The row as it can be stored; or why it can't be, with what is allowed. */
export function readMetricRow(row: GivenRow, now: Date, closed: ClosedMonths): MetricRow | string {
  const { platform, metric, value, recordedAt } = row;
  if (!isPlatform(platform)) return `unknown platform "${platform}"; allowed are ${PLATFORMS.join(', ')}`;
  if (!isMetricName(metric)) return `unknown metric "${metric}"; allowed are ${METRIC_NAMES.join(', ')}`;
  const problem = valueProblem(metric, value) ?? timeProblem(recordedAt, now, closed);
  return problem ?? { platform, metric, value, recordedAt };
}

/**
 * DECIMAL(15,4), so eleven digits before the point, and nothing but digits: neither NaN nor Infinity, and no comma, which
 * could be a decimal one or a thousand's and is never guessed. A count is a whole number.
 */
function valueProblem(metric: MetricName, value: string): string | undefined {
  const isCount = METRIC_KINDS[metric] === 'count';
  const form = isCount ? /^\d{1,11}$/ : /^\d{1,11}(\.\d{1,4})?$/;
  if (form.test(value)) return undefined;
  const allowed = isCount
    ? 'a whole number from 0 to 99999999999'
    : 'a number from 0 to 99999999999.9999 with up to four decimals, written with a point';
  return `"${value}" is no value for ${metric}; allowed is ${allowed}`;
}

function timeProblem(at: Date, now: Date, closed: ClosedMonths): string | undefined {
  if (Number.isNaN(at.getTime())) return 'its time is none';
  const shown = at.toISOString();
  if (at < monthsBefore(now, 12 * MAX_AGE_YEARS)) return `${shown} is over ${MAX_AGE_YEARS} years ago`;
  if (at > daysBefore(now, -MAX_AHEAD_DAYS)) return `${shown} is more than ${MAX_AHEAD_DAYS} days ahead`;
  const month = formatMonth(monthOf(at));
  return closed.has(month)
    ? `${shown} is in ${month}, which is archived and takes no more rows, since its campaigns are all over; leave it out`
    : undefined;
}
