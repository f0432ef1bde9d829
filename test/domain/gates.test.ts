import { describe, expect, test } from '@jest/globals';
import { parseBrief } from '../../domain/brief.ts';
import { isSetAside, REVIEWS, reviewInWords, setAsideName, takesPart } from '../../domain/gates.ts';
import { GENERATION_STATUSES } from '../../domain/lifecycle.ts';
import { briefWith, SHORTEST_BRIEF } from './example-brief.ts';

describe('who takes part in a test', () => {
  test('is whoever has a video, where nobody is asked; else whoever has one that was approved', () => {
    const inTest = GENERATION_STATUSES.flatMap((status) =>
      [undefined, ...REVIEWS]
        .filter((review) => takesPart({ status, review }))
        .map((review) => [status, review]),
    );
    expect(inTest).toEqual([
      ['completed', undefined],
      ['completed', 'approved'],
      ['manual', undefined],
      ['manual', 'approved'],
    ]);
  });
});

test('nobody is asked unless the brief says so', () => {
  expect(briefWith({}).gates).toEqual({ plan: false, videos: false });
  const asked = briefWith({ gates: { videos: true }, deadlines: { reviewing: '2d' } });
  expect(asked.gates).toEqual({ plan: false, videos: true });
  expect(asked.deadlines).toMatchObject({ approving: '7d', reviewing: '2d' });
  expect(() => parseBrief({ ...SHORTEST_BRIEF, gates: { plans: true } })).toThrow(/gates\.plans/);
});

test('a file that is set aside has a name that no rendition has', () => {
  expect(setAsideName('main', 2)).toBe('main/rejected-2');
  expect(isSetAside(setAsideName('german', 1))).toBe(true);
  expect(isSetAside('rejected-1')).toBe(false);
  expect(REVIEWS.map(reviewInWords)).toEqual(['awaits review', 'approved', 'rejected']);
});
