import { describe, expect, test } from '@jest/globals';
import { BriefInvalid } from '../../domain/brief.ts';
import { designOf } from '../../domain/design.ts';
import { briefWith } from './example-brief.ts';

describe('the design of a brief', () => {
  const own = ['A', 'B'].map((name) => ({ name, prompt: name }));

  test('is one factor at a time, or manual for prompts of your own, where it says nothing', () => {
    expect(designOf(briefWith({}))).toBe('isolate');
    expect(designOf(briefWith({ variants: own }))).toBe('manual');
    expect(designOf(briefWith({ design: 'diversify' }))).toBe('diversify');
  });

  test.each([
    [{ design: 'latin' }, 'design', /one of isolate, factorial, diversify, manual/],
    [{ seed: -1 }, 'seed', /at least 0/],
    [{ seed: 2 ** 32 }, 'seed', /at most 4294967295/],
    [
      { variants: [own[0], { ...own[1], mutations: { smell: 'sweet' } }] },
      'variants[1].mutations.smell',
      /one of hook|known fields/,
    ],
  ])('%p is refused', (changes, path, allowed) => {
    expect(() => briefWith(Object(changes))).toThrow(BriefInvalid);
    expect(() => briefWith(Object(changes))).toThrow(
      expect.objectContaining({
        issues: [expect.objectContaining({ path, allowed: expect.stringMatching(allowed) })],
      }),
    );
  });
});
