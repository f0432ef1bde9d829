import { describe, expect, test } from '@jest/globals';
import { DEFAULT_RETENTION, daysBefore, monthsBefore } from '../../domain/retention.ts';

describe('so many months earlier', () => {
  test.each([
    ['is the same day and time', '2026-11-24T13:14:15.016Z', 12, '2025-11-24T13:14:15.016Z'],
    ['goes back over the turn of the year', '2026-01-15T00:00:00.000Z', 1, '2025-12-15T00:00:00.000Z'],
    ['is the last day of a month that is shorter', '2026-03-31T23:59:59.999Z', 1, '2026-02-28T23:59:59.999Z'],
    ['keeps the last day that a month has', '2026-03-28T00:00:00.000Z', 1, '2026-02-28T00:00:00.000Z'],
    ['finds the 29th of February in a leap year', '2024-03-31T00:00:00.000Z', 1, '2024-02-29T00:00:00.000Z'],
    [
      'leaves the 29th of February in other years',
      '2024-02-29T00:00:00.000Z',
      36,
      '2021-02-28T00:00:00.000Z',
    ],
    ['is this moment for none', '2026-08-31T00:00:00.000Z', 0, '2026-08-31T00:00:00.000Z'],
  ])('%s', (_, moment, months, before) => {
    expect(monthsBefore(new Date(moment), months).toISOString()).toBe(before);
  });

  test('leaves the moment that was given as it was', () => {
    const moment = new Date('2026-03-31T00:00:00.000Z');
    monthsBefore(moment, 1);
    expect(moment.toISOString()).toBe('2026-03-31T00:00:00.000Z');
  });
});

test('so many days earlier is so many times 24 hours, and later for a negative number', () => {
  const moment = new Date('2026-03-01T12:00:00.000Z');
  expect(daysBefore(moment, 1).toISOString()).toBe('2026-02-28T12:00:00.000Z');
  expect(daysBefore(moment, -31).toISOString()).toBe('2026-04-01T12:00:00.000Z');
});

test('without other rules a campaign is archived after a year and dropped after three, its videos with it', () => {
  const ended = new Date('2025-06-30T00:00:00.000Z');
  const { archiveAfterMonths, dropAfterMonths, losingVideoDays, winningVideoDays } = DEFAULT_RETENTION;
  expect(monthsBefore(new Date('2026-06-30T00:00:00.000Z'), archiveAfterMonths)).toEqual(ended);
  expect(monthsBefore(new Date('2028-06-30T00:00:00.000Z'), dropAfterMonths)).toEqual(ended);
  expect([losingVideoDays, winningVideoDays]).toEqual([undefined, undefined]);
});
