import { describe, expect, test } from '@jest/globals';
import { controlLevels, describeChanges } from '../../domain/changes.ts';
import { isFactor, readMutations } from '../../domain/mutations.ts';
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
    '%s has three factors or more to vary, of levels that differ',
    (_, { mutations, description }) => {
      expect(description).not.toBe('');
      const factors = Object.entries(mutations);
      expect(factors.length).toBeGreaterThanOrEqual(3);
      for (const [factor, levels] of factors) {
        if (!isFactor(factor)) throw new Error(`${factor} is no factor`);
        expect(levels.length).toBeGreaterThanOrEqual(2);
        expect(new Set(levels).size).toBe(levels.length);
      }
    },
  );
});

describe('what a variant changes', () => {
  test('reads as a change from the control', () => {
    const control = controlLevels({ template: 'PRODUCT_REVEAL' });
    expect(control).toEqual({ hook: 'scene', pacing: 'steady', lighting: 'studio' });
    expect(describeChanges(control, { hook: 'question', pacing: 'fast' })).toEqual([
      'hook: scene -> question',
      'pacing: steady -> fast',
    ]);
    const long = 'A word and another one, '.repeat(5);
    expect(describeChanges({}, { camera: long })).toEqual([`camera: ${long.slice(0, 40)}…`]);
  });

  test.each([undefined, null, 'hook', ['hook'], { light: 3, hook: 4, toString: 'x' }])(
    'is nothing in %p',
    (recorded) => {
      expect(readMutations(recorded)).toEqual({});
      expect(describeChanges({ hook: 'scene' }, recorded)).toEqual([]);
    },
  );

  test('is of known factors alone', () => {
    expect(isFactor('call_to_action')).toBe(true);
    expect(isFactor('toString')).toBe(false);
  });
});
