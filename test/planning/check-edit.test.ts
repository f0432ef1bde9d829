import { expect, test } from '@jest/globals';
import { checkEdit } from '../../planning/check-edit.ts';

const variants = (...prompts: string[]) =>
  prompts.map((prompt, position) => ({ position, name: `Number ${position}`, prompt, mutations: {} }));

test('a changed plan keeps as many variants as the brief wants', () => {
  expect(() => checkEdit(variants('a cup', 'a mug'), 2)).not.toThrow();
  expect(() => checkEdit(variants('a cup', 'a mug'), 3)).toThrow(/2 variants would be left.*at least 3/s);
});

test('two variants with the same prompt are refused, whatever their case and spaces', () => {
  expect(() => checkEdit(variants('A cup.', 'a mug', ' a  CUP.'), 2)).toThrow(
    /Number 0 and Number 2 would have the same prompt/,
  );
});
