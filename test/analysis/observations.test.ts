import { expect, test } from '@jest/globals';
import { type Observation, type SettlingRules, settledCells } from '../../analysis/observations.ts';

const RULES: SettlingRules = {
  today: '2026-05-10',
  settlesAfterDays: { facebook: 3 },
  otherwiseAfterDays: 0,
};

function observed(changes: Partial<Observation>): Observation {
  return {
    armId: 'a',
    publicationId: 'ad 1',
    platform: 'tiktok',
    adSet: '',
    market: '',
    day: '2026-05-01',
    quantity: 'exposures',
    value: 100,
    reporting: 'interval',
    attributionWindow: '',
    currency: null,
    isLearning: false,
    ...changes,
  };
}

test('two ads of one variant in one ad set and market are one cell, and two ad sets are two', () => {
  const { cells, problems } = settledCells(
    [
      observed({ adSet: 'broad', market: 'DE' }),
      observed({ adSet: 'broad', market: 'DE', publicationId: 'ad 2', value: 50 }),
      observed({ adSet: 'broad', market: 'DE', quantity: 'conversions', value: 7 }),
      observed({ adSet: 'narrow', market: 'DE', publicationId: 'ad 3', value: 20 }),
    ],
    RULES,
  );
  expect(problems).toEqual([]);
  expect(cells).toEqual([
    {
      armId: 'a',
      platform: 'tiktok',
      cell: 'broad / DE',
      day: '2026-05-01',
      exposures: 150,
      conversions: 7,
      sumOfSquares: 0,
    },
    {
      armId: 'a',
      platform: 'tiktok',
      cell: 'narrow / DE',
      day: '2026-05-01',
      exposures: 20,
      conversions: 0,
      sumOfSquares: 0,
    },
  ]);
});

test('running totals become what each day added, whatever order they came in', () => {
  const total = (day: string, value: number) => observed({ reporting: 'cumulative', day, value });
  const { cells, problems } = settledCells(
    [total('2026-05-03', 260), total('2026-05-01', 100), total('2026-05-02', 180)],
    RULES,
  );
  expect(problems).toEqual([]);
  expect(cells.map(({ day, exposures }) => [day, exposures])).toEqual([
    ['2026-05-01', 100],
    ['2026-05-02', 80],
    ['2026-05-03', 80],
  ]);
});

test('a running total that fell is a problem with its variant, platform and day', () => {
  const { problems } = settledCells(
    [
      observed({ reporting: 'cumulative', value: 100 }),
      observed({ reporting: 'cumulative', day: '2026-05-02', value: 90 }),
    ],
    RULES,
  );
  expect(problems).toMatchObject([
    { code: 'cumulative_fell', variantId: 'a', platform: 'tiktok', day: '2026-05-02' },
  ]);
});

test('days that a platform may still restate stay out, by the lag of each platform; so does today', () => {
  const days = ['2026-05-06', '2026-05-07', '2026-05-09', '2026-05-10'];
  const seen = (platform: string) =>
    settledCells(
      days.map((day) => observed({ platform, day })),
      RULES,
    );
  expect(seen('tiktok').cells.map(({ day }) => day)).toEqual(['2026-05-06', '2026-05-07', '2026-05-09']);
  expect(seen('facebook').cells.map(({ day }) => day)).toEqual(['2026-05-06']);
  expect(seen('facebook').leftOutCells).toEqual({ unsettled: 3, learning: 0 });
});

test('days declared as a learning phase are left out, and counted', () => {
  const { cells, leftOutCells } = settledCells(
    [observed({ isLearning: true }), observed({ day: '2026-05-02' })],
    RULES,
  );
  expect(cells.map(({ day }) => day)).toEqual(['2026-05-02']);
  expect(leftOutCells).toEqual({ unsettled: 0, learning: 1 });
});

test('two currencies, or two attribution windows, are refused in one comparison', () => {
  const { problems } = settledCells(
    [
      observed({ currency: 'EUR' }),
      observed({ currency: 'USD', day: '2026-05-02' }),
      observed({ quantity: 'conversions', attributionWindow: '7d_click' }),
      observed({ quantity: 'conversions', attributionWindow: '1d_view', day: '2026-05-02' }),
    ],
    RULES,
  );
  expect(problems).toEqual([
    { code: 'two_currencies', found: "amounts in EUR and USD, which one comparison can't mix" },
    { code: 'two_windows', found: "conversions within 1d_view and 7d_click, which one comparison can't mix" },
  ]);
});
