import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

export function addArchive(program: Command): void {
  program
    .command('archive')
    .description('move a completed group to archived')
    .argument('<group>', 'id, beginning of the id, or name')
    .option('--reason <text>', 'why, for the record')
    .addOption(byOption())
    .addOption(outputOption())
    .action(async (reference: string, options: { by?: string; reason?: string; output: Format }) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const groupId = await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        await client.archive(id, by, options.reason);
        return id;
      });
      write(options.output, { groupId, status: 'archived' }, () => `The group ${groupId} is archived.`);
    });
}
