import { expect, test } from '@jest/globals';
import { RATE_METRICS, type RateMetric, squaresOf } from '../../domain/metrics.ts';
import { rateKind } from '../../domain/rate-metric.ts';
import { comesLate, longestLagDays, settlesAfterDays } from '../../domain/settling.ts';
import { briefWith } from './example-brief.ts';

const { conversion_rate: conversions, click_through_rate: clicks } = RATE_METRICS;

const lag = (metric: RateMetric, windows: readonly string[]) =>
  settlesAfterDays({}, 'tiktok', metric, windows);

test('conversions are waited for a week, or as long as the longest window that the platform names', () => {
  expect(lag(conversions, ['', ''])).toBe(7);
  expect(lag(conversions, ['1d_view', '28d_click'])).toBe(28);
  expect(lag(conversions, ['7d_click_1d_view'])).toBe(7);
  expect(lag(conversions, ['30 days'])).toBe(30);
  expect(lag(conversions, ['1d_click'])).toBe(3);
  expect(lag(conversions, ['last touch'])).toBe(7);
});

test('what is counted at once is waited for three days, whatever window is named', () => {
  expect(lag(clicks, ['28d_click'])).toBe(3);
  expect(comesLate(clicks)).toBe(false);
  expect(comesLate({ name: 'order value', numerator: 'revenue', denominator: 'conversions' })).toBe(true);
});

test('how a rate is compared follows from what it divides', () => {
  const kind = (numerator: Parameters<typeof squaresOf>[0], denominator: Parameters<typeof squaresOf>[0]) =>
    rateKind({ name: 'a', numerator, denominator });
  expect(kind('conversions', 'impressions')).toBe('proportion');
  expect(kind('conversions', 'spend')).toBe('rate');
  expect(kind('watch_seconds', 'views')).toBe('mean');
  expect(kind('revenue', 'spend')).toBe('unknown');
  expect(squaresOf('revenue')).toBe('revenue_squares');
  expect(squaresOf('watch_seconds')).toBe('watch_seconds_squares');
  expect(squaresOf('clicks')).toBeUndefined();
});

test('a brief says by platform how long to wait, what to leave out and what to guard', () => {
  const brief = briefWith({
    primaryMetricOn: { youtube: 'view_rate' },
    guardrails: [{ metric: 'click_through_rate', worseWhen: 'lower' }],
    settling: { facebook: 28, tiktok: 0 },
    conversionsDatedBy: { twitter: 'conversion' },
    attributionWindow: ' 7d_click ',
    learning: [
      { platform: 'facebook', firstDays: 4 },
      { platform: 'tiktok', from: '2026-05-01', to: '2026-05-01' },
    ],
  });
  expect(brief).toMatchObject({
    primaryMetricOn: { youtube: { numerator: 'views' } },
    guardrails: [{ metric: { numerator: 'clicks' }, tolerated: 0 }],
    attributionWindow: '7d_click',
  });
  for (const learning of [
    [{ platform: 'tiktok' }],
    [{ platform: 'tiktok', from: '2026-05-01' }],
    [{ platform: 'tiktok', firstDays: 3, to: '2026-05-01' }],
  ]) {
    expect(() => briefWith(JSON.parse(JSON.stringify({ learning })))).toThrow(
      'either firstDays, or from and to',
    );
  }
  const twice = { metric: 'view_rate', worseWhen: 'lower' } as const;
  expect(() => briefWith({ guardrails: [twice, { ...twice, worseWhen: 'higher' }] })).toThrow(
    'each metric once',
  );
});

test('before there are reports it is known how long all platforms of a brief take', () => {
  const platforms = ['tiktok', 'youtube'] as const;
  expect(longestLagDays(briefWith({ platforms: [...platforms] }))).toBe(7);
  expect(longestLagDays(briefWith({ platforms: [...platforms], attributionWindow: '28d_click' }))).toBe(28);
  expect(
    longestLagDays(briefWith({ platforms: ['youtube'], primaryMetricOn: { youtube: 'view_rate' } })),
  ).toBe(3);
  expect(longestLagDays(briefWith({ platforms: [...platforms], settling: { tiktok: 1, youtube: 2 } }))).toBe(
    2,
  );
});
