import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { recordManualVideo } from '../database/stored-videos.ts';
import { orderOf } from '../database/video-orders.ts';
import { BadInput } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { probeVideo } from '../media/probe.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { beatWhile } from './heartbeat.ts';
import { keep, MAX_VIDEO_BYTES } from './keep-video.ts';

export interface ProvidedVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** An http(s) address, or the path of a file that this worker can read. */
  readonly source: string;
  readonly by: string;
}

export type ProvidedVideoActivities = ReturnType<typeof createProvidedVideoActivities>;

export function createProvidedVideoActivities({
  database,
  store,
}: {
  database: Database;
  store: VideoStore;
}) {
  /** A person's video: any length and size, but it must be a video that plays. */
  async function collectProvidedVideo(input: ProvidedVideoInput): Promise<void> {
    const order = await orderOf(database, input.variantId, MAIN_RENDITION);
    using _beating = beatWhile({ status: 'fetching' });
    const received = await store.receive(await open(input.source), MAX_VIDEO_BYTES);
    try {
      const facts = await probeVideo(received.path);
      const file = await keep(received, order, facts);
      await recordManualVideo(database, input.variantId, order, file, input.by);
    } finally {
      await received.discard();
    }
  }

  return { collectProvidedVideo };
}

async function open(source: string): Promise<AsyncIterable<Uint8Array>> {
  if (!/^https?:\/\//.test(source)) return openFile(source);
  const response = await fetch(source, { signal: Context.current().cancellationSignal });
  if (response.ok && response.body !== null) return response.body;
  throw new BadInput({
    code: 'VIDEO_NOT_FOUND',
    given: `${source} answers with ${response.status}`,
    allowed: 'an address that answers with the video',
  });
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile) return createReadStream(path);
  throw new BadInput({
    code: 'VIDEO_NOT_FOUND',
    given: `The worker finds no file at ${path}`,
    allowed: "a file's path that the worker can read, or an http(s) address",
  });
}
