import { expect, test } from '@jest/globals';
import { durationSeconds, parseDuration } from '../../domain/durations.ts';

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

test('a duration that was checked is read, and anything else is a defect', () => {
  expect(durationSeconds('90m')).toBe(5400);
  expect(() => durationSeconds('soon')).toThrow('not a duration: soon');
});
