import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { type ManualVideo, recordManualVideo, type VideoFile } from '../database/stored-videos.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { BadInput } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { MAX_VIDEO_BYTES } from '../domain/video.ts';
import { parseVideoSource } from '../domain/video-source.ts';
import { MISSES_THE_ORDER } from '../media/check.ts';
import { mislabelled } from '../media/label.ts';
import { openAddress } from '../media/open-address.ts';
import { probeVideo } from '../media/probe.ts';
import type { ReceivedFile } from '../storage/video-store.ts';
import { checkFile } from './check-file.ts';
import { beatWhile } from './heartbeat.ts';
import { type KeepDependencies, keep } from './keep-video.ts';

export interface ProvidedVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** An http(s) address, or the reference of a file that is staged in the store. */
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

export interface ProvidedVideoDependencies extends KeepDependencies {
  readonly database: Database;
  /** Servers that may be inside: the provider's own, and those that the settings name. */
  readonly trustedOrigins: ReadonlySet<string>;
}

export type ProvidedVideoActivities = ReturnType<typeof createProvidedVideoActivities>;

export function createProvidedVideoActivities({
  database,
  store,
  ffmpeg,
  trustedOrigins,
}: ProvidedVideoDependencies) {
  /** A person's video, through the checks of one that was made; but that it may differ from the brief, where they insist. */
  async function collectProvidedVideo(input: ProvidedVideoInput): Promise<CollectedVideo> {
    const order = await orderOf(database, input.variantId, input.rendition);
    using _beating = beatWhile({ status: 'fetching' });
    const received = await store.receive(await open(input.source), MAX_VIDEO_BYTES);
    try {
      const facts = await probeVideo(received.path);
      const warnings = await differences(database, received, order, input);
      return { file: await keep({ store, ffmpeg }, received, order, facts), warnings };
    } finally {
      await received.discard();
    }
  }

  async function open(source: string): Promise<AsyncIterable<Uint8Array>> {
    const { kind } = parseVideoSource(source);
    if (kind === 'staged') return store.openStaged(source);
    const signal = Context.current().cancellationSignal;
    const { body, contentType } = await openAddress(source, { trustedOrigins, signal });
    const wrongLabel = await mislabelled(contentType, body);
    if (wrongLabel === undefined) return body;
    throw new BadInput({
      code: 'VIDEO_NOT_A_VIDEO',
      given: `What the address answers with is not a video: ${wrongLabel}`,
      allowed: 'a playable MP4 or MOV file',
    });
  }

  /** The file that was collected becomes the variant's, which has a video once it has its main one. */
  async function recordProvidedVideo({
    source,
    ...video
  }: ManualVideo & { readonly source?: string }): Promise<{ readonly hasVideo: boolean }> {
    const hasVideo = await recordManualVideo(database, video);
    // What was staged has done its service. One that can't be removed now is swept later.
    if (source !== undefined && parseVideoSource(source).kind === 'staged') {
      await store.removeStaged(source).catch(() => undefined);
    }
    return { hasVideo };
  }

  return { collectProvidedVideo, recordProvidedVideo };
}

/** @throws BadInput for a file that is not as the brief asks, unless that is accepted */
async function differences(
  database: Database,
  received: ReceivedFile,
  order: VideoOrderRow,
  input: ProvidedVideoInput,
): Promise<readonly string[]> {
  const check = await checkFile(database, received, order, input);
  if (check.ok) return [];
  const said = check.problems.map(({ message }) => message);
  const isPlayable = check.problems.every(({ code }) => code !== 'DUPLICATE' && MISSES_THE_ORDER.has(code));
  if (isPlayable && input.acceptMismatch) return said;
  throw new BadInput({
    code: 'VIDEO_UNUSABLE',
    given: `The video is not what the brief asks for: ${said.join('; ')}`,
    fix: isPlayable
      ? 'provide one of that length and size, or accept it as it is (--accept-mismatch)'
      : 'provide the whole file of a video of its own',
  });
}
