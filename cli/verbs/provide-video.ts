import { resolve } from 'node:path';
import type { Command } from 'commander';
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
    .argument('<video>', 'an MP4 that the worker can read, or its http(s) address')
    .requiredOption('--variant <name>', 'the variant that it is for')
    .option('--rendition <name>', 'which of its files, where the brief asks for several', 'main')
    .option('--accept-mismatch', 'although its length or size is not what the brief asks for', false)
    .addOption(byOption())
    .addOption(outputOption())
    .action(async (reference: string, video: string, options: ProvideOptions) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const source = /^https?:\/\//.test(video) ? video : resolve(video);
      const receipt = await withScreentestClient(process.env, async (client) =>
        client.provideVideo(await client.find(reference), {
          variant: options.variant,
          source,
          by,
          rendition: options.rendition,
          acceptMismatch: options.acceptMismatch,
        }),
      );
      for (const warning of receipt.warnings) remark(`unlike the brief: ${warning}`);
      write(options.output, receipt, () => `${receipt.variant} has its video.`);
    });
}
