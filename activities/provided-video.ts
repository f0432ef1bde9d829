import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { type ManualVideo, recordManualVideo, type VideoFile } from '../database/stored-videos.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { BadInput } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { checkVideo, MISSES_THE_ORDER } from '../media/check.ts';
import { probeVideo } from '../media/probe.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { beatWhile } from './heartbeat.ts';
import { keep, MAX_VIDEO_BYTES } from './keep-video.ts';

export interface ProvidedVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** An http(s) address, or the path of a file that this worker can read. */
  readonly source: string;
  /** Which of the variant's files. */
  readonly rendition: string;
  readonly by: string;
  /** Its length and size need not be those that the brief asks for. */
  readonly acceptMismatch: boolean;
}

export interface CollectedVideo {
  /** Stored, and not yet the variant's. */
  readonly file: VideoFile;
  /** How it differs from the brief. */
  readonly warnings: readonly string[];
}

export type ProvidedVideoActivities = ReturnType<typeof createProvidedVideoActivities>;

export function createProvidedVideoActivities({
  database,
  store,
}: {
  database: Database;
  store: VideoStore;
}) {
  /** A person's video, through the checks of one that was made; but that it may differ from the brief, where they insist. */
  async function collectProvidedVideo(input: ProvidedVideoInput): Promise<CollectedVideo> {
    const order = await orderOf(database, input.variantId, input.rendition);
    using _beating = beatWhile({ status: 'fetching' });
    const received = await store.receive(await open(input.source), MAX_VIDEO_BYTES);
    try {
      const facts = await probeVideo(received.path);
      const warnings = await differences(received.path, order, input);
      return { file: await keep(received, order, facts), warnings };
    } finally {
      await received.discard();
    }
  }

  /** The file that was collected becomes the variant's, which has a video once it has its main one. */
  async function recordProvidedVideo(video: ManualVideo): Promise<{ readonly hasVideo: boolean }> {
    return { hasVideo: await recordManualVideo(database, video) };
  }

  return { collectProvidedVideo, recordProvidedVideo };
}

/** @throws BadInput for a file that is not as the brief asks, unless that is accepted */
async function differences(
  path: string,
  { width, height, seconds }: VideoOrderRow,
  { acceptMismatch }: ProvidedVideoInput,
): Promise<readonly string[]> {
  const check = await checkVideo(path, { width, height, durationSeconds: seconds });
  if (check.ok) return [];
  const said = check.problems.map(({ message }) => message);
  const isPlayable = check.problems.every(({ code }) => MISSES_THE_ORDER.has(code));
  if (isPlayable && acceptMismatch) return said;
  throw new BadInput({
    code: 'VIDEO_UNUSABLE',
    given: `The video is not what the brief asks for: ${said.join('; ')}`,
    fix: isPlayable
      ? 'provide one of that length and size, or accept it as it is (--accept-mismatch)'
      : 'provide the whole file',
  });
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
