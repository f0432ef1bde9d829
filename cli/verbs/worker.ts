import type { Command } from 'commander';
import { remark } from '../output.ts';

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('run a worker until it is told to stop (SIGTERM or Ctrl-C)')
    .addHelpText(
      'after',
      `
Needs DATABASE_URL, a place for the videos (SCREENTEST_STORAGE_DIR or SCREENTEST_STORAGE_S3_BUCKET), and what the video
API needs (VIDEO_API_BASE_URL and VIDEO_API_KEY; nothing with VIDEO_PROVIDER=manual). docs/configuration.md lists all
settings.`,
    )
    .action(async () => {
      const { runWorker } = await import('../../worker/main.ts');
      await runWorker(process.env, () => remark('the worker is ready'));
    });
}
