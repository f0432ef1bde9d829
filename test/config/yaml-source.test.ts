import { describe, expect, test } from '@jest/globals';
import { readYamlSource } from '../../config/yaml-source.ts';

const TEXT = `# A brief.
name: Espresso
platforms:
  - tiktok
  - myspace
video: { size: big }
deadlines:
\ttesting: soon
`.replace('\t', '  ');

describe('what a file says is found where it stands', () => {
  const source = readYamlSource(TEXT);

  test.each([
    ['name', 2, 1],
    ['platforms[1]', 5, 5],
    ['video.size', 6, 10],
    ['deadlines.testing', 8, 3],
  ])('%s', (path, line, column) => {
    expect(source.find(path)).toEqual({ line, column });
    expect(source.placeOf(path)).toEqual({ line, column });
  });

  test('what is missing is told at the nearest that it would stand in', () => {
    expect(source.find('video.seconds')).toBeUndefined();
    expect(source.placeOf('video.seconds')).toEqual({ line: 6, column: 1 });
    expect(source.placeOf('video.seconds[3].of')).toEqual({ line: 6, column: 1 });
    expect(source.placeOf('venture')).toEqual({ line: 1, column: 1 });
    expect(source.placeOf('the brief')).toEqual({ line: 1, column: 1 });
  });

  test('and shown with a mark under it', () => {
    expect(source.excerpt({ line: 6, column: 10 })).toEqual([
      '6 | video: { size: big }',
      '  |          ^^^^^^^^^',
    ]);
    expect(source.excerpt({ line: 3, column: 1 })).toEqual(['3 | platforms:', '  | ^^^^^^^^^^']);
  });

  test('in JSON too, whatever it is indented with', () => {
    const json = readYamlSource('{\n\t"name": 3,\r\n\t"variants": [{}, {"name": "B"}]\n}');
    expect(json.value).toEqual({ name: 3, variants: [{}, { name: 'B' }] });
    expect(json.find('variants[1].name')).toEqual({ line: 3, column: 20 });
    expect(json.excerpt({ line: 2, column: 2 })).toEqual(['2 | \t"name": 3,', '  | \t^^^^^^^^^']);
  });

  test('of a long line, what stands around it', () => {
    const long = readYamlSource(`{"a": "${'x'.repeat(300)}", "b": 1, "c": "${'y'.repeat(300)}"}`);
    const [shown = '', mark = ''] = long.excerpt(long.find('b') ?? { line: 1, column: 1 });
    expect(shown.length).toBeLessThanOrEqual(104);
    expect(shown.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('"b": 1');
  });

  test('an alias stands where it is used', () => {
    const aliased = readYamlSource('a: &x { b: 1 }\nc: *x\n');
    expect(aliased.value).toEqual({ a: { b: 1 }, c: { b: 1 } });
    expect(aliased.placeOf('c.b')).toEqual({ line: 2, column: 1 });
  });
});

describe('a file that is no YAML says where, and has no value', () => {
  test('for each mistake', () => {
    const { value, errors } = readYamlSource('a: 1\na: 2\nb: [\n');
    expect(value).toBeUndefined();
    expect(errors.map(({ place }) => place)).toEqual([
      { line: 2, column: 1 },
      { line: 4, column: 1 },
    ]);
  });

  test('for aliases that would fill the memory', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [index, letter] of [...'bcdefg'].entries()) {
      const before = 'abcdef'[index];
      bomb.push(`${letter}: &${letter} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(readYamlSource(bomb.join('\n')).errors).toHaveLength(1);
  });

  test('an empty file has nothing wrong with its form', () => {
    expect(readYamlSource('')).toMatchObject({ value: null, errors: [] });
    expect(readYamlSource('').excerpt({ line: 1, column: 1 })).toEqual(['1 | ', '  | ^']);
  });
});
