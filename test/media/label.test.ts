import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { mislabelled } from '../../media/label.ts';

/** Sends for ever; tells how much was asked for, and whether the download was ended. */
function endless(first: string) {
  const seen = { chunks: 0, isEnded: false };
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        seen.chunks += 1;
        yield Buffer.from(first);
      }
    } finally {
      seen.isEnded = true;
    }
  }
  return { body: body(), seen };
}

test.each(['text/html', 'application/json', 'application/problem+json', 'image/png', 'application/xml'])(
  'a file labelled %s is no video, and is not downloaded to its end',
  async (label) => {
    const { body, seen } = endless('<html><body>Bad Gateway');
    expect(await mislabelled(label, body)).toMatch(new RegExp(`labelled ${label.replace('+', '.')}.*<html>`));
    expect(seen).toEqual({ chunks: 1, isEnded: true });
  },
);

test.each([
  'video/mp4',
  'video/quicktime',
  'application/octet-stream',
  'binary/octet-stream',
  'application/mp4',
  undefined,
])('a file labelled %s is looked at, and nothing of it is lost', async (label) => {
  const { body, seen } = endless('<html>');
  expect(await mislabelled(label, body)).toBeUndefined();
  expect(seen.chunks).toBe(0);
});

test('a label is enough where nothing comes', async () => {
  const broken = new Readable({
    read() {
      this.destroy(new Error('connection lost'));
    },
  });
  expect(await mislabelled('text/html', broken)).toBe('it is labelled text/html, which is no video');
});
