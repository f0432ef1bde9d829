import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AmbiguousOutcome, Refused, Unavailable } from '../../domain/errors.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { RateLimited, type VideoProvider } from '../../providers/video-provider.ts';
import { json, never, type OddServer, rejection, startOddServer } from './odd-server.ts';

const ORDER = { prompt: 'a cup', model: 'sora-2', seconds: 1, width: 128, height: 72 };

function providerAt(baseUrl: string, cancelsJobs = true): VideoProvider {
  return createOpenAICompatibleProvider({ baseUrl, apiKey: 'test', cancelsJobs });
}

describe('against a server that answers oddly', () => {
  let server: OddServer;
  beforeAll(async () => {
    server = await startOddServer();
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  afterAll(() => server.stop());

  test('nobody at the address means that the order never arrived', async () => {
    const gone = await startOddServer();
    await gone.stop();
    expect(await rejection(providerAt(gone.url).submit(ORDER, 'key'))).toBeInstanceOf(Unavailable);
  });

  test.each([
    ['a web page with status 200', 200, { 'content-type': 'text/html' }, '<html>Sign in</html>'],
    ['200 and nothing', 200, { 'content-type': 'application/json' }, ''],
    ['a job without an id', 200, { 'content-type': 'application/json' }, '{"status":"queued"}'],
    ['500 and nothing', 500, {}, ''],
    ['502 and a web page', 502, { 'content-type': 'text/html' }, '<html>Bad gateway</html>'],
  ] as const)('a create answered with %s may have been charged', async (_, status, headers, body) => {
    server.answer = (_request, response) => response.writeHead(status, headers).end(body);
    expect(await rejection(providerAt(server.url).submit(ORDER, 'key'))).toBeInstanceOf(AmbiguousOutcome);
    expect(server.requests).toEqual(['POST /videos']);
  });

  test('a reset connection may have been charged', async () => {
    server.answer = (request) => request.socket.resetAndDestroy();
    expect(await rejection(providerAt(server.url).submit(ORDER, 'key'))).toBeInstanceOf(AmbiguousOutcome);
    expect(server.requests).toEqual(['POST /videos']);
  });

  test.each([
    ['queued', 'queued'],
    ['submitted', 'queued'],
    ['in_progress', 'running'],
    ['processing', 'running'],
    ['RUNNING', 'running'],
    ['unknown', 'running'],
    ['completed', 'completed'],
    ['succeeded', 'completed'],
    ['failed', 'failed'],
    ['cancelled', 'failed'],
  ] as const)('the status "%s" is understood as %s', async (word, meaning) => {
    server.answer = (_, response) => json(response, 200, { id: 'x', status: word });
    expect((await providerAt(server.url).status(['x'], never())).get('x')).toMatchObject({ status: meaning });
  });

  test('codes that are numbers, errors that are text and times in milliseconds are understood', async () => {
    const at = Date.UTC(2026, 4, 1);
    server.answer = (request, response) =>
      json(response, 200, {
        id: request.url?.endsWith('x') ? 'x' : 'y',
        status: 'failed',
        created_at: at,
        progress: 'half',
        error: request.url?.endsWith('x') ? { code: 1301, message: 'unsafe' } : 'out of memory',
      });
    const found = await providerAt(server.url).status(['x', 'y'], never());
    expect(found.get('x')).toMatchObject({
      error: { code: '1301', message: 'unsafe' },
      createdAt: new Date(at),
      progress: undefined,
    });
    expect(found.get('y')).toMatchObject({ error: { message: 'out of memory' } });
  });

  test("one job's trouble is not the others'", async () => {
    server.answer = (request, response) => {
      if (request.url?.endsWith('refused')) {
        json(response, 400, { error: { code: 'guardrail', message: 'unsafe content' } });
      } else if (request.url?.endsWith('broken')) {
        json(response, 500, {});
      } else if (request.url?.endsWith('gone')) {
        json(response, 404, {});
      } else {
        json(response, 200, { id: 'good', status: 'completed' });
      }
    };
    const found = await providerAt(server.url).status(['good', 'refused', 'broken', 'gone'], never());
    expect([...found.keys()].toSorted()).toEqual(['gone', 'good', 'refused']);
    expect(found.get('good')).toMatchObject({ status: 'completed' });
    expect(found.get('refused')).toMatchObject({ status: 'failed', error: { code: 'guardrail' } });
    expect(found.get('gone')).toBe('gone');
  });

  test("a list with other programs' jobs in it is read all the same", async () => {
    server.answer = (_, response) =>
      json(response, 200, {
        data: [{ id: 17, status: 'queued' }, ...['a', 'b', 'c', 'd'].map((id) => ({ id, status: 'queued' }))],
      });
    const found = await providerAt(server.url).status(['a', 'b', 'c', 'd'], never());
    expect(found.size).toBe(4);
    expect(server.requests).toEqual(['GET /videos']);
  });

  test('an absurd wish to wait is bounded', async () => {
    const answers = ['0', '99999999', 'Wed, 21 Oct 2099 07:28:00 GMT', 'soon'];
    const waits: number[] = [];
    for (const answer of answers) {
      server.answer = (_, response) => json(response, 429, {}, { 'retry-after': answer });
      const error = await rejection(providerAt(server.url).submit(ORDER, 'key'));
      if (error instanceof RateLimited) waits.push(error.retryAfterSeconds);
    }
    expect(waits).toEqual([0.2, 600, 600, 5]);
    server.answer = (_, response) =>
      json(response, 200, { id: 'x', status: 'queued' }, { 'openai-poll-after-ms': '999999999999' });
    expect((await providerAt(server.url).status(['x'], never())).get('x')).toMatchObject({
      pollAfterMs: 60_000,
    });
  });

  test('a provider that is not said to cancel jobs is never sent a delete', async () => {
    server.answer = (_, response) => json(response, 200, { id: 'x', status: 'in_progress' });
    expect(await providerAt(server.url, false).cancel('x')).toBe('unknown');
    expect(server.requests).toEqual(['GET /videos/x']);
  });

  test.each([
    ['failed', 200, { id: 'x', status: 'failed' }, 'failed'],
    ['refused by a guardrail', 400, {}, 'failed'],
  ] as const)(
    'a job that was %s before it could be cancelled is said to be %s',
    async (_, status, job, outcome) => {
      server.answer = (_request, response) => json(response, status, job);
      expect(await providerAt(server.url).cancel('x')).toBe(outcome);
      expect(server.requests).toEqual(['GET /videos/x']);
    },
  );

  test('a refused key does not decide what became of a job', async () => {
    server.answer = (_, response) => json(response, 401, {});
    expect(await rejection(providerAt(server.url).cancel('x'))).toBeInstanceOf(Unavailable);
  });

  test('a server without a list has no jobs to find, and is not asked for the list again at once', async () => {
    server.answer = (_, response) => json(response, 404, {});
    const provider = providerAt(server.url);
    expect(await provider.jobsSince(new Date())).toEqual([]);
    expect(await provider.jobsSince(new Date())).toEqual([]);
    expect(server.requests).toEqual(['GET /videos']);
  });

  test('a web page for an answer is clipped', async () => {
    server.answer = (_, response) => json(response, 400, { error: { message: '<html>'.repeat(1000) } });
    const error = await rejection(providerAt(server.url).submit(ORDER, 'key'));
    expect(error instanceof Refused && error.message.length).toBeLessThan(700);
  });

  test.each([
    ['while connecting', { code: 'EHOSTUNREACH', syscall: 'connect' }, Unavailable],
    ['at each address', { errors: [{ code: 'ETIMEDOUT', syscall: 'connect' }] }, Unavailable],
    ['before it was connected in time', { code: 'UND_ERR_CONNECT_TIMEOUT' }, Unavailable],
    ['while writing', { code: 'EHOSTUNREACH', syscall: 'write' }, AmbiguousOutcome],
    ['at some moment', { code: 'ETIMEDOUT', syscall: 'read' }, AmbiguousOutcome],
  ] as const)('a network that fails %s is called what it is', async (_, cause, kind) => {
    const own = globalThis.fetch;
    globalThis.fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('no'), cause) }));
    try {
      expect(await rejection(providerAt(server.url).submit(ORDER, 'key'))).toBeInstanceOf(kind);
    } finally {
      globalThis.fetch = own;
    }
  });
});
