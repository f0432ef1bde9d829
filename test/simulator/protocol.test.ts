import { describe, expect, test } from '@jest/globals';
import { checkVideo } from '../../media/check.ts';
import { clientOf, create, finished, rejection, SMALL, save, startRig, temporaryFolder } from './client.ts';

describe('a customer of the simulated video API', () => {
  test('orders a video, sees its progress, and gets a playable file of the length and size ordered', async () => {
    const { client } = await startRig({ render: { baseSeconds: 0.6, perVideoSecond: 0, jitter: 0 } });
    const ordered = await create(client, 'a cup of espresso', { model: 'sora-2', size: '320x180' });
    expect(ordered).toMatchObject({
      object: 'video',
      status: 'queued',
      progress: 0,
      model: 'sora-2',
      seconds: '4',
      size: '320x180',
      prompt: 'a cup of espresso',
      completed_at: null,
      expires_at: null,
      error: null,
    });
    expect(Math.abs(ordered.created_at - Date.now() / 1000)).toBeLessThan(5);

    const seen = new Set<string>();
    const progress: number[] = [];
    let video = ordered;
    while (video.status === 'queued' || video.status === 'in_progress') {
      seen.add(video.status);
      progress.push(video.progress);
      await new Promise((resolve) => setTimeout(resolve, 50));
      video = await client.videos.retrieve(ordered.id);
    }
    expect([...seen]).toEqual(['queued', 'in_progress']);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(video).toMatchObject({ status: 'completed', progress: 100 });
    expect((video.expires_at ?? 0) - (video.completed_at ?? 0)).toBe(3600);

    const content = await client.videos.downloadContent(ordered.id);
    expect(content.headers.get('content-type')).toBe('video/mp4');
    const path = await save(content, await temporaryFolder());
    expect(await checkVideo(path, { durationSeconds: 4, width: 320, height: 180 })).toMatchObject({
      ok: true,
      facts: { container: 'mp4', durationSeconds: 4, hasAudio: false },
    });
  });

  test('gets another film for each variant, and another file for each job even of the same prompt', async () => {
    const { client } = await startRig({ mostDifferentFilms: 2 });
    const prompts = ['hook A', 'hook B', 'hook A'];
    const files = [];
    for (const prompt of prompts) {
      const { id } = await create(client, prompt);
      await finished(client, id);
      files.push(Buffer.from(await (await client.videos.downloadContent(id)).arrayBuffer()).toString('hex'));
    }
    expect(new Set(files).size).toBe(3);
    const [a, b] = files;
    expect(a?.slice(0, -150)).not.toBe(b?.slice(0, -150));
  });

  test('gets a PNG thumbnail', async () => {
    const { client } = await startRig();
    const { id } = await create(client, 'thumbnail', { size: '128x64' });
    await finished(client, id);
    const response = await client.videos.downloadContent(id, { variant: 'thumbnail' });
    expect(response.headers.get('content-type')).toBe('image/png');
    const png = Buffer.from(await response.arrayBuffer());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 64]);
  });

  test('may order with JSON instead of a form', async () => {
    const { simulator } = await startRig();
    const response = await fetch(`${simulator.url}/videos`, {
      method: 'POST',
      headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'as JSON', seconds: '8', size: '64x64', model: 'sora-2-pro' }),
    });
    expect(await response.json()).toMatchObject({ seconds: '8', size: '64x64', model: 'sora-2-pro' });
  });

  test('may send a reference picture with the order', async () => {
    const { client } = await startRig();
    const input_reference = new File([new Uint8Array(1000)], 'first-frame.png', { type: 'image/png' });
    expect(await create(client, 'with a picture', { input_reference })).toMatchObject({
      prompt: 'with a picture',
    });
  });

  test('pages through the list, newest or oldest first, and every job is in it once', async () => {
    const { client } = await startRig();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await create(client, `number ${n}`)).id);

    const newestFirst = await client.videos.list({ limit: 2 });
    expect(newestFirst.data.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
    expect(newestFirst).toMatchObject({ has_more: true, last_id: ids[3] });

    const all: string[] = [];
    for await (const video of client.videos.list({ limit: 2, order: 'asc' })) all.push(video.id);
    expect(all).toEqual(ids);
    expect((await client.videos.list({ after: ids[0] ?? '' })).data).toEqual([]);
  });

  test('cancels a running job by deleting it, and it is neither found nor paid for', async () => {
    const { client, ledger } = await startRig({ render: { baseSeconds: 60 } });
    const { id } = await create(client, 'changed my mind');
    expect(await client.videos.delete(id)).toEqual({ id, object: 'video.deleted', deleted: true });
    expect(await rejection(client.videos.retrieve(id))).toMatchObject({ status: 404, code: 'not_found' });
    expect((await client.videos.list()).data).toEqual([]);
    expect(await ledger()).toMatchObject({ jobsCreated: 1, billedUsd: 0, jobs: [{ status: 'deleted' }] });
  });

  test('may be told that a running job cannot be deleted, as at the real service', async () => {
    const { client } = await startRig({ render: { baseSeconds: 60 }, deleteCancelsRunning: false });
    const { id } = await create(client, 'no way back');
    expect(await rejection(client.videos.delete(id))).toMatchObject({
      status: 400,
      code: 'video_not_finished',
    });
    expect(await client.videos.retrieve(id)).toMatchObject({ id });
  });

  test('is not let in without a key, nor with a wrong one', async () => {
    const { simulator } = await startRig({ apiKey: 'the-right-one' });
    const nobody = await fetch(`${simulator.url}/videos`);
    expect(nobody.status).toBe(401);
    expect(await nobody.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    const wrong = clientOf(simulator.url, 'the-wrong-one');
    expect(await rejection(create(wrong, 'x'))).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(await create(clientOf(simulator.url, 'the-right-one'), 'x')).toMatchObject({ object: 'video' });
  });

  test.each([
    ['an empty prompt', { prompt: '' }, 'prompt'],
    ['an unknown model', { model: 'sora-3' }, 'model'],
    ['a length that is no number', { seconds: 'four' }, 'seconds'],
    ['a length of an hour', { seconds: '3600' }, 'seconds'],
    ['an odd size', { size: '321x180' }, 'size'],
    ['a size too large', { size: '8192x8192' }, 'size'],
    ['a size that is none', { size: 'large' }, 'size'],
  ])('is told which parameter is wrong: %s', async (_, fields, param) => {
    const { client, ledger } = await startRig();
    const refusal = await rejection(create(client, 'fine', fields));
    expect(refusal).toMatchObject({ status: 400, type: 'invalid_request_error', param });
    expect(await ledger()).toMatchObject({ postsReceived: 1, jobsCreated: 0 });
  });

  test('gets only the published sizes and lengths where the simulator is strict', async () => {
    const { client } = await startRig({ strict: true });
    expect(await rejection(create(client, 'x', { size: '64x64' }))).toMatchObject({ param: 'size' });
    expect(await rejection(create(client, 'x', { size: '720x1280', seconds: '5' }))).toMatchObject({
      param: 'seconds',
    });
  });

  test('is hinted when to ask again, unless the hint is off', async () => {
    for (const sendsPollHint of [true, false]) {
      const { client } = await startRig({ sendsPollHint, render: { baseSeconds: 60 } });
      const { id } = await create(client, 'slow');
      const { response } = await client.videos.retrieve(id).withResponse();
      expect(response.headers.has('openai-poll-after-ms')).toBe(sendsPollHint);
    }
  });

  test('pays the listed price for each second of a completed video, and nothing before', async () => {
    const { client, ledger, simulator } = await startRig({ prices: { m: { '*': 0.1, '128x64': 0.35 } } });
    expect(await (await fetch(`${simulator.adminUrl}/prices`)).json()).toMatchObject({
      models: { m: { '*': 0.1 } },
    });
    const plain = await create(client, 'plain', { model: 'm' });
    const dear = await create(client, 'dear', { model: 'm', size: '128x64', seconds: '8' });
    await finished(client, plain.id);
    await finished(client, dear.id);
    expect(await ledger()).toMatchObject({ billedSeconds: 12, billedMicroUsd: 3_200_000, billedUsd: 3.2 });
  });

  test('by default is charged twice for the same Idempotency-Key, as at the real service', async () => {
    const { client, ledger } = await startRig();
    const first = await create(client, 'twice', {}, { 'Idempotency-Key': 'k1' });
    const second = await create(client, 'twice', {}, { 'Idempotency-Key': 'k1' });
    expect(second.id).not.toBe(first.id);
    expect((await ledger()).byIdempotencyKey).toEqual({ k1: { posts: 2, jobs: 2 } });
  });

  test('gets the same job again under the same key where keys are honoured, and a refusal for another order', async () => {
    const { client, ledger } = await startRig({ honoursIdempotencyKeys: true });
    const headers = { 'Idempotency-Key': 'k1' };
    const first = await create(client, 'once', {}, headers);
    expect(await create(client, 'once', {}, headers)).toMatchObject({ id: first.id });
    expect(await rejection(create(client, 'another', {}, headers))).toMatchObject({ status: 409 });
    expect(await ledger()).toMatchObject({
      postsReceived: 3,
      jobsCreated: 1,
      replays: 1,
      byIdempotencyKey: { k1: { posts: 3, jobs: 1 } },
      byPrompt: { once: { posts: 2, jobs: 1 } },
    });
  });

  test('is asked to wait when too many jobs run, or too many were ordered within a minute', async () => {
    const busy = await startRig({ maxRunning: 1, render: { baseSeconds: 60 } });
    await create(busy.client, 'first');
    const refusal = await rejection(create(busy.client, 'second'));
    expect([refusal.status, refusal.headers?.get('retry-after')]).toEqual([429, '1']);

    const limited = await startRig({ createsPerMinute: 2 });
    await create(limited.client, 'first');
    await create(limited.client, 'second');
    const third = await rejection(create(limited.client, 'third'));
    expect(third.status).toBe(429);
    expect(Number(third.headers?.get('retry-after'))).toBeGreaterThan(50);
    expect(await limited.ledger()).toMatchObject({ postsReceived: 3, jobsCreated: 2 });
  });

  test('finds the content gone after it has expired', async () => {
    const { client } = await startRig({ expiresAfterSeconds: 0 });
    const { id } = await create(client, 'too late');
    await finished(client, id);
    const gone = await rejection(client.videos.downloadContent(id));
    expect(gone).toMatchObject({ status: 404, message: expect.stringContaining('expired') });
  });

  test('places a thousand orders, and each is completed once', async () => {
    const { client, ledger } = await startRig({ mostDifferentFilms: 2 });
    for (let batch = 0; batch < 20; batch += 1) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => create(client, `order ${batch}/${n}`, SMALL)));
    }
    const { id } = await create(client, 'the last');
    await finished(client, id);
    expect(await ledger()).toMatchObject({ jobsCreated: 1001, billedSeconds: 4004 });
  });
});
