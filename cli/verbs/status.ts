import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show where a group stands: its variants, their cost, the numbers, what it waits for')
    .argument('<group>', 'id, beginning of the id, or name')
    .addOption(outputOption())
    .action(async (reference: string, { output }: { output: Format }) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeStatus } = await import('../describe-status.ts');
      const report = await withScreentestClient(process.env, async (client) =>
        client.status(await client.find(reference)),
      );
      write(output, report, () => describeStatus(report));
    });
}
