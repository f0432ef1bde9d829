import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

export function addLineage(program: Command): void {
  program
    .command('lineage')
    .description(
      "show a campaign's rounds as a tree: what won each, its lift over the control, what was spent",
    )
    .argument('<group>', 'any of its rounds: id, beginning of the id, or name')
    .addOption(outputOption())
    .action(async (reference: string, { output }: { output: Format }) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeLineage } = await import('../describe-lineage.ts');
      const { id, lineage } = await withScreentestClient(process.env, async (client) => {
        const found = await client.find(reference);
        return { id: found, lineage: await client.lineage(found) };
      });
      write(output, lineage, () => describeLineage(lineage, id));
    });
}
