import { expect, test } from '@jest/globals';
import { textDiff } from '../../cli/text-diff.ts';

test('a prompt is compared sentence by sentence, whether it is one line or many', () => {
  expect(textDiff('A cup. Warm light. Slow.', 'A cup. Neon light. Slow. Loud!')).toEqual([
    '  A cup.',
    '- Warm light.',
    '+ Neon light.',
    '  Slow.',
    '+ Loud!',
  ]);
  expect(textDiff('Scene: a cup\nSound: none', 'Sound: none')).toEqual(['- Scene: a cup', '  Sound: none']);
  expect(textDiff('', 'New.')).toEqual(['+ New.']);
  expect(textDiff('Same.', 'Same.')).toEqual(['  Same.']);
});
