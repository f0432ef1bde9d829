import { describe, expect, test } from '@jest/globals';
import { readMetricRow } from '../../domain/metric-range.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const ROW = { platform: 'tiktok', metric: 'spend', value: '12.5', recordedAt: NOW };

function read(given: Partial<typeof ROW>, closed: readonly string[] = []) {
  return readMetricRow({ ...ROW, ...given }, NOW, new Set(closed));
}

describe('a row of metrics', () => {
  test('that can be stored comes back as it was given', () => {
    expect(read({})).toEqual(ROW);
  });

  test.each([
    ['platform', 'TikTok', /"TikTok".*instagram, tiktok/],
    ['metric', 'ctr', /"ctr".*impressions, reach/],
    ['metric', 'constructor', /"constructor"/],
  ])('with an unknown %s, such as %s, is refused with those allowed', (field, given, message) => {
    expect(read({ [field]: given })).toEqual(expect.stringMatching(message));
  });
});

describe('a value', () => {
  test.each([
    ['spend', '0'],
    ['spend', '99999999999.9999'],
    ['watch_seconds', '0.0001'],
    ['impressions', '0'],
    ['impressions', '99999999999'],
  ])('of %s may be %s', (metric, value) => {
    expect(read({ metric, value })).toEqual({ ...ROW, metric, value });
  });

  test.each([
    ['spend', '100000000000', /four decimals/],
    ['spend', '0.00001', /four decimals/],
    ['spend', '1,5', /with a point/],
    ['spend', '1.', /"1\."/],
    ['spend', '.5', /"\.5"/],
    ['spend', '-1', /"-1"/],
    ['spend', '', /""/],
    ['spend', '5\n', /no value for spend/],
    ['spend', '1e3', /"1e3"/],
    ['revenue', 'NaN', /"NaN"/],
    ['watch_seconds', 'Infinity', /"Infinity"/],
    ['impressions', '100000000000', /whole number from 0 to 99999999999/],
    ['impressions', '1.0', /whole number/],
  ])('of %s may not be %j', (metric, value, message) => {
    expect(read({ metric, value })).toEqual(expect.stringMatching(message));
  });
});

describe('the time of a row', () => {
  test.each([
    ['three years ago', '2023-11-24T12:00:00.000Z'],
    ['31 days ahead', '2026-12-25T12:00:00.000Z'],
  ])('may be %s', (_, time) => {
    const recordedAt = new Date(time);
    expect(read({ recordedAt })).toEqual({ ...ROW, recordedAt });
  });

  test.each([
    ['earlier than that', '2023-11-24T11:59:59.999Z', /over 3 years ago/],
    ['later than that', '2026-12-25T12:00:00.001Z', /more than 31 days ahead/],
    ['none at all', 'yesterday', /its time is none/],
  ])('may not be %s', (_, time, message) => {
    expect(read({ recordedAt: new Date(time) })).toEqual(expect.stringMatching(message));
  });

  test('may be on either side of an archived month (UTC), and not in it', () => {
    const at = (time: string) => read({ recordedAt: new Date(time) }, ['2025-01']);
    expect(at('2024-12-31T23:59:59.999Z')).toMatchObject({ value: ROW.value });
    expect(at('2025-01-01T00:00:00.000Z')).toEqual(expect.stringContaining('2025-01, which is archived'));
    expect(at('2025-01-31T23:59:59.999Z')).toEqual(expect.stringContaining('2025-01, which is archived'));
    expect(at('2025-02-01T00:00:00.000Z')).toMatchObject({ value: ROW.value });
  });
});
