import { type Cell, SEPARATOR } from './cells.ts';
import type { DataProblem, Evidence } from './verdict.ts';

/** One number that a platform reported about one publication (an ad or post) and day. */
export interface Observation {
  readonly armId: string;
  readonly publicationId: string;
  readonly platform: string;
  /** Empty where the platform has none. */
  readonly adSet: string;
  readonly market: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly quantity: 'exposures' | 'conversions' | 'sum_of_squares';
  readonly value: number;
  /** `cumulative`: all of the publication so far. */
  readonly reporting: 'interval' | 'cumulative';
  /** Within which conversions count, as the platform writes it (`7d_click`); empty where it says nothing. */
  readonly attributionWindow: string;
  /** ISO 4217; null for what is no money. */
  readonly currency: string | null;
  /** The platform was still learning whom to show it to, and the team wants such days left out. */
  readonly isLearning: boolean;
}

/** Which observations may enter a test. */
export interface SettlingRules {
  /** YYYY-MM-DD: the day on which the analysis is made; it and later days are never settled. */
  readonly today: string;
  /** Days after which a platform restates a day no more; by platform. */
  readonly settlesAfterDays: Readonly<Record<string, number>>;
  /** For the platforms that are not named. */
  readonly otherwiseAfterDays: number;
}

export interface SettledCells {
  readonly cells: readonly Cell[];
  /** Two currencies or attribution windows in one comparison, and running totals that fell. */
  readonly problems: readonly DataProblem[];
  readonly leftOutCells: Evidence['leftOutCells'];
}

/**
 * The cells of a test from what platforms report: running totals become days' numbers, publications of one arm in one ad
 * set and market are added up, and days that may still be restated or that were declared a learning phase are left out
 * whole, exposures and conversions alike.
 */
export function settledCells(observations: readonly Observation[], rules: SettlingRules): SettledCells {
  const { daily, problems } = perDay(observations);
  const cells = new Map<string, Cell>();
  const unsettled = new Set<string>();
  const learning = new Set<string>();
  for (const one of daily) {
    const { armId, platform, day, value } = one;
    const cell = [one.adSet, one.market].filter((part) => part !== '').join(' / ');
    const key = [armId, platform, cell, day].join(SEPARATOR);
    if (!isSettled(one, rules)) unsettled.add(key);
    else if (one.isLearning) learning.add(key);
    else {
      const before = cells.get(key) ?? {
        armId,
        platform,
        cell,
        day,
        exposures: 0,
        conversions: 0,
        sumOfSquares: 0,
      };
      cells.set(key, {
        ...before,
        exposures: before.exposures + (one.quantity === 'exposures' ? value : 0),
        conversions: before.conversions + (one.quantity === 'conversions' ? value : 0),
        sumOfSquares: (before.sumOfSquares ?? 0) + (one.quantity === 'sum_of_squares' ? value : 0),
      });
    }
  }
  return {
    cells: [...cells.values()],
    problems: [...problems, ...twoOf(observations)],
    leftOutCells: { unsettled: unsettled.size, learning: learning.size },
  };
}

function isSettled({ day, platform }: Observation, rules: SettlingRules): boolean {
  const { settlesAfterDays, otherwiseAfterDays, today } = rules;
  const after = Object.hasOwn(settlesAfterDays, platform)
    ? (settlesAfterDays[platform] ?? 0)
    : otherwiseAfterDays;
  return Date.parse(today) - Date.parse(day) > after * 86_400_000;
}

/** Running totals, of each publication and quantity by themselves, as differences from day to day. */
function perDay(observations: readonly Observation[]) {
  const problems: DataProblem[] = [];
  const courses = new Map<string, Observation[]>();
  const daily: Observation[] = [];
  for (const one of observations) {
    if (one.reporting === 'interval') {
      daily.push(one);
      continue;
    }
    const key = [one.publicationId, one.quantity, one.attributionWindow].join(SEPARATOR);
    const course = courses.get(key) ?? [];
    courses.set(key, course);
    course.push(one);
  }
  for (const course of courses.values()) {
    let total = 0;
    for (const one of course.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))) {
      const { armId, platform, day, quantity, value } = one;
      if (value < total) {
        const found = `${platform}, ${day}: the running total of ${quantity} of ${one.publicationId} fell from ${total} to ${value}`;
        problems.push({ code: 'cumulative_fell', found, variantId: armId, platform, day });
      }
      daily.push({ ...one, reporting: 'interval', value: value - total });
      total = value;
    }
  }
  return { daily, problems };
}

/** What can't be compared: amounts in two currencies, conversions within two windows. */
function twoOf(observations: readonly Observation[]): DataProblem[] {
  const currencies = new Set(observations.flatMap(({ currency }) => (currency === null ? [] : [currency])));
  const windows = new Set(
    observations.flatMap(({ quantity, attributionWindow }) =>
      quantity === 'conversions' && attributionWindow !== '' ? [attributionWindow] : [],
    ),
  );
  const listed = (names: ReadonlySet<string>) => [...names].sort().join(' and ');
  return [
    ...(currencies.size > 1
      ? [
          {
            code: 'two_currencies' as const,
            found: `amounts in ${listed(currencies)}, which one comparison can't mix`,
          },
        ]
      : []),
    ...(windows.size > 1
      ? [
          {
            code: 'two_windows' as const,
            found: `conversions within ${listed(windows)}, which one comparison can't mix`,
          },
        ]
      : []),
  ];
}
