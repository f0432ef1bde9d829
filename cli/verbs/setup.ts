import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description(
      "register Screentest's search attributes and schedules in Temporal's namespace; may be run again",
    )
    .addOption(outputOption())
    .action(async ({ output }: { output: Format }) => {
      const { setupNamespace } = await import('../../client/open.ts');
      const added = await setupNamespace(process.env);
      write(output, { added }, () =>
        added.length === 0 ? 'Everything is there.' : `Added or brought up to date: ${added.join(', ')}.`,
      );
    });
}
