import { describe, expect, test } from '@jest/globals';
import { type Budget, formatMonth, leftIn, monthOf, parseMonth } from '../../domain/budget.ts';
import { fromUsd, isUsd } from '../../domain/money.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { estimate, variantsThatFit } from '../../planning/estimate.ts';
import { briefWith } from '../domain/example-brief.ts';

const PUBLISHED = pricingOf('openai-compatible', PUBLISHED_PRICES);

const budget = (cap: number, spent = 0, reserved = 0): Budget => ({
  cap: fromUsd(cap),
  spent: fromUsd(spent),
  reserved: fromUsd(reserved),
});

describe('an estimate', () => {
  test('has each variant with each of its files, their price and cost, and the sum', () => {
    const brief = briefWith({
      variants: 3,
      video: { model: 'sora-2-pro', seconds: 4 },
      renditions: [{ name: 'wide', size: '1920x1080' }],
    });
    const { variants, ...sums } = estimate(brief, PUBLISHED);
    expect(sums).toEqual({ provider: 'openai-compatible', seconds: 24, cost: 12_000_000 });
    expect(variants.map(({ name, seconds, cost }) => ({ name, seconds, cost }))).toEqual(
      ['Control', 'Variant B', 'Variant C'].map((name) => ({ name, seconds: 8, cost: 4_000_000 })),
    );
    expect(
      variants[0]?.videos.map(({ rendition, size, perSecond, cost }) => [rendition, size, perSecond, cost]),
    ).toEqual([
      ['main', '720x1280', 300_000, 1_200_000],
      ['wide', '1920x1080', 700_000, 2_800_000],
    ]);
  });

  test('is refused when one of the files has no price', () => {
    const brief = briefWith({ renditions: [{ name: 'large', size: '3840x2160' }] });
    expect(() => estimate(brief, PUBLISHED)).toThrow('no price for sora-2 at 3840x2160');
  });
});

describe('what budgets leave room for', () => {
  const five = estimate(briefWith({ variants: 5 }), PUBLISHED);

  test.each([
    ['everything without a limit', [], 5],
    ['everything that is exactly covered', [budget(2)], 5],
    ['whole variants only', [budget(1.999_999)], 4],
    ['what the scarcer one leaves', [budget(2), budget(100, 98.5, 0.7)], 2],
    ['nothing when more was charged than allowed', [budget(1, 1.5)], 0],
  ])('is %s', (_, budgets, fitting) => {
    expect(variantsThatFit(five, budgets)).toBe(fitting);
  });

  test('is never below zero', () => {
    expect(leftIn(budget(1, 0.75, 0.5))).toBe(0);
    expect(leftIn(budget(1, 0.5, 0.2))).toBe(300_000);
  });

  test('is everything where videos cost nothing', () => {
    const free = estimate(briefWith({ variants: 5 }), pricingOf('manual', PUBLISHED_PRICES));
    expect(variantsThatFit(free, [budget(0)])).toBe(5);
  });
});

test('a month is a calendar month in UTC', () => {
  expect(formatMonth(monthOf(new Date('2026-11-30T23:59:59.999Z')))).toBe('2026-11');
  expect(formatMonth(monthOf(new Date('2026-12-01T00:00:00.000Z')))).toBe('2026-12');
  expect(formatMonth(monthOf(new Date('2026-12-01T00:30:00+01:00')))).toBe('2026-11');
  expect(parseMonth('2026-02')).toEqual(new Date('2026-02-01T00:00:00Z'));
  for (const text of ['2026-13', '2026-1', '26-01', '2026-01-01', 'now'])
    expect(parseMonth(text)).toBeUndefined();
});

test('an amount that people write is exact, or refused', () => {
  for (const usd of [0, 0.1, 0.000_001, 123.45, 1_000_000]) expect([usd, isUsd(usd)]).toEqual([usd, true]);
  for (const usd of [-0.01, 0.000_000_1, 1_000_001, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect([usd, isUsd(usd)]).toEqual([usd, false]);
  }
});
