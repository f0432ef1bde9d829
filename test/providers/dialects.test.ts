import type { IncomingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DialectName } from '../../domain/dialects.ts';
import { AmbiguousOutcome, Refused, Unavailable } from '../../domain/errors.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { ContentExpired, isKeyRefused, type JobStatus } from '../../providers/video-provider.ts';
import { json, never, type OddServer, rejection, startOddServer } from './odd-server.ts';

const ORDER = { prompt: 'a cup', model: 'sora-2', seconds: 1, width: 128, height: 72 };
const HTML = { 'content-type': 'text/html' };

let server: OddServer;
beforeAll(async () => {
  server = await startOddServer();
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => server.stop());

function provider(dialect?: DialectName, baseUrl = server.url, trustedOrigins: readonly string[] = []) {
  return createOpenAICompatibleProvider({ baseUrl, apiKey: 'sk-open-sesame', dialect, trustedOrigins });
}

async function statusOf(id: string, dialect?: DialectName): Promise<JobStatus | undefined> {
  return (await provider(dialect).status([id], never())).get(id);
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the words of an error reach the person, in whatever form they come:', () => {
  test.each([
    ["OpenAI's", 400, { error: { message: 'no seas', code: 'blocked' } }, 'no seas'],
    ['with a number for a code', 400, { error: { message: 'no seas', code: 1301 } }, 'no seas'],
    ['a text', 400, { error: 'no seas' }, 'no seas'],
    ["FastAPI's", 400, { detail: 'no seas' }, 'no seas'],
    ["FastAPI's, field by field", 422, { detail: [{ loc: ['body', 'size'], msg: 'odd' }] }, 'body.size: odd'],
    ["New API's", 400, { code: 'bad_response', message: 'no seas', data: null }, 'no seas'],
    ['passed on by a gateway', 400, { detail: { error: { message: 'no seas' } } }, 'no seas'],
    ['unknown', 400, { reason: 'no seas' }, 'no seas'],
  ] as const)('%s', async (_, status, body, words) => {
    server.answer = (_request, response) => json(response, status, body);
    const error = await rejection(provider().submit(ORDER, 'key'));
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).toContain(words);
  });
});

test('a key that a server repeats is blotted out', async () => {
  server.answer = ({ headers }, response) =>
    json(response, 401, { error: { message: `Invalid key: ${headers.authorization}` } });
  const error = await rejection(provider().submit(ORDER, 'key'));
  expect(isKeyRefused(error)).toBe(true);
  expect(String(error)).toContain('Invalid key: Bearer [a secret, left out]');
  expect(inspect(error, { depth: 10 })).not.toContain('sk-open-sesame');
});

test.each([
  [402, { error: 'Payment required' }],
  [403, { code: 'insufficient_user_quota', message: 'user quota is not enough', data: null }],
])('an order that an empty account can not pay (%s) waits for credit', async (status, body) => {
  server.answer = (_, response) => json(response, status, body);
  const error = await rejection(provider('new-api').submit(ORDER, 'key'));
  expect(error).toBeInstanceOf(Unavailable);
  expect(error).toMatchObject({ code: 'PROVIDER_OUT_OF_CREDIT' });
});

describe('a job', () => {
  test.each([400, 404, 429, 500])(
    'that failed is told so by vLLM-Omni with status %s, and not taken for trouble of the server',
    async (status) => {
      const error = { code: status, message: 'the engine is dead' };
      server.answer = (_, response) => json(response, status, { id: 'x', status: 'failed', error });
      expect(await statusOf('x', 'vllm-omni')).toMatchObject({
        status: 'failed',
        error: { code: String(status), message: 'the engine is dead' },
      });
    },
  );

  test('that New API does not know is gone, not refused', async () => {
    server.answer = (_, response) =>
      json(response, 400, { code: 'task_not_exist', message: 'task_not_exist', data: null });
    expect(await statusOf('x', 'new-api')).toBe('gone');
  });

  test.each(['azure', 'litellm', 'new-api', 'sglang'] as const)(
    'is not over because %s refuses the question',
    async (dialect) => {
      server.answer = (_, response) => json(response, 400, { error: { message: 'no such deployment' } });
      expect(await rejection(statusOf('x', dialect))).toBeInstanceOf(Refused);
    },
  );

  test.each([
    ['seconds', 1_777_593_600],
    ['milliseconds', 1_777_593_600_000],
    ['digits in a text', '1777593600'],
    ['ISO text', '2026-05-01T02:00:00+02:00'],
    ['ISO text without a zone', '2026-05-01 00:00:00'],
  ])('was made at a time told as %s', async (_, created_at) => {
    server.answer = (_request, response) => json(response, 200, { id: 'x', status: 'queued', created_at });
    expect(await statusOf('x')).toMatchObject({ createdAt: new Date('2026-05-01T00:00:00Z') });
  });

  test.each(['video_bGl0/fj8+Ozs=', 'a b?c#d', '50%', 'models/veo/operations/7'])(
    'with the id %s is asked for by that id',
    async (id) => {
      let asked = '';
      server.answer = ({ url = '' }, response) => {
        asked = url;
        json(response, 200, { id, status: 'NOT_START', progress: '7%' });
      };
      expect(await statusOf(id)).toMatchObject({ id, status: 'queued', progress: 7 });
      expect(decodeURIComponent(asked.replace('/v1/videos/', ''))).toBe(id);
      expect(asked).not.toMatch(/ |\?|#|videos\/.*\//);
    },
  );

  test.each<[string, DialectName, string, number | undefined]>([
    ['is what LiteLLM says on the answer to the order', 'litellm', '0.8', 800_000],
    ['is unknown where LiteLLM has no price', 'litellm', '0.0', undefined],
    ['is unknown where it says no number', 'litellm', 'None', undefined],
    ['is not taken from a header that means nothing elsewhere', 'sglang', '0.8', undefined],
  ])('has a cost that %s', async (_, dialect, cost, expected) => {
    server.answer = (_request, response) =>
      json(response, 200, { id: 'x', status: 'queued' }, { 'x-litellm-response-cost': cost });
    expect((await provider(dialect).submit(ORDER, 'key')).cost).toBe(expected);
  });
});

test('Azure gets its key and its version as it wants them, and no other key', async () => {
  const asked: unknown[] = [];
  server.answer = ({ url, headers }, response) => {
    asked.push([new URL(url ?? '', server.url).search, headers['api-key'], headers.authorization]);
    json(response, 200, { id: 'x', status: 'queued' });
  };
  await statusOf('x', 'azure');
  await provider('azure', `${server.url}?api-version=2027-01-01`).status(['x'], never());
  expect(asked).toEqual([
    ['?api-version=preview', 'sk-open-sesame', undefined],
    ['?api-version=2027-01-01', 'sk-open-sesame', undefined],
  ]);
});

test.each<[DialectName, string]>([
  ['sglang', 'application/json'],
  ['vllm-omni', 'multipart/form-data'],
  ['openai', 'multipart/form-data'],
])('%s is sent an order as %s, under its key', async (dialect, type) => {
  let sent: IncomingHttpHeaders = {};
  server.answer = ({ headers }, response) => {
    sent = headers;
    json(response, 200, { id: 'x', status: 'queued' });
  };
  await provider(dialect).submit(ORDER, 'key-7');
  expect(sent['content-type']).toContain(type);
  expect(sent['idempotency-key']).toBe('key-7');
  expect(server.requests).toEqual(['POST /videos']);
});

describe('a list', () => {
  const ids = Array.from({ length: 250 }, (_, at) => `job-${at}`);

  test.each([true, false])('is read to its end, whether it says has_more or not (%s)', async (saysSo) => {
    server.answer = ({ url }, response) => {
      const query = new URL(url ?? '', server.url).searchParams;
      const from = ids.indexOf(query.get('after') ?? '') + 1;
      const page = ids.slice(from, from + Number(query.get('limit')));
      const data = page.map((id) => ({ id, status: 'queued' }));
      json(response, 200, { data, ...(saysSo && { has_more: from + 100 < ids.length }) });
    };
    expect(await provider().jobsSince(new Date(0))).toHaveLength(250);
    expect(server.requests).toHaveLength(3);
  });

  test('that begins again for ever is read once', async () => {
    const data = ids.slice(0, 100).map((id) => ({ id, status: 'queued' }));
    server.answer = (_, response) => json(response, 200, { data, has_more: true });
    expect(await provider().jobsSince(new Date(0))).toHaveLength(100);
    expect(server.requests).toHaveLength(2);
  });

  test.each(['litellm', 'sglang', 'new-api'] as const)(
    'is not searched for a lost job at %s, where none would be found or the wrong one',
    async (dialect) => {
      expect(await provider(dialect).jobsSince(new Date(0))).toEqual([]);
      expect(server.requests).toEqual([]);
    },
  );

  test('that is a page or broken leaves the jobs to be asked for one by one', async () => {
    server.answer = ({ url = '' }, response) => {
      if (url.startsWith('/v1/videos?')) response.writeHead(200, HTML).end('<html>Sign in</html>');
      else json(response, 200, { id: url.slice(-1), status: 'completed' });
    };
    expect((await provider().status(['a', 'b', 'c', 'd'], never())).size).toBe(4);
  });
});

describe('a file', () => {
  const COMPLETED = { id: 'x', status: 'completed' };
  const answerWith =
    (content: number, job: object): OddServer['answer'] =>
    ({ url }, response) =>
      url?.includes('/content') ? json(response, content, {}) : json(response, 200, { ...COMPLETED, ...job });

  test.each([
    ['the server says so', 410, {}],
    ['the job says until when it was kept', 404, { expires_at: 1_700_000_000 }],
    ['the job says so in milliseconds', 404, { expires_at: 1_700_000_000_000 }],
  ])('has expired when %s', async (_, status, job) => {
    server.answer = answerWith(status, job);
    expect(await rejection(provider().content('x', never()))).toBeInstanceOf(ContentExpired);
  });

  test.each([
    ['the job says nothing', {}],
    ['it is to be kept for long', { expires_at: 9_000_000_000 }],
    ['its time is zero', { expires_at: 0 }],
  ])('that is not there has not expired when %s', async (_, job) => {
    server.answer = answerWith(404, job);
    const error = await rejection(provider().content('x', never()));
    expect(error).toBeInstanceOf(Refused);
    expect(error).not.toBeInstanceOf(ContentExpired);
  });

  describe('behind a link on another host', () => {
    let host: OddServer;
    beforeAll(async () => {
      host = await startOddServer();
    });
    afterAll(() => host.stop());
    const linked = (job: object) => {
      server.answer = answerWith(404, job);
      return provider(undefined, server.url, [new URL(host.url).origin]).content('x', never());
    };

    test.each([
      ['video_url', (url: string) => ({ video_url: url })],
      ['url', (url: string) => ({ url })],
      ['metadata.url', (url: string) => ({ metadata: { url } })],
    ])('is fetched from %s, and the key is not shown there', async (_, jobWith) => {
      let sent = '';
      host.answer = ({ headers }, response) => {
        sent = JSON.stringify(headers);
        response.writeHead(200, { 'content-type': 'Video/MP4; codecs="avc1"' }).end('film');
      };
      const { body, contentType } = await linked(jobWith(`${host.url}/films/7?sig=1`));
      expect(await read(body)).toBe('film');
      expect(contentType).toBe('video/mp4');
      expect(sent).not.toContain('sk-open-sesame');
    });

    test('that has run out is not a refused key, and that has gone is expired', async () => {
      host.answer = (_, response) => json(response, 403, { detail: 'Request has expired' });
      const refused = await rejection(linked({ video_url: host.url }));
      expect(refused).toBeInstanceOf(Refused);
      expect(isKeyRefused(refused)).toBe(false);
      host.answer = (_, response) => json(response, 410, {});
      expect(await rejection(linked({ video_url: host.url }))).toBeInstanceOf(ContentExpired);
      host.answer = (_, response) => json(response, 503, {});
      expect(await rejection(linked({ video_url: host.url }))).toBeInstanceOf(Unavailable);
    });

    test.each(['link', 'redirect'])('inside the network, by %s, is not followed, and is told', async (by) => {
      host.requests.length = 0;
      server.answer =
        by === 'link'
          ? answerWith(404, { video_url: host.url })
          : (_, response) => response.writeHead(302, { location: host.url }).end();
      const error = await rejection(provider().content('x', never()));
      expect(String(error)).toMatch(/not on the public internet/);
      expect(String(error)).toContain('SCREENTEST_VIDEO_SOURCES');
      expect(host.requests).toEqual([]);
    });

    test('that is no web address is not followed', async () => {
      expect(await rejection(linked({ video_url: 'file:///etc/passwd' }))).toBeInstanceOf(Refused);
    });
  });

  test('behind a link on the server itself is fetched with the key', async () => {
    server.answer = ({ url = '', headers }, response) => {
      if (url.includes('/content')) json(response, 404, {});
      else if (url.includes('/files/')) response.end(headers.authorization);
      else json(response, 200, { ...COMPLETED, url: '/v1/files/x' });
    };
    const { body } = await provider().content('x', never());
    expect(await read(body)).toBe('Bearer sk-open-sesame');
  });
});

test('an order answered with a page may have been charged, and the person is told to look at the address', async () => {
  server.answer = (_, response) => response.writeHead(200, HTML).end('<html>Sign in</html>');
  const error = await rejection(provider().submit(ORDER, 'key'));
  expect(error).toBeInstanceOf(AmbiguousOutcome);
  expect(String(error)).toContain('is VIDEO_API_BASE_URL up to and including /v1?');
});
