import type { LearningPhase } from '../domain/settling.ts';
import { type Cell, SEPARATOR } from './cells.ts';
import type { DataProblem, Evidence } from './verdict.ts';

/** What a platform reported of one quantity of one publication (an ad or post), day after day. */
export interface Series {
  readonly armId: string;
  readonly publicationId: string;
  /** The publication as people know it. */
  readonly publication: string;
  readonly platform: string;
  /** Empty where the platform has none. */
  readonly adSet: string;
  readonly market: string;
  readonly quantity: 'exposures' | 'conversions' | 'sum_of_squares';
  /** `cumulative`: all of the publication so far. */
  readonly reporting: 'interval' | 'cumulative';
  /** Within which conversions count, as the platform writes it (`7d_click`); empty where it says nothing. */
  readonly attributionWindow: string;
  /** ISO 4217; null for what is no money. */
  readonly currency: string | null;
  /** YYYY-MM-DD; a day may come more than once, running totals then in their order. */
  readonly days: readonly string[];
  /** As many as days. */
  readonly values: readonly number[];
}

/** Which of what was reported may enter a test. */
export interface SettlingRules {
  /** YYYY-MM-DD: the day on which the analysis is made; it and later days are never settled. */
  readonly today: string;
  /** Days after which a platform restates a day no more; by platform. */
  readonly settlesAfterDays: Readonly<Record<string, number>>;
  /** For the platforms that are not named. */
  readonly otherwiseAfterDays: number;
  readonly learning: readonly LearningPhase[];
}

export interface SettledCells {
  readonly cells: readonly Cell[];
  /** Two currencies or attribution windows in one comparison, and running totals that fell or that come beside daily numbers. */
  readonly problems: readonly DataProblem[];
  readonly leftOutCells: Evidence['leftOutCells'];
}

/** What an arm got in one place, by day. */
interface Place extends Pick<Cell, 'armId' | 'platform' | 'cell'> {
  readonly days: Map<string, CountedCell>;
  readonly unsettled: Set<string>;
  readonly learning: Set<string>;
}

interface CountedCell extends Cell {
  exposures: number;
  conversions: number;
  sumOfSquares: number;
}

/**
 * The cells of a test from what platforms report: running totals become days' numbers, publications of one arm in one ad
 * set and market are added up, and days that may still be restated or that were declared a learning phase are left out
 * whole, exposures and conversions alike.
 */
export function settledCells(reported: readonly Series[], rules: SettlingRules): SettledCells {
  const { daily, problems } = perDay(reported);
  const begun = rules.learning.length > 0 ? firstDays(daily) : new Map<string, string>();
  const places = new Map<string, Place>();
  const cells: CountedCell[] = [];
  const lastSettled = new Map(
    [...new Set(daily.map(({ platform }) => platform))].map((name) => [name, lastSettledDay(name, rules)]),
  );
  for (const series of daily) {
    const { platform, quantity } = series;
    const place = placeOf(series, places);
    const settledTo = lastSettled.get(platform) ?? '';
    const phases = rules.learning
      .filter((phase) => phase.platform === platform)
      .map((phase) => spanOf(phase, begun.get(series.publicationId) ?? ''));
    const field =
      quantity === 'sum_of_squares' ? 'sumOfSquares' : quantity === 'exposures' ? 'exposures' : 'conversions';
    series.days.forEach((day, i) => {
      if (day > settledTo) place.unsettled.add(day);
      else if (phases.some(([from, to]) => day >= from && day <= to)) place.learning.add(day);
      else {
        cellOf(place, day, cells)[field] += series.values[i] ?? 0;
      }
    });
  }
  const all = [...places.values()];
  return {
    cells,
    problems: [...problems, ...mixtures(reported)],
    leftOutCells: {
      unsettled: all.reduce((sum, { unsettled }) => sum + unsettled.size, 0),
      learning: all.reduce((sum, place) => sum + place.learning.size, 0),
    },
  };
}

/** The last day of a platform that it restates no more; YYYY-MM-DD. */
function lastSettledDay(
  platform: string,
  { today, settlesAfterDays, otherwiseAfterDays }: SettlingRules,
): string {
  const after = Object.hasOwn(settlesAfterDays, platform)
    ? (settlesAfterDays[platform] ?? 0)
    : otherwiseAfterDays;
  return daysBefore(today, after + 1);
}

/** From its first to its last day, for a publication that began on a day. */
function spanOf({ firstDays, from = '', to = '' }: LearningPhase, begun: string): readonly [string, string] {
  return firstDays === undefined ? [from, to] : [begun, daysBefore(begun, 1 - firstDays)];
}

/** So many days before a day; YYYY-MM-DD. What is no day stays as it is. */
function daysBefore(day: string, count: number): string {
  const time = Date.parse(`${day}T00:00:00Z`) - count * 86_400_000;
  return Number.isNaN(time) ? day : new Date(time).toISOString().slice(0, 10);
}

function placeOf({ armId, platform, adSet, market }: Series, places: Map<string, Place>): Place {
  const cell = [adSet, market].filter((part) => part !== '').join(' / ');
  const key = [armId, platform, cell].join(SEPARATOR);
  const known = places.get(key);
  if (known !== undefined) return known;
  const place = {
    armId,
    platform,
    cell,
    days: new Map(),
    unsettled: new Set<string>(),
    learning: new Set<string>(),
  };
  places.set(key, place);
  return place;
}

/** Made as needed, and put to the others. */
function cellOf({ armId, platform, cell, days }: Place, day: string, cells: CountedCell[]): CountedCell {
  const known = days.get(day);
  if (known !== undefined) return known;
  const made = { armId, platform, cell, day, exposures: 0, conversions: 0, sumOfSquares: 0 };
  days.set(day, made);
  cells.push(made);
  return made;
}

/** Of each publication, over all its quantities. */
function firstDays(series: readonly Series[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { publicationId, days } of series) {
    for (const day of days) {
      const before = first.get(publicationId);
      if (before === undefined || day < before) first.set(publicationId, day);
    }
  }
  return first;
}

/** Running totals, of each publication and quantity by themselves, as differences from one to the next. */
function perDay(reported: readonly Series[]) {
  const problems: DataProblem[] = [];
  const courses = new Map<string, Series[]>();
  const daily: Series[] = [];
  const keyOf = (one: Series) => [one.publicationId, one.quantity, one.attributionWindow].join(SEPARATOR);
  for (const one of reported) {
    if (one.reporting === 'interval') {
      daily.push(one);
      continue;
    }
    const course = courses.get(keyOf(one)) ?? [];
    courses.set(keyOf(one), course);
    course.push(one);
  }
  for (const one of daily) {
    const totals = courses.get(keyOf(one));
    if (totals === undefined) continue;
    const { armId: variantId, platform, publication, quantity } = one;
    const day = one.days[0] ?? '';
    const found = `${platform}, ${day}: ${quantity} of ${publication} come as daily numbers and as running totals, and would count twice`;
    problems.push({ code: 'mixed_reporting', found, variantId, platform, day });
  }
  for (const course of courses.values()) {
    const [first] = course;
    if (first === undefined) continue;
    const { armId: variantId, platform, publication, quantity } = first;
    let total = 0;
    const days: string[] = [];
    const values: number[] = [];
    for (const [day, value] of inOrder(course)) {
      if (value < total) {
        const found = `${platform}, ${day}: the running total of ${quantity} of ${publication} fell from ${total} to ${value}`;
        problems.push({ code: 'cumulative_fell', found, variantId, platform, day });
      }
      days.push(day);
      values.push(Math.max(0, value - total));
      total = value;
    }
    daily.push({ ...first, reporting: 'interval', days, values });
  }
  return { daily, problems };
}

/** What several series say of one course, by day. */
function inOrder(course: readonly Series[]): readonly (readonly [day: string, value: number])[] {
  const points = course.flatMap(({ days, values }) => days.map((day, i) => [day, values[i] ?? 0] as const));
  return points.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}

/** What can't be compared: amounts in two currencies, conversions within two windows. With where the second first comes. */
function mixtures(reported: readonly Series[]): DataProblem[] {
  const byCurrency = new Map<string, Series>();
  const byWindow = new Map<string, Series>();
  const silent = new Map<string, Series>();
  for (const one of reported) {
    if (one.currency !== null && !byCurrency.has(one.currency)) byCurrency.set(one.currency, one);
    if (one.quantity !== 'conversions') continue;
    if (one.attributionWindow === '') silent.set(one.platform, one);
    else if (!byWindow.has(one.attributionWindow)) byWindow.set(one.attributionWindow, one);
  }
  // A platform that names none is its own matter; but one that names one now and none then has counted twice.
  const unnamed = [...byWindow.values()]
    .map(({ platform }) => silent.get(platform))
    .find((one) => one !== undefined);
  const windows =
    unnamed === undefined ? byWindow : new Map([...byWindow, ['a window that is not named', unnamed]]);
  return [
    ...mixture('two_currencies', 'amounts in', byCurrency),
    ...mixture('two_windows', 'conversions within', windows),
  ];
}

function mixture(
  code: 'two_currencies' | 'two_windows',
  what: string,
  found: ReadonlyMap<string, Series>,
): DataProblem[] {
  const second = [...found.values()][1];
  if (second === undefined) return [];
  const { armId: variantId, platform, publication, days } = second;
  const day = days[0] ?? '';
  const place = `the second on ${platform}, ${day}, for ${publication}`;
  const names = [...found.keys()].sort().join(' and ');
  return [
    { code, found: `${what} ${names}, which one comparison can't mix; ${place}`, variantId, platform, day },
  ];
}
