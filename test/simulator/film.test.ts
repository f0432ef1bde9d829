import { describe, expect, test } from '@jest/globals';
import { checkVideo } from '../../media/check.ts';
import { create, finished, save, startRig, temporaryFolder } from './client.ts';

describe('films', () => {
  test.each(['320x180', '720x1280', '1280x720', '16x16'])('of %s can be played as ordered', async (size) => {
    const { client } = await startRig();
    const { id } = await create(client, `a film of ${size}`, { size });
    await finished(client, id);
    const path = await save(await client.videos.downloadContent(id), await temporaryFolder());
    const [width, height] = size.split('x').map(Number);
    const check = await checkVideo(path, {
      durationSeconds: 4,
      width: width ?? 0,
      height: height ?? 0,
      toleranceSeconds: 0.01,
    });
    expect(check).toMatchObject({ ok: true });
  });

  test('are made while the server goes on answering', async () => {
    const { client, simulator } = await startRig();
    const { id } = await create(client, 'a large one', { size: '720x1280' });
    let answers = 0;
    while ((await client.videos.retrieve(id)).status !== 'completed') {
      expect((await fetch(simulator.url.replace('/v1', '/healthz'))).status).toBe(200);
      answers += 1;
    }
    expect(answers).toBeGreaterThan(5);
  });

  test('leave the process its own handlers for errors that nobody caught', async () => {
    const before = process.listenerCount('unhandledRejection') + process.listenerCount('uncaughtException');
    const { client } = await startRig();
    await finished(client, (await create(client, 'x')).id);
    expect(process.listenerCount('unhandledRejection') + process.listenerCount('uncaughtException')).toBe(
      before,
    );
  });
});
