import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import type { Delivery } from '../../simulator/webhooks.ts';
import { until } from '../local/support/until.ts';
import { create, read, startRig } from './client.ts';

const SECRET = 'whsec_c2ltdWxhdGVkIGFuZCBsb25nIGVub3VnaA==';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly type: string;
  readonly jobId: string;
}

let receiver: Server;
let url: string;
let received: Received[];

beforeEach(async () => {
  received = [];
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString();
    const { type, data } = JSON.parse(body);
    received.push({ headers: request.headers, body, type: String(type), jobId: String(data.id) });
    response.writeHead(204).end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new TypeError('a server without a port');
  url = `http://127.0.0.1:${address.port}/`;
});
afterEach(() => {
  receiver.closeAllConnections();
  receiver.close();
});

async function isWellSigned({ headers, body }: Received): Promise<boolean> {
  const client = new OpenAI({ apiKey: 'any', webhookSecret: SECRET });
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return client.webhooks.verifySignature(body, own).then(
    () => true,
    () => false,
  );
}

test('a job that is over is told, once, in a message that OpenAI’s client takes', async () => {
  const { client, simulator, addFaults } = await startRig({ webhooks: { url, secret: SECRET } });
  await addFaults({ on: 'job', does: 'fail', match: { prompt: 'unlucky' } });
  const lucky = await create(client, 'lucky');
  const unlucky = await create(client, 'unlucky');
  await until('both were told', () => received.length === 2);
  expect(Object.fromEntries(received.map(({ jobId, type }) => [jobId, type]))).toEqual({
    [lucky.id]: 'video.completed',
    [unlucky.id]: 'video.failed',
  });
  expect(await Promise.all(received.map(isWellSigned))).toEqual([true, true]);
  const { deliveries } = await read<{ deliveries: Delivery[] }>(
    await fetch(`${simulator.adminUrl}/webhooks`),
  );
  expect(deliveries.map(({ answered }) => answered)).toEqual([204, 204]);
});

test('events go wrong as they are told to', async () => {
  const { client, addFaults } = await startRig({ webhooks: { url, secret: SECRET } });
  const order = async (prompt: string) => (await create(client, prompt)).id;
  await addFaults(
    { on: 'webhook', does: 'lose', match: { prompt: 'lost' } },
    { on: 'webhook', does: 'repeat', match: { prompt: 'repeated' } },
    { on: 'webhook', does: 'forge', match: { prompt: 'forged' } },
    { on: 'webhook', does: 'stale', match: { prompt: 'stale' } },
    { on: 'webhook', does: 'overtaken', match: { prompt: 'overtaken' } },
    { on: 'webhook', does: 'stray', match: { prompt: 'strayed' } },
  );
  const of = (id: string) => received.filter(({ jobId }) => jobId === id);

  const overtaken = await order('overtaken');
  const lost = await order('lost');
  const repeated = await order('repeated');
  await until('the one that was overtaken has come', () => of(overtaken).length === 1);
  await until('the repeated one came twice', () => of(repeated).length === 2);
  const [first, second] = of(repeated);
  expect(first).toEqual({ ...second, headers: expect.anything() });
  expect(first?.headers['webhook-signature']).toBe(second?.headers['webhook-signature']);
  expect(received.findIndex(({ jobId }) => jobId === overtaken)).toBeGreaterThan(
    received.findIndex(({ jobId }) => jobId === repeated),
  );

  const [forged, stale, strayed] = [await order('forged'), await order('stale'), await order('strayed')];
  const known = new Set([overtaken, repeated, forged, stale, strayed]);
  await until('all others have come', () => received.some(({ jobId }) => !known.has(jobId)));
  await until('all others have come', () => [forged, stale, strayed].every((id) => of(id).length === 1));
  expect(of(lost)).toEqual([]);
  expect(await Promise.all([...of(forged), ...of(stale), ...of(strayed)].map(isWellSigned))).toEqual([
    false,
    false,
    true,
  ]);
});

test('an early event comes before its job is over, a late one after its time', async () => {
  const { client, addFaults } = await startRig({
    webhooks: { url, secret: SECRET },
    render: { baseSeconds: 0.5, perVideoSecond: 0, jitter: 0 },
  });
  await addFaults(
    { on: 'webhook', does: 'early', match: { prompt: 'early' } },
    { on: 'webhook', does: 'delay', milliseconds: 700, match: { prompt: 'late' } },
  );
  const started = Date.now();
  const { id: early } = await create(client, 'early');
  await create(client, 'late');
  await until('the early one has come', () => received.length > 0);
  expect(received[0]).toMatchObject({ jobId: early, type: 'video.completed' });
  expect((await client.videos.retrieve(early)).status).not.toBe('completed');
  await until('all have come', () => received.length === 3);
  expect(received[1]?.jobId).toBe(early);
  expect(Date.now() - started).toBeGreaterThanOrEqual(1200);
});
