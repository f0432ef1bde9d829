import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AmbiguousOutcome, Refused, Unavailable } from '../../domain/errors.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { smallestVideo } from '../../domain/smoke-test.ts';
import { FAL_MODELS, falInput } from '../../providers/fal/models.ts';
import { createFalProvider } from '../../providers/fal/provider.ts';
import { isKeyRefused, type VideoProvider } from '../../providers/video-provider.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { conformsToThePort } from './conformance.ts';
import { json, type OddServer, startOddServer } from './odd-server.ts';

const WAN = { model: 'fal-ai/wan/v2.7/text-to-video', seconds: 2, width: 1280, height: 720 };
const VEO = { prompt: 'a cup', model: 'fal-ai/veo3.1/fast', seconds: 8, width: 720, height: 1280 };
const REQUEST = 'fal-ai/veo3.1/requests/764cabcf-b745-4b3e-ae38-1200304cf45b';
const SECRET = 'a key that is never repeated';
const never = () => new AbortController().signal;

async function start(options: SimulatorOptions) {
  const simulator = await startSimulator({
    prices: { [WAN.model]: { '*': 0.1 } },
    // Large films take a second each.
    mostDifferentFilms: 1,
    ...options,
  });
  return { provider: createFalProvider({ apiKey: 'test', baseUrl: simulator.falUrl }), simulator };
}

// fal's file server does not tell a file that was removed from one that never was.
conformsToThePort('the fal adapter', start, { tellsExpiry: false, video: WAN });

describe('fal', () => {
  let server: OddServer;
  let provider: VideoProvider;
  beforeAll(async () => {
    server = await startOddServer();
    provider = createFalProvider({ apiKey: SECRET, baseUrl: server.url });
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  afterAll(() => server.stop());

  test.each([429, 502, 503, 504])(
    'a create answered with %d is not repeated by its client',
    async (status) => {
      server.answer = (_, response) => json(response, status, { detail: `no, not with ${SECRET}` });
      const error = await rejection(provider.submit(VEO, 'key'));
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
      expect(server.requests).toEqual(['POST /fal-ai/veo3.1/fast']);
    },
  );

  test('a create whose answer breaks off is not repeated by its client', async () => {
    server.answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"request_', () => request.socket.destroy());
    };
    expect(await rejection(provider.submit(VEO, 'key'))).toBeInstanceOf(AmbiguousOutcome);
    expect(server.requests).toEqual(['POST /fal-ai/veo3.1/fast']);
  });

  test.each([
    ['a web page with status 200', 'text/html', '<html>Sign in</html>'],
    ['200 and nothing', 'application/json', ''],
    ['no request id', 'application/json', '{"status":"IN_QUEUE"}'],
  ])('a create answered with %s may have been charged', async (_, type, body) => {
    server.answer = (_request, response) => response.writeHead(200, { 'content-type': type }).end(body);
    expect(await rejection(provider.submit(VEO, 'key'))).toBeInstanceOf(AmbiguousOutcome);
    expect(server.requests).toHaveLength(1);
  });

  test("an order is told in the model's own words, and the prompt is not to be rewritten", async () => {
    const bodies: unknown[] = [];
    server.answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        json(response, 200, { request_id: 'r' });
      });
    };
    const job = await provider.submit(VEO, 'key');
    expect(job).toMatchObject({ id: 'fal-ai/veo3.1/requests/r', status: 'queued', size: '720x1280' });
    await provider.submit({ ...WAN, prompt: 'a cup' }, 'key');
    expect(bodies).toEqual([
      { prompt: 'a cup', duration: '8s', aspect_ratio: '9:16', resolution: '720p', auto_fix: false },
      {
        prompt: 'a cup',
        duration: 2,
        aspect_ratio: '16:9',
        resolution: '720p',
        enable_prompt_expansion: false,
      },
    ]);
  });

  test.each([
    ['a model that is not known', { model: 'fal-ai/flux' }, FAL_MODELS.join(', ')],
    ['a length that the model does not make', { seconds: 5 }, '4, 6, 8 seconds'],
    ['a size that the model does not make', { width: 64, height: 64 }, '1280x720, 720x1280'],
  ])('%s is refused with what is allowed, and nothing is sent', async (_, change, allowed) => {
    const error = await rejection(provider.submit({ ...VEO, ...change }, 'key'));
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ allowed: expect.stringContaining(allowed) });
    expect(server.requests).toEqual([]);
  });

  test('every model that has a published price makes the video that a smoke test orders of it', () => {
    const pricing = pricingOf('fal', PUBLISHED_PRICES);
    for (const model of Object.keys(pricing.models)) {
      expect(() => falInput({ ...smallestVideo({ model }, pricing), prompt: 'a cup' })).not.toThrow();
    }
  });

  test('every model has a name that fits in the database', () => {
    for (const model of FAL_MODELS) expect(model.length).toBeLessThanOrEqual(50);
  });

  test('a request is asked about without the path of its endpoint, as fal wants it', async () => {
    server.answer = (_, response) => json(response, 202, { status: 'IN_PROGRESS' });
    expect((await provider.status([REQUEST], never())).get(REQUEST)).toMatchObject({ status: 'running' });
    expect(server.requests).toEqual([
      'GET /fal-ai/veo3.1/requests/764cabcf-b745-4b3e-ae38-1200304cf45b/status',
    ]);
  });

  test.each([
    ['by its status', { status: 'COMPLETED', error: 'Request timed out', error_type: 'request_timeout' }, {}],
    [
      'by its result',
      { status: 'COMPLETED' },
      { detail: 'Request timed out', error_type: 'request_timeout' },
    ],
  ])('a request that the platform gave up is known %s', async (_, status, result) => {
    server.answer = (request, response) =>
      request.url?.includes('/status') ? json(response, 200, status) : json(response, 504, result);
    expect((await provider.status([REQUEST], never())).get(REQUEST)).toMatchObject({
      status: 'failed',
      error: { code: 'request_timeout', message: 'Request timed out' },
    });
  });

  test('a result that can not be had just now says nothing about a completed request', async () => {
    server.answer = (request, response) =>
      request.url?.includes('/status')
        ? json(response, 200, { status: 'COMPLETED' })
        : response.writeHead(502).end('<html>Bad gateway</html>');
    expect(await rejection(provider.status([REQUEST], never()))).toBeInstanceOf(Unavailable);
  });

  test('a request that waits is removed, and one that runs is only told', async () => {
    let said = 'OK';
    server.answer = (request, response) =>
      request.method === 'PUT'
        ? json(response, said === 'OK' ? 200 : 202, { status: said })
        : json(response, 202, { status: said === 'OK' ? 'IN_QUEUE' : 'IN_PROGRESS' });
    expect(await provider.cancel(REQUEST)).toBe('stopped');
    said = 'CANCELLATION_REQUESTED';
    expect(await provider.cancel(REQUEST)).toBe('unknown');
  });

  test('the link to a file is opened without the key, and only where it is http', async () => {
    let link = `${server.url}/files/film.mp4`;
    const keys: (string | undefined)[] = [];
    server.answer = (request, response) => {
      if (request.url?.endsWith('.mp4')) {
        keys.push(request.headers.authorization);
        response.writeHead(200, { 'content-type': 'video/mp4' }).end('film');
      } else {
        json(response, 200, { video: { url: link } });
      }
    };
    const { contentType } = await provider.content(REQUEST, never());
    expect(contentType).toBe('video/mp4');
    expect(keys).toEqual([undefined]);
    link = 'file:///etc/passwd';
    await rejection(provider.content(REQUEST, never()));
    expect(server.requests.at(-1)).not.toContain('passwd');
  });

  test("a file server's own 403 is no word about the key", async () => {
    const files = await startOddServer();
    try {
      files.answer = (_, response) => json(response, 403, { detail: 'Link expired' });
      server.answer = (_, response) => json(response, 200, { video: { url: `${files.url}/film.mp4` } });
      const trustedOrigins = [new URL(files.url).origin];
      const trusting = createFalProvider({ apiKey: SECRET, baseUrl: server.url, trustedOrigins });
      const error = await rejection(trusting.content(REQUEST, never()));
      expect(error).toBeInstanceOf(Refused);
      expect(isKeyRefused(error)).toBe(false);
    } finally {
      await files.stop();
    }
  });

  test('an account without credit waits for it, and is not told that its key is wrong', async () => {
    server.answer = (_, response) =>
      json(response, 403, { detail: 'User is locked. Reason: Exhausted balance.' });
    const error = await rejection(provider.submit(VEO, 'key'));
    expect(error).toBeInstanceOf(Unavailable);
    expect(isKeyRefused(error)).toBe(false);
    expect(error).toMatchObject({ code: 'PROVIDER_OUT_OF_CREDIT' });
  });

  test("another provider's job is not given up because fal does not know it", async () => {
    const error = await rejection(provider.status(['video_123'], never()));
    expect(error).toMatchObject({ message: expect.stringContaining('VIDEO_PROVIDER') });
    expect(server.requests).toEqual([]);
  });
});

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
