import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

export function addHistory(program: Command): void {
  program
    .command('history')
    .description("show a group's audit trail: who did what when, and why")
    .argument('<group>', 'id, beginning of the id, or name; of a group that is gone, its id')
    .addOption(outputOption())
    .action(async (reference: string, { output }: { output: Format }) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { table } = await import('../tables.ts');
      const entries = await withScreentestClient(process.env, (client) => client.history(reference));
      write(output, entries, () =>
        table(
          ['when', 'who', 'what', 'why'],
          entries.map(({ at, actor, event, variant, reason }) => [
            at.toISOString(),
            actor,
            variant === undefined ? event : `${variant}: ${event}`,
            reason?.replaceAll(/\s+/g, ' ') ?? '',
          ]),
        ),
      );
    });
}
