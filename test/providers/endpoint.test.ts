import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PreconditionFailed, Refused, Unavailable } from '../../domain/errors.ts';
import { retiredService } from '../../providers/openai-compatible/gone.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { isKeyRefused } from '../../providers/video-provider.ts';
import { json, type OddServer, rejection, startOddServer } from './odd-server.ts';

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

function provider(baseUrl = server.url) {
  return createOpenAICompatibleProvider({ baseUrl, apiKey: 'test' });
}

test.each([
  ['https://api.openai.com/v1', true],
  ['https://API.OpenAI.com:443/v1', true],
  ['https://eu.api.openai.com/v1', true],
  ['https://api.openai.com.example.com/v1', false],
  ['https://my-api.openai.com/v1', false],
  ['https://team.openai.azure.com/openai/v1', false],
])('%s is the retired service: %s', (baseUrl, isRetired) => {
  expect(retiredService(baseUrl) !== undefined).toBe(isRetired);
});

test('nothing is sent to the retired service, and the person is told why', async () => {
  const retired = provider('https://api.openai.com/v1');
  const said = expect.stringContaining('shut down on 2026-09-24');
  expect(await rejection(retired.submit(ORDER, 'key'))).toMatchObject({
    code: 'PROVIDER_RETIRED',
    message: said,
  });
  const error = await rejection(retired.check?.() ?? Promise.resolve());
  expect(error).toBeInstanceOf(PreconditionFailed);
  expect(error).toMatchObject({ code: 'PROVIDER_RETIRED', message: said });
});

describe('an order to a server', () => {
  test.each<[string, number, string, object]>([
    ['that takes no POST there', 405, JSON.stringify({ detail: 'Method Not Allowed' }), {}],
    ['that makes only texts', 404, JSON.stringify({ detail: 'Not Found' }), {}],
    ['that shows pages', 404, '<html>404</html>', HTML],
  ])('%s is told that there is no /videos, and waits for a person', async (_, status, body, headers) => {
    server.answer = (_request, response) => response.writeHead(status, { ...headers }).end(body);
    const error = await rejection(provider().submit(ORDER, 'key'));
    expect(error).toBeInstanceOf(Unavailable);
    expect(error).toMatchObject({
      code: 'PROVIDER_ENDPOINT_MISSING',
      message: expect.stringMatching(/no \/videos at http.*up to and including \/v1/),
    });
    expect(server.requests).toEqual(['POST /videos']);
  });

  test.each([
    [410, 'Gone'],
    [404, 'The Videos API has been shut down.'],
  ])('that says %s "%s" is told that the service was retired', async (status, message) => {
    server.answer = (_, response) => json(response, status, { error: { message } });
    expect(await rejection(provider().submit(ORDER, 'key'))).toMatchObject({
      code: 'PROVIDER_RETIRED',
      message: expect.stringContaining(message),
    });
  });

  test('that has no such model is refused with its words', async () => {
    const message = "The API deployment 'sora-2' for this resource does not exist.";
    server.answer = (_, response) => json(response, 404, { error: { message, code: null } });
    const error = await rejection(provider().submit(ORDER, 'key'));
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).toContain(message);
  });
});

describe('a look at a server', () => {
  const check = () => provider().check?.() ?? Promise.reject(new Error('nothing to look at'));

  test.each<[string, OddServer['answer']]>([
    ['has a list', (_, response) => json(response, 200, { data: [] })],
    ['has none, and takes orders', (_, response) => json(response, 405, { detail: 'Method Not Allowed' })],
    [
      'knows jobs, and has no list',
      ({ url }, response) =>
        url?.startsWith('/v1/videos/')
          ? json(response, 400, { code: 'task_not_exist', message: 'task_not_exist' })
          : json(response, 404, { error: { message: `Invalid URL (GET ${url})` } }),
    ],
    [
      'knows jobs, and shows its own page for all else',
      ({ url }, response) =>
        url?.startsWith('/v1/videos/')
          ? json(response, 404, { detail: 'Video not found' })
          : response.writeHead(200, HTML).end('<html>Welcome</html>'),
    ],
  ])('that %s finds nothing amiss, and orders nothing', async (_, answer) => {
    server.answer = answer;
    await check();
    expect(server.requests.every((request) => request.startsWith('GET '))).toBe(true);
  });

  test.each<[string, OddServer['answer']]>([
    ['makes only texts', (_, response) => json(response, 404, { detail: 'Not Found' })],
    [
      'names the address it does not know',
      ({ url }, response) => json(response, 404, { error: { message: `Invalid URL (GET ${url})` } }),
    ],
    ['shows pages', ({ url }, response) => response.writeHead(404, HTML).end(`<html>${url}</html>`)],
    ['shows one page for all', (_, response) => response.writeHead(200, HTML).end('<html>Welcome</html>')],
  ])('that %s says that there is no /videos', async (_, answer) => {
    server.answer = answer;
    const error = await rejection(check());
    expect(error).toBeInstanceOf(PreconditionFailed);
    expect(error).toMatchObject({ code: 'PROVIDER_ENDPOINT_MISSING' });
  });

  test('that was retired says so', async () => {
    server.answer = (_, response) => json(response, 410, { error: { message: 'The service has ended.' } });
    const error = await rejection(check());
    expect(error).toBeInstanceOf(PreconditionFailed);
    expect(error).toMatchObject({ code: 'PROVIDER_RETIRED' });
  });

  test('that is away, or refuses the key, does not say that anything is missing', async () => {
    server.answer = (_, response) => json(response, 503, {});
    expect(await rejection(check())).toBeInstanceOf(Unavailable);
    server.answer = (_, response) => json(response, 401, {});
    expect(isKeyRefused(await rejection(check()))).toBe(true);
  });
});
