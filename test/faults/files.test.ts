import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createS3Store } from '../../storage/s3-store.ts';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { filmOf } from '../support/films.ts';
import { isTesting } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { S3_CREDENTIALS, startS3Server, type TestS3Server } from '../support/s3-server.ts';
import { expectExit, screentest } from '../support/screentest.ts';

const environmentBefore = { ...process.env };
let server: TestS3Server;
let folder: string;
beforeAll(async () => {
  Object.assign(process.env, S3_CREDENTIALS);
  server = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), 'screentest-upload-'));
}, 120_000);
afterAll(async () => {
  process.env = environmentBefore;
  await rm(folder, { recursive: true, force: true });
  await server.stop();
});

async function withRig(options: Parameters<typeof startRig>[0], use: (rig: Rig) => Promise<void>) {
  const rig = await startRig(options);
  try {
    await use(rig);
  } finally {
    await rig.stop();
  }
}

test('a group keeps its videos in a bucket, and takes a file there from a machine that shares nothing else', async () => {
  const bucket = await server.createBucket();
  const prefix = 'ads';
  const { endpoint } = server;
  const store = createS3Store({ bucket, endpoint, region: 'us-east-1', prefix, pathStyle: true });
  await withRig({ store }, async (rig) => {
    await rig.addFaults({ on: 'job', does: 'fail', match: { prompt: 'fails' } });
    const id = await rig.start({
      variants: ['one', 'two', 'it fails'].map((prompt) => ({ name: prompt, prompt })),
    });
    await rig.until(id, isTesting);

    const { SCREENTEST_STORAGE_DIR: _, ...elsewhere } = rig.environment;
    const environment = {
      ...elsewhere,
      ...S3_CREDENTIALS,
      SCREENTEST_STORAGE_S3_BUCKET: bucket,
      SCREENTEST_STORAGE_S3_ENDPOINT: endpoint,
      SCREENTEST_STORAGE_S3_PREFIX: prefix,
      SCREENTEST_STORAGE_S3_PATH_STYLE: 'true',
    };
    const film = join(folder, 'film.mp4');
    const notes = join(folder, 'notes.mp4');
    await writeFile(film, await filmOf('from elsewhere'));
    await writeFile(notes, 'these are not pictures');
    const provide = (file: string, variant: string) =>
      screentest(['provide-video', id, file, '--variant', variant], environment);
    expect(expectExit(await provide(notes, 'it fails'), 2).stderr).toContain('a playable MP4 or MOV file');
    expectExit(await provide(film, 'nobody'), 4);
    expect(expectExit(await provide(film, 'it fails'), 0).stdout).toContain('it fails has its video');

    const { Contents: found = [] } = await server.client.send(new ListObjectsV2Command({ Bucket: bucket }));
    // Three videos with their pictures; nothing is left of what was staged, kept or refused.
    expect(found.map(({ Key }) => Key?.replace(/.*\/(.*)-[0-9a-f]{12}/, '$1')).toSorted()).toEqual(
      ['it-fails', 'one', 'two'].flatMap((name) => [`${name}.mp4`, `${name}.png`]),
    );
    const files = await rig.database.variantRendition.findMany({
      where: { videoVariant: { variantGroupId: id } },
    });
    for (const { videoUrl, storageKey } of files) {
      expect(videoUrl).toBe(`s3://${bucket}/${prefix}/${storageKey}`);
    }
  });
});

test('a video whose link ran out while no worker was there is charged, and the person is told what to do', async () => {
  await withRig({ startsWorkers: false, simulator: { expiresAfterSeconds: 1 } }, async (rig) => {
    await rig.addFaults({ on: 'job', does: 'slow', factor: 10, times: 'always' });
    const stopWorkers = await rig.startWorkers();
    const id = await rig.start({ variants: ['one', 'two'].map((prompt) => ({ name: prompt, prompt })) });
    await rig.until(id, ({ variants }) => variants.some(({ reservedMicroUsd }) => reservedMicroUsd > 0));
    await rig.until(id, ({ variants }) => variants.every(({ status }) => status === 'generating'));
    while ((await rig.ledger()).jobs.length < 2) await delay(50);
    await stopWorkers();
    while ((await rig.ledger()).jobs.some(({ status }) => status !== 'completed')) await delay(100);
    await delay(2000);
    await rig.startWorkers();
    const { variants } = await rig.until(
      id,
      (seen) => seen.variants.length === 2 && seen.variants.every(({ status }) => status === 'failed'),
      60_000,
    );
    for (const { reason, spentMicroUsd } of variants) {
      expect(reason).toMatch(
        /link expired before it was fetched.*retry the variant, which is paid for again/s,
      );
      expect(spentMicroUsd).toBe(100_000);
    }
    for (const order of await ordersOf(rig, id)) expect(order.jobStatus).toBe('failed');
    await expectBalancedBooks(rig, id);
    await rig.client.cancel(id, 'ana@example.com');
    await rig.client.result(id);
  });
});
