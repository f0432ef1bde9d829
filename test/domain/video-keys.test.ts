import { describe, expect, test } from '@jest/globals';
import { groupFolder, slug } from '../../domain/video-keys.ts';

describe('the name of a file in the video store', () => {
  test.each([
    ['Variant B', 'variant-b'],
    ['  Spring/Summer: 50% off!  ', 'spring-summer-50-off'],
    ['../../etc/passwd', 'etc-passwd'],
    ['Crème brûlée', 'creme-brulee'],
    ['Ｆｕｌｌ width', 'full-width'],
  ])('of %j is %s', (name, plain) => {
    expect(slug(name)).toBe(plain);
  });

  test.each(['', '---', '広告', '\0'])('of %j, which has no plain letter or digit, is unnamed', (name) => {
    expect(slug(name)).toBe('unnamed');
  });

  test('has no more than 60 characters', () => {
    expect(slug('x'.repeat(60))).toBe('x'.repeat(60));
    expect(slug('x'.repeat(61))).toBe('x'.repeat(60));
    expect(slug(`${'x'.repeat(59)} y`)).toBe('x'.repeat(59));
  });
});

test("a group's folder is told from another's of the same name by its id", () => {
  expect(groupFolder('Spring sale', '0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11')).toBe('spring-sale-0b0e4c52');
  expect(groupFolder('Spring sale', '1c0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11')).toBe('spring-sale-1c0e4c52');
});
