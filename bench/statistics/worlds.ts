import type { ArmColumn, Stratum, StratumTable } from '../../analysis/stratum-table.ts';
import type { Random } from './random.ts';

export const DAYS = 28;
/** So many each day in a world of two arms at equal shares. */
const EXPOSURES = 10_000;

/** What an audience did: a table of one platform, a row of cells for each day. */
export interface World extends StratumTable {
  readonly armIds: readonly string[];
  /** The strata up to and with a day, counted from 0. */
  upTo(day: number): readonly number[];
}

/** Conversions that are expected of an arm on a day in a cell, and its exposures. */
interface Expected {
  readonly exposures: number;
  readonly rate: number;
}

function worldOf(
  arms: number,
  cells: number,
  counts: (arm: number, day: number, cell: number) => readonly [number, number],
): World {
  const strata = Array.from({ length: DAYS * cells }, (_, s): Stratum => {
    const day = new Date(Date.UTC(2026, 4, 1 + Math.floor(s / cells))).toISOString().slice(0, 10);
    return { platform: 'tiktok', cell: String(s % cells), day };
  });
  const armIds = Array.from({ length: arms }, (_, arm) => String(arm));
  const columns = new Map<string, ArmColumn>(
    armIds.map((id) => [
      id,
      {
        exposures: new Float64Array(strata.length),
        conversions: new Float64Array(strata.length),
        squares: new Float64Array(strata.length),
      },
    ]),
  );
  // Day by day over all arms: an allocation that follows the past sees all of it.
  for (let day = 0; day < DAYS; day++) {
    armIds.forEach((id, arm) => {
      const column = columns.get(id);
      for (let cell = 0; column !== undefined && cell < cells; cell++) {
        const [exposures, conversions] = counts(arm, day, cell);
        column.exposures[day * cells + cell] = exposures;
        column.conversions[day * cells + cell] = conversions;
      }
    });
  }
  const seen = Array.from({ length: DAYS }, (_, day) =>
    Array.from({ length: (day + 1) * cells }, (__, s) => s),
  );
  return { strata, columns, armIds, upTo: (day) => seen[day] ?? [] };
}

function drawn(random: Random, { exposures, rate }: Expected): readonly [number, number] {
  return [exposures, random.poisson(exposures * rate)];
}

/** Conversions come independently; the last arm is better by `lift`, all others are alike. */
export function independent(random: Random, arms: number, daily: number, lift: number): World {
  return worldOf(arms, 1, (arm) =>
    drawn(random, { exposures: EXPOSURES, rate: (daily / EXPOSURES) * (arm === arms - 1 ? 1 + lift : 1) }),
  );
}

/** No difference; each day's shares follow what the arms did so far, and all rates rise and fall together. Dated by exposure. */
export function followingAllocation(random: Random, daily: number): World {
  const exposed = [0, 0];
  const converted = [0, 0];
  let share = 0.5;
  let common = 1;
  return worldOf(2, 1, (arm, day) => {
    if (arm === 0) {
      common = Math.exp(0.3 * random.normal());
      const [p0, p1] = [0, 1].map((i) => ((converted[i] ?? 0) + 1) / ((exposed[i] ?? 0) + 100));
      // From the third day on, nine tenths to whoever is ahead by as much as it is.
      if (day >= 2) share = Math.min(0.9, Math.max(0.1, 0.5 + 6 * Math.log((p0 ?? 1) / (p1 ?? 1))));
    }
    const exposures = Math.round(2 * EXPOSURES * (arm === 0 ? share : 1 - share));
    const counts = drawn(random, { exposures, rate: (daily / EXPOSURES) * common });
    exposed[arm] = (exposed[arm] ?? 0) + counts[0];
    converted[arm] = (converted[arm] ?? 0) + counts[1];
    return counts;
  });
}

/** No difference; conversions come 3 days after their exposure on average and carry that date, and on day 10 the shares shift. */
export function datedByConversion(random: Random, daily: number): World {
  const due = [new Float64Array(DAYS + 60), new Float64Array(DAYS + 60)];
  return worldOf(2, 1, (arm, day) => {
    const share = day < 10 ? 0.5 : arm === 0 ? 0.2 : 0.8;
    const exposures = Math.round(2 * EXPOSURES * share);
    const own = due[arm] ?? new Float64Array(0);
    for (let lag = 0; lag < 30; lag++) {
      const count = random.poisson(exposures * (daily / EXPOSURES) * 0.25 * 0.75 ** lag);
      own[day + lag] = (own[day + lag] ?? 0) + count;
    }
    return [exposures, own[day] ?? 0];
  });
}

/** No difference; two ad sets, one of which converts three times as well, with arms shown more in one or the other. */
export function unevenAdSets(random: Random, daily: number): World {
  return worldOf(2, 2, (arm, _, cell) => {
    const share = arm === cell ? 0.525 : 0.475;
    return drawn(random, {
      exposures: EXPOSURES * share,
      rate: (daily / EXPOSURES) * (cell === 0 ? 0.5 : 1.5),
    });
  });
}

/** No difference; each arm has good and bad days of its own, whose log effects keep this part of the day before's. */
export function armDays(random: Random, daily: number, spread: number, kept: number): World {
  const effect = [0, 0];
  return worldOf(2, 1, (arm, day) => {
    const fresh = spread * random.normal();
    effect[arm] = day === 0 ? fresh : kept * (effect[arm] ?? 0) + Math.sqrt(1 - kept * kept) * fresh;
    return drawn(random, { exposures: EXPOSURES, rate: (daily / EXPOSURES) * Math.exp(effect[arm] ?? 0) });
  });
}

/** No difference; half of those who convert come back: each conversion is followed by more on the next days. */
export function returningUsers(random: Random, daily: number): World {
  let before = [0, 0];
  let today = [0, 0];
  return worldOf(2, 1, (arm, day) => {
    if (arm === 0 && day > 0) [before, today] = [today, [0, 0]];
    const count = random.poisson(daily * 0.5) + random.poisson(0.5 * (before[arm] ?? 0));
    today[arm] = count;
    return [EXPOSURES, count];
  });
}

/** No difference of the videos; the platform found each an audience of its own, whose rates differ by this spread. */
export function steered(random: Random, daily: number, spread: number): World {
  const rates = [0, 1].map(() => (daily / EXPOSURES) * Math.exp((spread / Math.SQRT2) * random.normal()));
  return worldOf(2, 1, (arm) => drawn(random, { exposures: EXPOSURES, rate: rates[arm] ?? 0 }));
}

/** A lift that is gone after so many days. */
export function fading(random: Random, daily: number, lift: number, after: number): World {
  return worldOf(2, 1, (arm, day) =>
    drawn(random, {
      exposures: EXPOSURES,
      rate: (daily / EXPOSURES) * (arm === 1 && day < after ? 1 + lift : 1),
    }),
  );
}
