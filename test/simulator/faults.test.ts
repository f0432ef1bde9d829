import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { checkVideo } from '../../media/check.ts';
import { create, finished, rejection, save, startRig, temporaryFolder } from './client.ts';

const ORDERED = { durationSeconds: 4, width: 64, height: 64 };

describe('a simulator that was told to fail', () => {
  test('answers the next creates with an error and makes no job, then works again', async () => {
    const { client, ledger, addFaults } = await startRig();
    await addFaults({ on: 'create', does: 'answer', status: 503, times: 2, retryAfterSeconds: 7 });
    const refusal = await rejection(create(client, 'x'));
    expect([refusal.status, refusal.headers?.get('retry-after')]).toEqual([503, '7']);
    expect(await rejection(create(client, 'x'))).toMatchObject({ status: 503 });
    expect(await create(client, 'x')).toMatchObject({ object: 'video' });
    expect((await ledger()).byPrompt).toEqual({ x: { posts: 3, jobs: 1 } });
  });

  test.each([
    ['an answer of 500', { on: 'create', does: 'answer', status: 500, created: true }],
    ['a dropped connection', { on: 'create', does: 'drop', created: true }],
  ] as const)('makes the job but hides it behind %s', async (_, fault) => {
    const { client, ledger } = await startRig({ faults: [fault] });
    await rejection(create(client, 'paid or not?'));
    expect((await ledger()).byPrompt).toEqual({ 'paid or not?': { posts: 1, jobs: 1 } });
    expect((await client.videos.list()).data).toMatchObject([{ prompt: 'paid or not?' }]);
  });

  test('drops the connection before the job is made', async () => {
    const { client, ledger } = await startRig({ faults: [{ on: 'create', does: 'drop' }] });
    expect(await rejection(create(client, 'x'))).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(await ledger()).toMatchObject({ postsReceived: 1, jobsCreated: 0 });
  });

  test('hangs until the client gives up, and has made the job', async () => {
    const { client, ledger } = await startRig({
      faults: [{ on: 'create', does: 'hang', milliseconds: 60_000 }],
    });
    const impatient = client.withOptions({ timeout: 300 });
    expect(await rejection(create(impatient, 'x'))).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(await ledger()).toMatchObject({ jobsCreated: 1 });
  });

  test('refuses for moderation only the prompt that it was told', async () => {
    const { client } = await startRig({
      faults: [
        {
          on: 'create',
          does: 'answer',
          status: 400,
          code: 'moderation_blocked',
          type: 'image_generation_user_error',
          times: 'always',
          match: { prompt: 'celebrity' },
        },
      ],
    });
    expect(await rejection(create(client, 'a celebrity drinks'))).toMatchObject({
      code: 'moderation_blocked',
    });
    expect(await create(client, 'a person drinks')).toMatchObject({ object: 'video' });
  });

  test('fails the job of one order, and charges it only where told', async () => {
    const { client, ledger } = await startRig({
      faults: [
        { on: 'job', does: 'fail', code: 'moderation_blocked', atProgress: 100, match: { ordinal: 2 } },
        { on: 'job', does: 'fail', billed: true, match: { ordinal: 3 } },
      ],
    });
    const first = await create(client, 'first');
    const second = await create(client, 'second');
    const third = await create(client, 'third');
    expect(await finished(client, first.id)).toMatchObject({ status: 'completed' });
    expect(await finished(client, second.id)).toMatchObject({
      status: 'failed',
      error: { code: 'moderation_blocked' },
    });
    expect(await finished(client, third.id)).toMatchObject({
      status: 'failed',
      error: { code: 'internal_error' },
    });
    expect((await ledger()).jobs.map((job) => job.billedSeconds)).toEqual([4, 0, 4]);
  });

  test('leaves a job at the progress where it is stuck', async () => {
    const { client } = await startRig({
      faults: [
        { on: 'job', does: 'stall', atProgress: 42, match: { prompt: 'middle' } },
        { on: 'job', does: 'stall', atProgress: 0, match: { prompt: 'queue' } },
      ],
    });
    const middle = await create(client, 'stuck in the middle');
    const queue = await create(client, 'stuck in the queue');
    expect(await client.videos.retrieve(middle.id)).toMatchObject({ status: 'in_progress', progress: 42 });
    expect(await client.videos.retrieve(queue.id)).toMatchObject({ status: 'queued', progress: 0 });
  });

  test('takes longer for one model', async () => {
    const { client } = await startRig({
      render: { baseSeconds: 0.05, perVideoSecond: 0, jitter: 0 },
      faults: [{ on: 'job', does: 'slow', factor: 1000, match: { model: 'sora-2-pro' } }],
    });
    const slow = await create(client, 'x', { model: 'sora-2-pro' });
    const usual = await create(client, 'x', { model: 'sora-2' });
    await finished(client, usual.id);
    expect(await client.videos.retrieve(slow.id)).toMatchObject({ status: 'queued' });
  });

  test('hides a job from the list that it still answers for', async () => {
    const { client } = await startRig({ faults: [{ on: 'job', does: 'hide' }] });
    const { id } = await create(client, 'hidden');
    expect((await client.videos.list()).data).toEqual([]);
    expect(await client.videos.retrieve(id)).toMatchObject({ id });
  });

  test('has no list at all', async () => {
    const { client } = await startRig({ listsJobs: false });
    expect(await rejection(Promise.resolve(client.videos.list()))).toMatchObject({ status: 405 });
  });

  test('answers status, list and delete with errors or not at all', async () => {
    const { client, addFaults } = await startRig();
    const { id } = await create(client, 'x');
    await addFaults(
      { on: 'retrieve', does: 'answer', status: 502 },
      { on: 'list', does: 'drop' },
      { on: 'delete', does: 'answer', status: 500 },
    );
    expect(await rejection(client.videos.retrieve(id))).toMatchObject({ status: 502 });
    expect(await rejection(Promise.resolve(client.videos.list()))).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(await rejection(client.videos.delete(id))).toMatchObject({ status: 500 });
    expect(await client.videos.retrieve(id)).toMatchObject({ id });
  });

  test('has no content for a while after completion', async () => {
    const { client } = await startRig({
      faults: [{ on: 'content', does: 'missing', forMilliseconds: 300, times: 'always' }],
    });
    const { id } = await create(client, 'x');
    await finished(client, id);
    expect(await rejection(client.videos.downloadContent(id))).toMatchObject({ status: 404 });
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await client.videos.downloadContent(id)).status).toBe(200);
  });

  test.each([
    [{ on: 'content', does: 'page' }, 'text/html; charset=utf-8', 'NOT_A_VIDEO'],
    [{ on: 'content', does: 'empty' }, 'video/mp4', 'EMPTY'],
    [{ on: 'content', does: 'truncate', keepShare: 0.5 }, 'video/mp4', 'NO_MOOV'],
    [{ on: 'job', does: 'misrender', seconds: 2 }, 'video/mp4', 'WRONG_DURATION'],
    [{ on: 'job', does: 'misrender', size: '96x64' }, 'video/mp4', 'WRONG_RESOLUTION'],
  ] as const)('serves what is not the video ordered: %j', async (fault, contentType, problem) => {
    const { client } = await startRig({ faults: [fault] });
    const { id } = await create(client, 'x');
    await finished(client, id);
    const response = await client.videos.downloadContent(id);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType]);
    const check = await checkVideo(await save(response, await temporaryFolder()), ORDERED);
    expect(check).toMatchObject({ ok: false, problems: [{ code: problem }] });

    if (fault.on === 'job') return;
    const again = await save(await client.videos.downloadContent(id), await temporaryFolder());
    expect(await checkVideo(again, ORDERED)).toMatchObject({ ok: true });
  });

  test('closes the connection in the middle of the content', async () => {
    const { client } = await startRig({ faults: [{ on: 'content', does: 'truncate', declares: 'whole' }] });
    const { id } = await create(client, 'x');
    await finished(client, id);
    const response = await client.videos.downloadContent(id);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  test('serves the video under another content type, slowly, or that of another job', async () => {
    const { client } = await startRig({
      faults: [
        {
          on: 'content',
          does: 'relabel',
          contentType: 'application/octet-stream',
          match: { prompt: 'relabel' },
        },
        { on: 'content', does: 'trickle', bytesPerSecond: 20_000, match: { prompt: 'trickle' } },
        { on: 'content', does: 'duplicate', match: { prompt: 'duplicate' } },
      ],
    });
    const bytesOf = async (prompt: string) => {
      const { id } = await create(client, prompt);
      await finished(client, id);
      const began = performance.now();
      const response = await client.videos.downloadContent(id);
      const bytes = Buffer.from(await response.arrayBuffer());
      return { bytes, ms: performance.now() - began, type: response.headers.get('content-type') };
    };
    const first = await bytesOf('first');
    expect((await bytesOf('relabel')).type).toBe('application/octet-stream');
    expect((await bytesOf('trickle')).ms).toBeGreaterThan(200);
    expect((await bytesOf('duplicate')).bytes.equals(first.bytes)).toBe(true);
  });

  test('tells which faults are set and how often they applied, and forgets them', async () => {
    const { client, simulator } = await startRig({
      faults: [{ name: 'busy', on: 'create', does: 'answer', status: 503 }],
    });
    await rejection(create(client, 'x'));
    const faults = `${simulator.adminUrl}/faults`;
    expect(await (await fetch(faults)).json()).toMatchObject({
      faults: [{ applied: 1, fault: { name: 'busy' } }],
    });
    await fetch(faults, { method: 'DELETE' });
    expect(await (await fetch(faults)).json()).toEqual({ faults: [] });
  });

  test('says what is wrong with a fault that it does not know', async () => {
    const { addFaults } = await startRig();
    const response = await addFaults({ on: 'job', does: 'explode' } as never);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining("'fail' | 'stall'") },
    });
  });
});
