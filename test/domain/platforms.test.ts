import { expect, test } from '@jest/globals';
import { isPlatform, PLATFORMS } from '../../domain/platforms.ts';

test('a platform is known by its name in lower case, and by no other', () => {
  expect(PLATFORMS.filter(isPlatform)).toHaveLength(6);
  expect(['', 'TikTok', ' tiktok', 'tik', 'snapchat', 'length'].filter(isPlatform)).toEqual([]);
});
