import { type Command, Option } from 'commander';
import { confirmed } from '../confirm.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface CancelOptions {
  readonly yes: boolean;
  readonly by?: string;
  readonly reason?: string;
  readonly output: Format;
}

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .description('stop a group: jobs are cancelled where the provider can, what was reserved is released')
    .argument('<group>', 'id, beginning of the id, or name')
    .addOption(new Option('--yes', 'do not ask').default(false))
    .option('--reason <text>', 'why, for the record')
    .addOption(byOption())
    .addOption(outputOption())
    .action(async (reference: string, { yes, by, reason, output }: CancelOptions) => {
      const person = whoActs(by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const result = await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        await confirmed(yes, `Cancel ${reference} (${id})?`);
        await client.cancel(id, person, reason);
        const slow = setTimeout(() => remark('Asked to stop; a worker must be running to do it.'), 10_000);
        return client.result(id).finally(() => clearTimeout(slow));
      });
      write(output, result, () => `The group has ended: ${result.outcome}.`);
    });
}
