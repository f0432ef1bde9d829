import { describe, expect, test } from '@jest/globals';
import { BriefInvalid, parseBrief } from '../../domain/brief.ts';
import { refuseBrief } from '../../domain/check-brief.ts';
import { machineInWords, machinePart } from '../../domain/deciding.ts';
import { plannedLooks } from '../../domain/looks.ts';
import { SHORTEST_BRIEF } from './example-brief.ts';

function briefWith(decision: object, changes: object = {}) {
  return parseBrief({
    ...SHORTEST_BRIEF,
    platforms: ['tiktok', 'youtube'],
    deadlines: { testing: '35d' },
    decision,
    ...changes,
  });
}

describe('planned looks', () => {
  test('see all days from the test’s first one on, and are made when the last is over', () => {
    const brief = briefWith({ looks: ['7d', '2w', '672h'] }, { settling: { tiktok: 0, youtube: 2 } });
    expect(plannedLooks(brief, new Date('2026-05-01T23:59:59Z'))).toEqual([
      { number: 1, lastDay: '2026-05-07', dueAt: new Date('2026-05-10T00:00:00Z') },
      { number: 2, lastDay: '2026-05-14', dueAt: new Date('2026-05-17T00:00:00Z') },
      { number: 3, lastDay: '2026-05-28', dueAt: new Date('2026-05-31T00:00:00Z') },
    ]);
  });

  test('wait for the platform whose numbers settle last, by the metric and window of the brief', () => {
    const dueOf = (changes: object) =>
      plannedLooks(briefWith({ looks: ['7d'] }, changes), new Date('2026-05-01T00:00:00Z'))[0]?.dueAt;
    expect(dueOf({})).toEqual(new Date('2026-05-15T00:00:00Z'));
    expect(dueOf({ primaryMetric: 'click_through_rate' })).toEqual(new Date('2026-05-11T00:00:00Z'));
    expect(dueOf({ attributionWindow: '14d_click' })).toEqual(new Date('2026-05-22T00:00:00Z'));
  });

  test('that the test would be over before are refused, with how long there is', () => {
    const refusing =
      (looks: string[], changes: object = {}) =>
      () =>
        refuseBrief(briefWith({ looks }, changes), new Date());
    expect(refusing(['14d', '29d'])).toThrow(/looks\[1\].*"29d".*deadlines\.testing.*up to "28d".*35d/s);
    expect(refusing(['1d'], { deadlines: { testing: '7d' } })).toThrow(/no look: .*7 days/s);
    expect(refusing(['28d'])).not.toThrow();
  });

  test('are none where the brief plans none', () => {
    expect(plannedLooks(briefWith({}), new Date())).toEqual([]);
  });

  test.each([
    [{ looks: ['7'] }, /looks\[0\].*whole days/s],
    [{ looks: ['36h'] }, /looks\[0\].*whole days/s],
    [{ looks: ['0d'] }, /looks\[0\].*whole days/s],
    [{ looks: ['14d', '7d'] }, /looks.*each later/s],
    [{ looks: ['7d', '1w'] }, /looks.*each later/s],
    [{ looks: [] }, /looks.*at least 1/s],
    [{ looks: ['7d'], method: 'anytime_days' }, /looks.*not both/s],
    [{ stop: 'yes' }, /stop.*by_person, automatic/s],
    [{ declare: true }, /declare.*by_person, automatic/s],
  ])('%j are refused, with what is allowed', (decision, allowed) => {
    expect(() => briefWith(decision)).toThrow(BriefInvalid);
    expect(() => briefWith(decision)).toThrow(allowed);
  });

  test('stay as they are when a brief is read again', () => {
    const brief = briefWith({ looks: ['7d'], stop: 'automatic' });
    expect(parseBrief(brief)).toEqual(brief);
  });
});

describe('the machine', () => {
  test.each([
    [{}, 'nothing', /^nothing by itself: a person/],
    [{ stop: 'automatic' }, 'stop', /^stops the test by itself .* a person declares/],
    [{ declare: 'automatic' }, 'declare', /^stops the test and declares/],
    [{ stop: 'automatic', declare: 'automatic' }, 'declare', /^stops the test and declares/],
  ])('does with %j: %s', (decision, part, words) => {
    const brief = briefWith(decision, { assignment: { youtube: 'platform_split_test' } });
    expect(machinePart(brief.decision)).toBe(part);
    expect(machineInWords(brief)).toMatch(words);
  });

  test('does nothing about an association, whatever the brief asks for', () => {
    expect(machineInWords(briefWith({ declare: 'automatic' }))).toMatch(
      /^nothing by itself: every platform chose/,
    );
  });
});
