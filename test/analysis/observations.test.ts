import { expect, test } from '@jest/globals';
import { type Series, type SettlingRules, settledCells } from '../../analysis/observations.ts';

const RULES: SettlingRules = {
  today: '2026-05-10',
  settlesAfterDays: { facebook: 3 },
  otherwiseAfterDays: 0,
  learning: [],
};

/** A series of one day, unless told otherwise. */
function observed({
  day = '2026-05-01',
  value = 100,
  ...changes
}: Partial<Series> & { day?: string; value?: number }): Series {
  return {
    armId: 'a',
    publicationId: 'ad 1',
    publication: 'A, ad 1',
    platform: 'tiktok',
    adSet: '',
    market: '',
    quantity: 'exposures',
    reporting: 'interval',
    attributionWindow: '',
    currency: null,
    days: [day],
    values: [value],
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
  const days = ['2026-05-01', '2026-05-02', '2026-05-03', '2026-05-04'];
  const ads = [
    observed({ days, values: [1, 2, 3, 4] }),
    observed({ publicationId: 'ad 2', adSet: 'late', days: days.slice(2), values: [30, 40] }),
    observed({ platform: 'youtube', publicationId: 'ad 3', days, values: [1, 2, 3, 4] }),
  ];
  const seen = (learning: SettlingRules['learning']) => {
    const { cells, leftOutCells } = settledCells(ads, { ...RULES, learning });
    return {
      days: cells.map(({ platform, cell, day }) => `${platform} ${cell} ${day.slice(-1)}`),
      leftOutCells,
    };
  };
  const youtube = ['youtube  1', 'youtube  2', 'youtube  3', 'youtube  4'];
  // An ad that began later learns later.
  expect(seen([{ platform: 'tiktok', firstDays: 1 }])).toEqual({
    days: ['tiktok  2', 'tiktok  3', 'tiktok  4', 'tiktok late 4', ...youtube],
    leftOutCells: { unsettled: 0, learning: 2 },
  });
  expect(seen([{ platform: 'tiktok', from: '2026-05-02', to: '2026-05-03' }])).toEqual({
    days: ['tiktok  1', 'tiktok  4', 'tiktok late 4', ...youtube],
    leftOutCells: { unsettled: 0, learning: 3 },
  });
});

test('two currencies, or two attribution windows, are refused in one comparison, with where the second comes', () => {
  const { problems } = settledCells(
    [
      observed({ currency: 'EUR' }),
      observed({
        currency: 'USD',
        armId: 'b',
        publication: 'B, ad 2',
        platform: 'youtube',
        day: '2026-05-02',
      }),
      observed({ quantity: 'conversions', attributionWindow: '7d_click' }),
      observed({ quantity: 'conversions', attributionWindow: '1d_view', day: '2026-05-02' }),
    ],
    RULES,
  );
  expect(problems).toEqual([
    {
      code: 'two_currencies',
      found:
        "amounts in EUR and USD, which one comparison can't mix; the second on youtube, 2026-05-02, for B, ad 2",
      variantId: 'b',
      platform: 'youtube',
      day: '2026-05-02',
    },
    {
      code: 'two_windows',
      found:
        "conversions within 1d_view and 7d_click, which one comparison can't mix; the second on tiktok, 2026-05-02, for A, ad 1",
      variantId: 'a',
      platform: 'tiktok',
      day: '2026-05-02',
    },
  ]);
});

test('a window that is named for some conversions of a platform and not for others is refused, and on another platform is not', () => {
  const named = observed({ quantity: 'conversions', attributionWindow: '7d_click' });
  const unnamed = (platform: string) => observed({ quantity: 'conversions', platform, day: '2026-05-02' });
  expect(settledCells([named, unnamed('youtube')], RULES).problems).toEqual([]);
  expect(settledCells([named, unnamed('tiktok')], RULES).problems).toMatchObject([
    { code: 'two_windows', platform: 'tiktok', day: '2026-05-02' },
  ]);
});

test('a number that comes by the day and as a running total too is refused: it would count twice', () => {
  const { problems } = settledCells(
    [observed({}), observed({ reporting: 'cumulative', day: '2026-05-02', value: 300 })],
    RULES,
  );
  expect(problems).toMatchObject([
    { code: 'mixed_reporting', variantId: 'a', platform: 'tiktok', day: '2026-05-01' },
  ]);
});
