import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

interface CloseOptions {
  readonly withoutWinner: boolean;
  readonly by?: string;
  readonly reason?: string;
  readonly output: Format;
}

export function addCloseTest(program: Command): void {
  program
    .command('close-test')
    .description('stop the test and leave the decision open; or end the group without a winner')
    .argument('<group>', 'id, beginning of the id, or name')
    .option('--without-winner', 'complete the group, with no winner', false)
    .option('--reason <text>', 'why, for the record')
    .addOption(byOption())
    .addOption(outputOption())
    .action(async (reference: string, options: CloseOptions) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const { withoutWinner, reason } = options;
      const receipt = await withScreentestClient(process.env, async (client) =>
        client.closeTest(await client.find(reference), { by, withoutWinner, reason }),
      );
      write(options.output, receipt, () => `The group is ${receipt.status}.`);
    });
}
