import { createHmac, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { healthRoute } from '../../worker/health.ts';
import { type HttpPort, openHttpPort } from '../../worker/http-port.ts';
import { webhookRoute } from '../../worker/webhooks.ts';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const EVENT = JSON.stringify({ type: 'video.completed', data: { id: 'video_1' } });

let port: HttpPort;
let nudged: string[];

beforeEach(async () => {
  nudged = [];
  port = await openHttpPort('127.0.0.1', 0, {
    '/healthz': healthRoute(async () => undefined),
    '/webhooks/video': webhookRoute(SECRET, (id) => nudged.push(id)),
  });
});
afterEach(() => port.close());

interface Signing {
  readonly id?: string;
  readonly secret?: string;
  /** Seconds from now. */
  readonly ageSeconds?: number;
  /** What is signed, where it is not what is sent. */
  readonly signs?: string;
}

function signed(body: string, { id = 'evt_1', secret = SECRET, ageSeconds = 0, signs = body }: Signing = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${signs}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  };
}

function send(body: string, headers: Record<string, string>, path = '/webhooks/video'): Promise<Response> {
  return fetch(`http://127.0.0.1:${port.port}${path}`, { method: 'POST', body, headers });
}

async function refusal(body: string, headers: Record<string, string>): Promise<[number, string]> {
  const response = await send(body, headers);
  const { error }: { error?: unknown } = JSON.parse(await response.text());
  expect(nudged).toEqual([]);
  return [response.status, String(error)];
}

describe('an event that the provider signed', () => {
  test.each(['video.completed', 'video.failed'])('%s has its job asked about', async (type) => {
    const body = JSON.stringify({ type, data: { id: 'video_1' } });
    expect((await send(body, signed(body))).status).toBe(204);
    expect(nudged).toEqual(['video_1']);
  });

  test("is one that OpenAI's own client takes, too", async () => {
    const client = new OpenAI({ apiKey: 'any', webhookSecret: SECRET });
    await expect(client.webhooks.verifySignature(EVENT, signed(EVENT))).resolves.toBeUndefined();
  });

  test('is taken while the secret is being changed: one of several signatures is enough', async () => {
    const other = signed(EVENT, { secret: `whsec_${randomBytes(32).toString('base64')}` });
    const ours = signed(EVENT);
    const headers = {
      ...ours,
      'webhook-signature': `v1a,abc ${other['webhook-signature']} ${ours['webhook-signature']}`,
    };
    expect((await send(EVENT, headers)).status).toBe(204);
    expect(nudged).toEqual(['video_1']);
  });

  test('is told once: what is sent again byte for byte is refused, what is signed again is taken without effect', async () => {
    const first = signed(EVENT, { ageSeconds: 60 });
    expect((await send(EVENT, first)).status).toBe(204);
    expect((await send(EVENT, first)).status).toBe(409);
    expect((await send(EVENT, signed(EVENT))).status).toBe(204);
    expect((await send(EVENT, first)).status).toBe(409);
    expect(nudged).toEqual(['video_1']);
  });

  test('of another kind is taken, and changes nothing', async () => {
    const body = JSON.stringify({ type: 'batch.completed', data: { id: 'batch_1' } });
    expect((await send(body, signed(body))).status).toBe(204);
    expect(nudged).toEqual([]);
  });
});

describe('an event is refused, and changes nothing,', () => {
  test.each([
    ['with a signature of another secret', { secret: `whsec_${randomBytes(32).toString('base64')}` }],
    ['with the signature of another body', { signs: '{}' }],
  ])('%s', async (_, signing) => {
    expect(await refusal(EVENT, signed(EVENT, signing))).toEqual([
      401,
      expect.stringContaining('no signature'),
    ]);
  });

  test.each([301, -330])(
    'whose timestamp is %d seconds old, however well it is signed',
    async (ageSeconds) => {
      expect(await refusal(EVENT, signed(EVENT, { ageSeconds }))).toEqual([
        400,
        expect.stringContaining('5 minutes'),
      ]);
    },
  );

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s', async (name) => {
    const { [name]: _, ...headers }: Record<string, string> = signed(EVENT);
    expect(await refusal(EVENT, headers)).toEqual([400, expect.stringContaining(name)]);
  });

  test('with a timestamp that is no number of seconds, although it begins with one', async () => {
    const headers = signed(EVENT);
    headers['webhook-timestamp'] += 'abc';
    expect((await refusal(EVENT, headers))[0]).toBe(400);
  });

  test.each([
    ['is no JSON', 'completed'],
    ['names no type', JSON.stringify({ data: { id: 'video_1' } })],
    ['names no job', JSON.stringify({ type: 'video.completed', data: {} })],
    ['names a job by a number', JSON.stringify({ type: 'video.completed', data: { id: 7 } })],
  ])('when its body %s', async (_, body) => {
    expect((await refusal(body, signed(body)))[0]).toBe(400);
  });

  test('when it is larger than any event, before it is read to its end', async () => {
    const answered = new Promise<number | undefined>((resolve, reject) => {
      const sending = request(
        `http://127.0.0.1:${port.port}/webhooks/video`,
        { method: 'POST', headers: signed(EVENT) },
        (response) => resolve(response.statusCode),
      );
      sending.on('error', reject);
      // Never ended.
      sending.write(Buffer.alloc(70_000, ' '));
    });
    await expect(answered).resolves.toBe(413);
    expect(nudged).toEqual([]);
  });

  test('when it is not posted', async () => {
    const response = await fetch(`http://127.0.0.1:${port.port}/webhooks/video`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

test('without a secret there is no such address', async () => {
  const plain = await openHttpPort('127.0.0.1', 0, { '/healthz': healthRoute(async () => undefined) });
  try {
    const url = `http://127.0.0.1:${plain.port}`;
    expect((await fetch(`${url}/webhooks/video`, { method: 'POST', body: EVENT })).status).toBe(404);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  } finally {
    await plain.close();
  }
});
