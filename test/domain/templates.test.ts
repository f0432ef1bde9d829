import { describe, expect, test } from '@jest/globals';
import { FACTOR_LEVELS, isFactor, wordingOf } from '../../domain/mutations.ts';
import { isTemplateCode, TEMPLATE_CODES, TEMPLATES, templateOf } from '../../domain/templates.ts';

describe('the templates', () => {
  test('are 21, each under its own code and name', () => {
    expect(TEMPLATES).toHaveLength(21);
    expect(new Set(TEMPLATE_CODES).size).toBe(21);
    expect(new Set(TEMPLATES.map(({ name }) => name)).size).toBe(21);
    for (const code of TEMPLATE_CODES) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  });

  test('are found by their code, and by nothing else', () => {
    for (const template of TEMPLATES) expect(templateOf(template.code)).toBe(template);
    expect(isTemplateCode('PRODUCT_REVEAL')).toBe(true);
    expect(isTemplateCode('product_reveal')).toBe(false);
    // @ts-expect-error the types allow the 21 codes only
    expect(() => templateOf('NOT_ONE')).toThrow(TypeError);
  });

  test.each(TEMPLATES.map((template) => [template.code, template] as const))(
    '%s has its placeholders, and levels that the library knows',
    (_, { skeleton, mutations, description }) => {
      expect(skeleton.match(/\{\w+\}/g)?.toSorted()).toEqual(['{audience}', '{offer}', '{product}']);
      expect(description).not.toBe('');
      const factors = Object.entries(mutations);
      expect(factors.length).toBeGreaterThanOrEqual(3);
      for (const [factor, levels] of factors) {
        if (!isFactor(factor)) throw new Error(`${factor} is no factor`);
        expect(levels.length).toBeGreaterThanOrEqual(2);
        expect(new Set(levels).size).toBe(levels.length);
        expect(Object.keys(FACTOR_LEVELS[factor])).toEqual(expect.arrayContaining([...levels]));
      }
    },
  );
});

test('a level is put into words; one of nobody’s stands for itself', () => {
  expect(wordingOf('tone', 'warm')).toBe('The tone is warm and close.');
  expect(wordingOf('tone', 'toString')).toBe('toString');
  expect(isFactor('toString')).toBe(false);
});
