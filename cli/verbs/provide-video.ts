import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { PreconditionFailed } from '../../domain/errors.ts';
import { MAX_VIDEO_BYTES } from '../../domain/video.ts';
import { isHttpAddress } from '../../domain/video-source.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface ProvideOptions {
  readonly variant: string;
  readonly rendition: string;
  readonly acceptMismatch: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addProvideVideo(program: Command): void {
  program
    .command('provide-video')
    .description('give a variant a video of your own, at any time before the group is decided')
    .argument('<group>', 'id, beginning of the id, or name')
    .argument('<video>', 'an MP4 or MOV file, or its http(s) address')
    .requiredOption('--variant <name>', 'the variant that it is for')
    .option('--rendition <name>', 'which of its files, where the brief asks for several', 'main')
    .option('--accept-mismatch', 'although its length or size is not what the brief asks for', false)
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A file is put into the video store, where the worker fetches it: give this command the same store as the worker
(SCREENTEST_STORAGE_DIR or SCREENTEST_STORAGE_S3_BUCKET). An address must be on the public internet, or one of a
server that the worker's SCREENTEST_VIDEO_SOURCES names.`,
    )
    .action(async (reference: string, video: string, options: ProvideOptions) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const { variant, rendition, acceptMismatch } = options;
      const receipt = await withScreentestClient(process.env, async (client) => {
        const group = await client.find(reference);
        const provide = (source: string) =>
          client.provideVideo(group, { variant, source, by, rendition, acceptMismatch });
        return isHttpAddress(video) ? provide(video) : withStagedFile(video, provide);
      });
      for (const warning of receipt.warnings) remark(`unlike the brief: ${warning}`);
      write(options.output, receipt, () => `${receipt.variant} has its video.`);
    });
}

/** Whoever gives a file that is no video hears of it before anything is sent. */
async function withStagedFile<Answer>(
  path: string,
  provide: (reference: string) => Promise<Answer>,
): Promise<Answer> {
  const { probeVideo } = await import('../../media/probe.ts');
  await probeVideo(path);
  const store = await storeOfSettings();
  const reference = await store.stage(createReadStream(path), MAX_VIDEO_BYTES);
  try {
    return await provide(reference);
  } catch (error) {
    // Refused for good. After any other trouble the worker may still fetch it; it is swept if it does not.
    if (error instanceof PreconditionFailed) await store.removeStaged(reference).catch(() => undefined);
    throw error;
  }
}

async function storeOfSettings(): Promise<VideoStore> {
  const { readStorageSettings } = await import('../../config/environment.ts');
  const { chooseStore } = await import('../../storage/choose-store.ts');
  return chooseStore(readStorageSettings(process.env));
}
