import { describe, expect, test } from '@jest/globals';
import { BriefInvalid, parseBrief } from '../../domain/brief.ts';
import { promptOf, renditionsOf } from '../../domain/renditions.ts';
import { briefWith, SHORTEST_BRIEF } from './example-brief.ts';

describe("a variant's files", () => {
  test('are the main one alone, unless the brief asks for more', () => {
    const [main, ...others] = renditionsOf(briefWith({}));
    expect(main).toEqual({
      name: 'main',
      model: 'sora-2',
      seconds: 4,
      width: 720,
      height: 1280,
      wording: '',
    });
    expect(promptOf(main, 'A cup.')).toBe('A cup.');
    expect(promptOf(main, 'A\r\ncup,\rhot.\n')).toBe('A\ncup,\nhot.\n');
    expect(others).toEqual([]);
  });

  test('differ from the main one by what the brief says, and by nothing else', () => {
    const [main, wide, spanish] = renditionsOf(
      briefWith({
        renditions: [
          { name: 'wide', size: '1280x720' },
          { name: 'spanish', language: 'Spanish', captions: true },
        ],
      }),
    );
    expect(wide).toEqual({ ...main, name: 'wide', width: 1280, height: 720 });
    expect(spanish).toMatchObject({ name: 'spanish', width: 720, height: 1280, seconds: 4 });
    if (spanish === undefined) throw new Error('no Spanish one');
    expect(promptOf(spanish, 'A cup.')).toBe(
      'A cup.\n\nLanguage: everything that is spoken or written is in Spanish.\nCaptions: every spoken word is shown as it is said.',
    );
  });

  test.each([
    ['the name of the main one', [{ name: 'main', size: '1280x720' }], 'renditions[0].name'],
    ['a name with a slash', [{ name: 'a/b', size: '1280x720' }], 'renditions[0].name'],
    ['nothing that differs', [{ name: 'same' }], 'renditions[0]'],
    ['a size that is none', [{ name: 'wide', size: 'wide' }], 'renditions[0].size'],
    [
      'a name twice',
      [
        { name: 'a', captions: true },
        { name: 'a', language: 'Thai' },
      ],
      'renditions',
    ],
  ])('are refused with %s', (_, renditions, path) => {
    expect(() => parseBrief({ ...SHORTEST_BRIEF, renditions })).toThrow(BriefInvalid);
    try {
      parseBrief({ ...SHORTEST_BRIEF, renditions });
    } catch (error) {
      expect(error instanceof BriefInvalid && error.issues.map((issue) => issue.path)).toEqual([path]);
    }
  });
});
