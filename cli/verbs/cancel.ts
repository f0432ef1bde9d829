import { type Command, Option } from 'commander';
import { confirmed } from '../confirm.ts';
import { type Format, outputOption, write } from '../output.ts';

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .description('stop a group: jobs are cancelled where the provider can, what was reserved is released')
    .argument('<group>', 'id, beginning of the id, or name')
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(outputOption())
    .action(async (reference: string, { yes, output }: { yes: boolean; output: Format }) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const result = await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        await confirmed(yes, `Cancel ${reference} (${id})?`);
        await client.cancel(id);
        return client.result(id);
      });
      write(output, result, () => `The group has ended: ${result.outcome}.`);
    });
}
