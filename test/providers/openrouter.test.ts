import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { resetEnv } from '@openrouter/sdk/lib/env.js';
import { AmbiguousOutcome, Unavailable } from '../../domain/errors.ts';
import { createOpenRouterProvider } from '../../providers/openrouter/provider.ts';
import { ContentExpired, isKeyRefused, type VideoProvider } from '../../providers/video-provider.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { conformsToThePort } from './conformance.ts';
import { json, type OddServer, startOddServer } from './odd-server.ts';

const SMALL = { model: 'google/veo-3.1', seconds: 1, width: 64, height: 64 };
const ORDER = { ...SMALL, prompt: 'a cup' };
const SECRET = 'a-key-that-is-never-repeated';
const never = () => new AbortController().signal;

async function start(options: SimulatorOptions) {
  const simulator = await startSimulator({ prices: { [SMALL.model]: { '*': 0.5 } }, ...options });
  return {
    provider: createOpenRouterProvider({ apiKey: 'test', baseUrl: simulator.openRouterUrl }),
    simulator,
  };
}

conformsToThePort('the OpenRouter adapter', start, { video: SMALL });

test('OpenRouter says what a video cost', async () => {
  const { provider, simulator } = await start({ render: { baseSeconds: 0, perVideoSecond: 0, jitter: 0 } });
  try {
    const { id } = await provider.submit({ ...ORDER, seconds: 2 }, 'key');
    for (;;) {
      const job = (await provider.status([id], never())).get(id);
      if (job === undefined || job === 'gone') throw new Error(`the job is ${job}`);
      if (job.status !== 'completed') continue;
      expect(job.cost).toBe(1_000_000);
      break;
    }
  } finally {
    await simulator.stop();
  }
});

describe('OpenRouter', () => {
  let server: OddServer;
  let provider: VideoProvider;
  beforeAll(async () => {
    server = await startOddServer();
    provider = createOpenRouterProvider({ apiKey: SECRET, baseUrl: server.url });
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  afterAll(() => server.stop());

  test.each([500, 502, 503, 504])(
    'a create answered with %d is not repeated by its client',
    async (status) => {
      server.answer = (_, response) => json(response, status, { error: { code: status, message: 'no' } });
      expect(await rejection(provider.submit(ORDER, 'key'))).toBeInstanceOf(AmbiguousOutcome);
      expect(server.requests).toEqual(['POST /videos']);
    },
  );

  test('a create whose connection is reset is not repeated by its client', async () => {
    server.answer = (request) => request.socket.resetAndDestroy();
    expect(await rejection(provider.submit(ORDER, 'key'))).toBeInstanceOf(AmbiguousOutcome);
    expect(server.requests).toEqual(['POST /videos']);
  });

  test.each([
    ['a web page with status 200', 200, 'text/html', '<html>Sign in</html>'],
    ['202 and nothing', 202, 'application/json', ''],
    ['a job without an id', 202, 'application/json', '{"status":"pending"}'],
  ])('a create answered with %s may have been charged', async (_, status, type, body) => {
    server.answer = (_request, response) => response.writeHead(status, { 'content-type': type }).end(body);
    expect(await rejection(provider.submit(ORDER, 'key'))).toBeInstanceOf(AmbiguousOutcome);
    expect(server.requests).toEqual(['POST /videos']);
  });

  test('a job in a form that the client does not know is a job all the same', async () => {
    server.answer = (_, response) => json(response, 200, { id: 'job-1', status: 'queued_somewhere' });
    expect(await provider.submit(ORDER, 'key')).toMatchObject({ id: 'job-1', status: 'running' });
    expect((await provider.status(['job-1'], never())).get('job-1')).toMatchObject({ status: 'running' });
  });

  test.each<[string, { error?: string; usage?: { cost: number } }, string]>([
    ['pending', {}, 'queued'],
    ['in_progress', {}, 'running'],
    ['failed', { error: 'the model refused' }, 'failed'],
    ['cancelled', {}, 'failed'],
    ['expired', {}, 'failed'],
    // It had a video, and was charged; that its file is gone is found when it is asked for.
    ['expired', { usage: { cost: 0.5 } }, 'completed'],
  ])('the status %s %j is understood as %s', async (status, more, meaning) => {
    server.answer = (_, response) => json(response, 200, { id: 'x', polling_url: '/x', status, ...more });
    const job = (await provider.status(['x'], never())).get('x');
    expect(job).toMatchObject({ status: meaning });
    if (meaning === 'failed') {
      expect(job).toMatchObject({ error: { code: status, message: more.error ?? 'no reason was given' } });
    }
  });

  test('an account without credit waits for it', async () => {
    server.answer = (_, response) =>
      json(response, 402, { error: { code: 402, message: 'Insufficient credits' } });
    const error = await rejection(provider.submit(ORDER, 'key'));
    expect(error).toBeInstanceOf(Unavailable);
    expect(error).toMatchObject({ code: 'PROVIDER_OUT_OF_CREDIT' });
  });

  test('a prompt that its moderation refuses is not a key that is', async () => {
    server.answer = (_, response) =>
      json(response, 403, {
        error: { code: 403, message: 'Your input was flagged', metadata: { reasons: ['violence'] } },
      });
    const error = await rejection(provider.submit(ORDER, 'key'));
    expect(isKeyRefused(error)).toBe(false);
    expect(error).toMatchObject({ code: 'PROVIDER_REFUSED' });
  });

  test('a model that is not there any more is named', async () => {
    server.answer = (_, response) => json(response, 404, { error: { code: 404, message: 'No such model' } });
    const error = await rejection(provider.submit(ORDER, 'key'));
    expect(error).toMatchObject({
      code: 'ENDPOINT_MISSING',
      message: expect.stringContaining('google/veo-3.1'),
    });
  });

  test('a file that is gone for good is expired', async () => {
    server.answer = (_, response) => json(response, 410, { error: { code: 410, message: 'expired' } });
    expect(await rejection(provider.content('x', never()))).toBeInstanceOf(ContentExpired);
  });

  test('its client prints no key, though its own debugging is switched on', async () => {
    const printed: unknown[] = [];
    const spies = (['log', 'group'] as const).map((name) =>
      jest.spyOn(console, name).mockImplementation((...words) => void printed.push(words)),
    );
    process.env.OPENROUTER_DEBUG = 'true';
    resetEnv();
    try {
      const debugged = createOpenRouterProvider({ apiKey: SECRET, baseUrl: server.url });
      server.answer = (_, response) =>
        json(response, 400, { error: { code: 400, message: `no, not with ${SECRET}` } });
      const error = await rejection(debugged.submit(ORDER, 'key'));
      expect(printed).toEqual([]);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
    } finally {
      delete process.env.OPENROUTER_DEBUG;
      resetEnv();
      for (const spy of spies) spy.mockRestore();
    }
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
