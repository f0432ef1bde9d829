import { randomBytes } from 'node:crypto';
import { request as forward } from 'node:http';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Unavailable } from '../../domain/errors.ts';
import { createS3Store, type S3StoreOptions } from '../../storage/s3-store.ts';
import { startServer } from '../support/http-server.ts';
import { S3_CREDENTIALS, startS3Server, type TestS3Server } from '../support/s3-server.ts';
import { chunksOf, everyStore, VIDEO } from './conformance.ts';

const environmentBefore = { ...process.env };
let server: TestS3Server;
let bucket: string;
beforeAll(async () => {
  Object.assign(process.env, S3_CREDENTIALS);
  server = await startS3Server();
}, 120_000);
afterAll(async () => {
  process.env = environmentBefore;
  await server.stop();
});
beforeEach(async () => {
  bucket = await server.createBucket();
});

function open(options: Partial<S3StoreOptions> = {}) {
  const { endpoint } = server;
  return createS3Store({ bucket, endpoint, region: 'us-east-1', prefix: '', pathStyle: true, ...options });
}

async function keys(): Promise<string[]> {
  const { Contents: found = [] } = await server.client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return found.map(({ Key }) => Key ?? '').toSorted();
}

async function openUploads(): Promise<number> {
  const { Uploads: found = [] } = await server.client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket }),
  );
  return found.length;
}

async function contentOf(key: string): Promise<Buffer> {
  const { Body: body } = await server.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await body?.transformToByteArray()) ?? []);
}

describe('a bucket', () => everyStore(() => ({ store: open(), elsewhere: open(), keys, contentOf })));

test('a file is told by its bucket and key, with the prefix, its type and its checksum', async () => {
  const received = await open({ prefix: 'ads/screentest' }).receive(chunksOf(Buffer.from('video')), 100);
  const stored = await received.keep('group/variant-a.mp4', VIDEO);
  expect(stored).toEqual({
    key: 'group/variant-a.mp4',
    url: `s3://${bucket}/ads/screentest/group/variant-a.mp4`,
  });
  const found = await server.client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: 'ads/screentest/group/variant-a.mp4' }),
  );
  expect(found.ContentType).toBe(VIDEO);
  expect(found.Metadata?.sha256).toBe(received.sha256);
});

test('a large file goes up in parts, and arrives whole', async () => {
  const bytes = randomBytes(21_000_000);
  const received = await open().receive(chunksOf(bytes, 65_536), 50_000_000);
  await received.keep('group/large.mp4', VIDEO);
  const { ETag: tag } = await server.client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: 'group/large.mp4' }),
  );
  expect(tag).toMatch(/-3"$/);
  expect((await contentOf('group/large.mp4')).equals(bytes)).toBe(true);
  expect(await openUploads()).toBe(0);
});

test('an upload that breaks off between two parts shows no file and leaves no parts', async () => {
  await using proxy = await startProxy((url) => /partNumber=2\b/.test(url));
  const received = await open({ endpoint: proxy.url }).receive(
    chunksOf(randomBytes(21_000_000), 65_536),
    50_000_000,
  );
  await expect(received.keep('group/large.mp4', VIDEO)).rejects.toBeInstanceOf(Unavailable);
  expect(await keys()).toEqual([]);
  expect(await openUploads()).toBe(0);
  await received.discard();
});

test('the same bytes under the same key are not sent again', async () => {
  const sent: string[] = [];
  await using proxy = await startProxy((url, method) => {
    if (method === 'PUT') sent.push(url);
    return false;
  });
  const store = open({ endpoint: proxy.url });
  for (const text of ['video', 'video', 'other']) {
    await (await store.receive(chunksOf(Buffer.from(text)), 100)).keep('group/a.mp4', VIDEO);
  }
  expect(sent).toHaveLength(2);
});

test("a killed worker's upload is called off after a day; a younger one and other programs' are left alone", async () => {
  for (const Key of ['group-12345678/variant-a-0123456789ab.mp4', 'backups/database.tar']) {
    const { UploadId } = await server.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    const part = { Bucket: bucket, Key, UploadId, PartNumber: 1, Body: randomBytes(1000) };
    await server.client.send(new UploadPartCommand(part));
  }
  await (await open().receive(chunksOf(randomBytes(10)), 100)).discard();
  expect(await openUploads()).toBe(2);
  await (await open({ abandonedAfterMs: 0 }).receive(chunksOf(randomBytes(10)), 100)).discard();
  expect(await openUploads()).toBe(1);
});

describe('what is wrong is told with the bucket, the endpoint and what to do, and without a secret:', () => {
  async function failure(options: Partial<S3StoreOptions>): Promise<Error> {
    const error: unknown = await open(options)
      .examine()
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof Unavailable)) throw new Error(`not Unavailable: ${String(error)}`);
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain(
      S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    );
    return error;
  }

  test('a bucket that is not there', async () => {
    const { message } = await failure({ bucket: 'nowhere' });
    expect(message).toContain(`the bucket nowhere at ${server.endpoint}`);
    expect(message).toContain('create the bucket');
  });

  test('a server that is not there', async () => {
    const { message } = await failure({ endpoint: 'http://127.0.0.1:1' });
    expect(message).toContain('http://127.0.0.1:1');
    expect(message).toContain('SCREENTEST_STORAGE_S3_ENDPOINT');
  });

  test('a secret that is wrong', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'another';
    try {
      expect((await failure({})).message).toContain('AWS_SECRET_ACCESS_KEY');
    } finally {
      process.env.AWS_SECRET_ACCESS_KEY = S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY;
    }
  });
});

/** Hands everything on to the S3 server but what is to fail: that gets a 503, as from a server that is too busy. */
async function startProxy(fails: (url: string, method: string) => boolean) {
  return startServer((request, response) => {
    if (fails(request.url ?? '', request.method ?? '')) {
      request.resume();
      response.writeHead(503).end();
      return;
    }
    const { method, headers, url } = request;
    // Signed for the proxy's address: the server checks against the Host header, which stays as it is.
    const onward = forward(`${server.endpoint}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
}
