import { describe, expect, test } from '@jest/globals';
import { BadInput } from '../../domain/errors.ts';
import { isVideoSource, parseVideoSource, stagedReference } from '../../domain/video-source.ts';

const ID = '0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11';

describe("a person's video", () => {
  test.each(['https://example.com/a.mp4', 'http://example.com/a.mp4', 'HTTPS://EXAMPLE.COM/A.MP4'])(
    'may come from %s',
    (address) => {
      expect(isVideoSource(address)).toBe(true);
      expect(parseVideoSource(address)).toEqual({ kind: 'address', address });
    },
  );

  test('may be a file that was put into the video store', () => {
    expect(isVideoSource(stagedReference(ID))).toBe(true);
    expect(parseVideoSource(stagedReference(ID))).toEqual({ kind: 'staged', id: ID });
  });

  test.each([
    '',
    '/etc/passwd',
    'a.mp4',
    'file:///etc/passwd',
    'ftp://example.com/a.mp4',
    'https:/example.com/a.mp4',
    ' https://example.com/a.mp4',
    ID,
    stagedReference(''),
    stagedReference('../../etc/passwd'),
    stagedReference(`${ID}/..`),
    stagedReference(`${ID}\n`),
    stagedReference(`../${ID}`),
    stagedReference(ID.toUpperCase()),
  ])('never comes from %j', (text) => {
    expect(isVideoSource(text)).toBe(false);
    expect(() => parseVideoSource(text)).toThrow(BadInput);
    expect(() => parseVideoSource(text)).toThrow(`'${text}'`);
  });
});
