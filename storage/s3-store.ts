import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { stagedReference } from '../domain/video-source.ts';
import { atMost } from '../media/at-most.ts';
import { type LocalFile, removeFilesOlderThan, writeNewFile } from './local-files.ts';
import { isForbidden, isMissing, storeTrouble } from './s3-errors.ts';
import {
  ABANDONED_AFTER_MS,
  hourly,
  notStaged,
  requirePlainKey,
  STAGED_FOR_MS,
  STAGING_FOLDER,
  stagedKey,
} from './staging.ts';
import type { FoundFile, ReceivedFile, StoredFile, VideoStore } from './video-store.ts';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Amazon's own when left out. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Before every key, without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** The bucket in the path, for servers that have no host name for each bucket. */
  readonly pathStyle: boolean;
  /** For tests: after how long an upload that nobody goes on with is called off. */
  readonly abandonedAfterMs?: number;
}

/** A part is read into memory: an upload holds two of them, and no more than four run at once. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
const UPLOADS_AT_ONCE = 4;
/** Milliseconds. */
const CONNECT_TIMEOUT = 5000;
const IDLE_TIMEOUT = 60_000;
/** The bucket may be others' too: a checksum's or a staged file's name. Nothing else is ever cleaned up. */
const OUR_NAME =
  /(?:-[0-9a-f]{12}\.csv\.gz|(?:-[0-9a-f]{12}|\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.mp4)$/;
/** A video that is kept, or its picture. */
const KEPT_NAME = /-[0-9a-f]{12}\.(?:mp4|png)$/;
const VIDEO_TYPE = 'video/mp4';

/**
 * A bucket of Amazon S3 or of any server that speaks its protocol. Credentials are found as AWS's own tools do
 * (AWS_ACCESS_KEY_ID and its kin). A file arrives on this machine's disk, is looked at there, and is uploaded
 * under its final key; S3 shows an object whole or not at all.
 */
export function createS3Store(options: S3StoreOptions): VideoStore {
  const { bucket, endpoint, abandonedAfterMs = ABANDONED_AFTER_MS } = options;
  const place = `the bucket ${bucket} at ${endpoint ?? `Amazon S3 in ${options.region}`}`;
  const client = new S3Client({
    region: options.region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: options.pathStyle,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout: IDLE_TIMEOUT },
  });
  const arriving = join(tmpdir(), `screentest-arriving-${userInfo().uid}`);
  const uploading = atMost(UPLOADS_AT_ONCE);
  const sweep = hourly(async () => {
    await removeFilesOlderThan(ABANDONED_AFTER_MS, arriving);
    await callOffUploads();
    await removeStagedFiles();
  });

  const keyed = (key: string) => (options.prefix === '' ? key : `${options.prefix}/${key}`);
  const named = (key: string) => ({ Bucket: bucket, Key: keyed(key) });

  async function asked<Answer>(request: Promise<Answer>): Promise<Answer> {
    try {
      return await request;
    } catch (error) {
      throw storeTrouble(error, place, options.pathStyle);
    }
  }

  async function arrive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<LocalFile> {
    await sweep();
    await mkdir(arriving, { recursive: true, mode: 0o700 });
    return writeNewFile(arriving, body, maxBytes);
  }

  async function receive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ReceivedFile> {
    const file = await arrive(body, maxBytes);
    const discard = () => rm(file.path, { force: true });
    return {
      ...file,
      async keep(key, contentType) {
        requirePlainKey(key);
        const stored = await uploading(() => upload(file, key, contentType));
        await discard();
        return stored;
      },
      discard,
    };
  }

  async function upload(file: LocalFile, key: string, contentType: string): Promise<StoredFile> {
    const stored = { key, url: `s3://${bucket}/${keyed(key)}` };
    if (holds(await head(key), file)) return stored;
    const transfer = new Upload({
      client,
      params: {
        ...named(key),
        Body: createReadStream(file.path),
        ContentType: contentType,
        Metadata: { sha256: file.sha256 },
      },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
      // What was uploaded of a file that breaks off is removed again.
      leavePartsOnError: false,
    });
    await asked(transfer.done());
    return stored;
  }

  async function head(key: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await client.send(new HeadObjectCommand(named(key)));
    } catch (error) {
      // Who may not list hears "forbidden" of what is missing; whether it may write, the upload tells.
      if (isMissing(error) || isForbidden(error)) return undefined;
      throw storeTrouble(error, place, options.pathStyle);
    }
  }

  async function keepBytes(key: string, bytes: Uint8Array, contentType: string): Promise<StoredFile> {
    requirePlainKey(key);
    await asked(client.send(new PutObjectCommand({ ...named(key), Body: bytes, ContentType: contentType })));
    return { key, url: `s3://${bucket}/${keyed(key)}` };
  }

  async function stage(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
    const reference = stagedReference(randomUUID());
    const file = await receive(body, maxBytes);
    try {
      await file.keep(stagedKey(reference), VIDEO_TYPE);
    } finally {
      await file.discard();
    }
    return reference;
  }

  async function open(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    requirePlainKey(key);
    try {
      const { Body: body } = await client.send(new GetObjectCommand(named(key)));
      if (body === undefined || !isStream(body)) throw new TypeError('the answer has no body');
      return body;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storeTrouble(error, place, options.pathStyle);
    }
  }

  async function openStaged(reference: string): Promise<AsyncIterable<Uint8Array>> {
    const body = await open(stagedKey(reference));
    if (body === undefined) throw notStaged(reference, place);
    return body;
  }

  async function removeStaged(reference: string): Promise<void> {
    await asked(client.send(new DeleteObjectCommand(named(stagedKey(reference)))));
  }

  async function* list(folder: string): AsyncGenerator<FoundFile> {
    requirePlainKey(folder);
    const input = { Bucket: bucket, Prefix: keyed(`${folder}/`) };
    const pages = paginateListObjectsV2({ client }, input)[Symbol.asyncIterator]();
    for (;;) {
      const page = await asked(pages.next());
      if (page.done === true) return;
      for (const { Key, Size } of page.value.Contents ?? []) {
        if (Key !== undefined) yield { key: Key.slice(keyed('').length), sizeBytes: Size ?? 0 };
      }
    }
  }

  async function read(key: string): Promise<Uint8Array | undefined> {
    requirePlainKey(key);
    try {
      const { Body: body } = await client.send(new GetObjectCommand(named(key)));
      return await body?.transformToByteArray();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storeTrouble(error, place, options.pathStyle);
    }
  }

  async function remove(key: string): Promise<void> {
    requirePlainKey(key);
    await asked(client.send(new DeleteObjectCommand(named(key))));
  }

  /** Those of workers that were killed in the middle: their parts are paid for and nobody sees them. */
  async function callOffUploads(): Promise<void> {
    for await (const { Key, UploadId, Initiated } of openUploads()) {
      if (Key === undefined || !OUR_NAME.test(Key)) continue;
      if (Initiated === undefined || Date.now() - Initiated.getTime() < abandonedAfterMs) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
  }

  async function* openUploads(): AsyncGenerator<MultipartUpload> {
    let markers = {};
    for (;;) {
      const request = { Bucket: bucket, Prefix: keyed(''), ...markers };
      const page = await client.send(new ListMultipartUploadsCommand(request));
      yield* page.Uploads ?? [];
      if (page.IsTruncated !== true) return;
      markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  async function removeStagedFiles(): Promise<void> {
    const Prefix = keyed(`${STAGING_FOLDER}/`);
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix })) {
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key === undefined || !OUR_NAME.test(Key)) continue;
        if (LastModified === undefined || Date.now() - LastModified.getTime() < STAGED_FOR_MS) continue;
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      }
    }
  }

  async function* keys(): AsyncGenerator<string> {
    const Prefix = keyed('');
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix });
    try {
      for await (const page of pages) {
        for (const { Key } of page.Contents ?? []) {
          const key = Key?.slice(Prefix.length) ?? '';
          if (KEPT_NAME.test(key) && !key.startsWith(`${STAGING_FOLDER}/`)) yield key;
        }
      }
    } catch (error) {
      throw storeTrouble(error, place, options.pathStyle);
    }
  }

  /** Written and removed: a key that may only read would be noticed by the first video. */
  async function examine(): Promise<void> {
    const probe = named(`${STAGING_FOLDER}/probe-${randomUUID()}`);
    await asked(client.send(new PutObjectCommand({ ...probe, Body: 'screentest' })));
    await asked(client.send(new DeleteObjectCommand(probe)));
  }

  return {
    place,
    receive,
    keepBytes,
    stage,
    openStaged,
    removeStaged,
    list,
    open,
    read,
    remove,
    keys,
    examine,
  };
}

function holds(found: HeadObjectCommandOutput | undefined, file: LocalFile): boolean {
  return found?.ContentLength === file.sizeBytes && found.Metadata?.sha256 === file.sha256;
}

function isStream(body: object): body is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in body;
}
