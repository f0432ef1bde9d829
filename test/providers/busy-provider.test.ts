import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Refused } from '../../domain/errors.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { RateLimited } from '../../providers/video-provider.ts';
import { json, type OddServer, startOddServer } from './odd-server.ts';

const ORDER = { prompt: 'too many concurrent cups', model: 'sora-2', seconds: 1, width: 128, height: 72 };

let server: OddServer;
beforeAll(async () => {
  server = await startOddServer();
});
afterAll(() => server.stop());

async function refusalOf(status: number, error: object, headers = {}): Promise<unknown> {
  server.answer = (_, response) => json(response, status, { error }, headers);
  const provider = createOpenAICompatibleProvider({
    baseUrl: server.url,
    apiKey: 'test',
    honoursIdempotencyKeys: false,
    cancelsJobs: false,
  });
  return provider.submit(ORDER, 'key').catch((refusal: unknown) => refusal);
}

test.each([
  [429, { message: 'slow down' }],
  [429, { code: 'rate_limit_exceeded', message: 'Too many concurrent tasks: at most 2.' }],
  [403, { code: 'concurrency_limit_reached', message: 'wait for a slot' }],
  [400, { code: 'video_queue_full', message: 'video queue is full, please retry later' }],
  [400, { code: 1303, message: 'parallel task over resource pack limit' }],
  [422, { type: 'concurrency_limit_error', message: 'too many' }],
])(
  'an order that is one too many at once is waited out, be it refused as %d with %j',
  async (status, error) => {
    expect(await refusalOf(status, error, { 'retry-after': '7' })).toMatchObject({
      constructor: RateLimited,
      retryAfterSeconds: 7,
    });
  },
);

test('words in a message do not make a refusal of the prompt one that is waited out', async () => {
  const error = { code: 'moderation_blocked', message: `Blocked: "${ORDER.prompt}"` };
  expect(await refusalOf(400, error)).toBeInstanceOf(Refused);
});
