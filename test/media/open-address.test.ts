import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { BadInput, Unavailable } from '../../domain/errors.ts';
import { isInternal } from '../../media/internal-address.ts';
import { AddressRefused, openAddress } from '../../media/open-address.ts';
import { startServer, type TestServer } from '../support/http-server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function serve(answer: RequestListener, host?: string): Promise<TestServer> {
  const server = await startServer(answer, host);
  servers.push(server);
  return server;
}

const film: RequestListener = (_, response) =>
  response.writeHead(200, { 'content-type': 'Video/MP4; codecs=avc1' }).end('a film');

const redirect =
  (location: string): RequestListener =>
  (_, response) =>
    response.writeHead(302, { location }).end();

const signal = new AbortController().signal;

/** The tests' servers are inside by nature; those that are named here are allowed all the same. */
function open(address: string, ...trusted: readonly TestServer[]) {
  return openAddress(address, { trustedOrigins: new Set(trusted.map(({ url }) => url)), signal });
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

describe('a video from an address', () => {
  test('comes with its bytes and its label', async () => {
    const server = await serve(film);
    const { body, contentType } = await open(`${server.url}/film.mp4`, server);
    expect(contentType).toBe('video/mp4');
    expect(await textOf(body)).toBe('a film');
  });

  test('is found through up to five redirects, relative ones too, and no more', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) film(request, response);
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    expect(await textOf((await open(`${server.url}/5`, server)).body)).toBe('a film');
    await expect(open(`${server.url}/6`, server)).rejects.toThrow(/more than 5 redirects/);
  });

  test('that is not there is told with the status, and without the key in its query', async () => {
    const server = await serve((_, response) => response.writeHead(403).end());
    const opening = open(`${server.url}/film.mp4?signature=sesame`, server);
    await expect(opening).rejects.toBeInstanceOf(AddressRefused);
    await expect(opening).rejects.toThrow(`${server.url}/film.mp4 answers with 403`);
    await expect(opening).rejects.not.toThrow(/sesame/);
  });

  test('may be tried again when its server is in trouble, or breaks off', async () => {
    const busy = await serve((_, response) => response.writeHead(503).end());
    await expect(open(busy.url, busy)).rejects.toBeInstanceOf(Unavailable);
    const broken = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half', () => response.destroy());
    });
    await expect(textOf((await open(broken.url, broken)).body)).rejects.toBeInstanceOf(Unavailable);
    await broken[Symbol.asyncDispose]();
    await expect(open(broken.url, broken)).rejects.toBeInstanceOf(Unavailable);
  });
});

describe('nothing inside is reached', () => {
  test.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://localhost:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://0.0.0.0:PORT/',
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00::1]/',
    'https://10.0.0.1/',
  ])('by %s', async (address) => {
    let requests = 0;
    const server = await serve((request, response) => {
      requests += 1;
      film(request, response);
    });
    const opening = open(address.replace('PORT', String(server.port)));
    await expect(opening).rejects.toBeInstanceOf(BadInput);
    await expect(opening).rejects.toThrow(/not on the public internet.*SCREENTEST_VIDEO_SOURCES/s);
    expect(requests).toBe(0);
  });

  test('by a redirect from a server that is allowed', async () => {
    let requests = 0;
    const inside = await serve((request, response) => {
      requests += 1;
      film(request, response);
    });
    for (const target of [inside.url, `http://localhost:${inside.port}/`]) {
      const outside = await serve(redirect(target));
      await expect(open(outside.url, outside)).rejects.toThrow(/not on the public internet/);
    }
    expect(requests).toBe(0);
  });

  test.each([
    'file:///etc/passwd',
    'ftp://example.com/a.mp4',
    'data:video/mp4,x',
    'http://ana:sesame@example.com/',
  ])('by %s, nor is a password in it shown', async (address) => {
    const outside = await serve(redirect(address));
    for (const opening of [open(address), open(outside.url, outside)]) {
      await expect(opening).rejects.toBeInstanceOf(BadInput);
      await expect(opening).rejects.not.toThrow(/sesame/);
    }
  });
});

test.each([
  ['8.8.8.8', false],
  ['172.32.0.1', false],
  ['172.31.255.255', true],
  ['100.64.0.1', true],
  ['192.168.1.1', true],
  ['224.0.0.1', true],
  ['255.255.255.255', true],
  ['2606:4700:4700::1111', false],
  ['::1', true],
  ['::', true],
  ['fe80::1%eth0', true],
  ['fc00::1', true],
  ['ff02::1', true],
  ['2002:7f00:1::', true],
  ['2001:0:1::1', true],
  ['::ffff:10.0.0.1', true],
  ['::ffff:8.8.8.8', false],
  ['::127.0.0.1', true],
  ['64:ff9b::8.8.8.8', false],
  ['64:ff9b::7f00:1', true],
])('%s is inside: %s', (address, expected) => {
  expect(isInternal(address)).toBe(expected);
});
