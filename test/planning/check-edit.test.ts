import { expect, test } from '@jest/globals';
import { checkEdit } from '../../planning/check-edit.ts';
import { briefWith } from '../domain/example-brief.ts';

const variants = (...prompts: string[]) =>
  prompts.map((prompt, position) => ({ position, name: `Number ${position}`, prompt, mutations: {} }));

test('a changed plan keeps as many variants as the brief wants', () => {
  expect(() => checkEdit(briefWith({}), variants('a cup', 'a mug'))).not.toThrow();
  const three = briefWith({ minVariants: 3 });
  expect(() => checkEdit(three, variants('a cup', 'a mug'))).toThrow(/2 variants would be left.*at least 3/s);
});

test('it must pass the checks of one that was planned, and hears what they warn of', () => {
  expect(() => checkEdit(briefWith({}), variants('A cup.', 'a mug', ' a  CUP.'))).toThrow(
    /Number 0 and Number 2: the prompts say the same words/,
  );
  const alike = variants(
    'a small red cup on a wooden table at dawn',
    'a small red cup on a wooden table at dusk',
  );
  expect(checkEdit(briefWith({}), alike)).toEqual([expect.stringMatching(/NEAR_DUPLICATE/)]);
  expect(checkEdit(briefWith({}), variants('a cup', 'a train in the snow'))).toEqual([]);
});

test('a prompt that the model would not take is refused, with what a rendition adds to it', () => {
  const video = { model: 'google/veo-3' };
  const long = variants('a cup', 'x'.repeat(1900));
  expect(() => checkEdit(briefWith({ video }), long)).not.toThrow();
  const spanish = briefWith({ video, renditions: [{ name: 'spanish', language: 'Spanish' }] });
  expect(() => checkEdit(spanish, long)).toThrow(
    /Number 1 has 1900 characters.*google\/veo-3, beside \d+ for/s,
  );
});
