import { expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../../domain/durations.ts';

test.each([
  ['90s', 90],
  ['30m', 1800],
  ['6h', 21_600],
  ['14d', 1_209_600],
  ['2w', 1_209_600],
  ['1.5h', 5400],
  [' 10 m ', 600],
  ['0s', 0],
])('%p is %i seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '5', 'h', '-1h', '1e3s', '6 hours', '1h30m', '6H', '٣h', 'Infinitys'])(
  '%p is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [1_209_600, '2w'],
  [86_400, '1d'],
  [3600, '1h'],
  [5400, '90m'],
  [61, '61s'],
  [0, '0s'],
])('%i seconds are written %p, and read back', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
  expect(parseDuration(text)).toBe(seconds);
});
