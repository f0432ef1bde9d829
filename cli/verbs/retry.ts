import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

interface RetryOptions {
  readonly variant: string;
  readonly acceptPossibleCharge: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addRetry(program: Command): void {
  program
    .command('retry')
    .description("have a failed variant's video made anew; it is paid for anew")
    .argument('<group>', 'id, beginning of the id, or name')
    .requiredOption('--variant <name>', 'the variant without a video')
    .option('--accept-possible-charge', 'go on although the last order may have been charged', false)
    .addOption(byOption())
    .addOption(outputOption())
    .action(async (reference: string, options: RetryOptions) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const { variant, acceptPossibleCharge } = options;
      const receipt = await withScreentestClient(process.env, async (client) =>
        client.retryVariant(await client.find(reference), { variant, acceptPossibleCharge, by }),
      );
      write(options.output, receipt, () => `${receipt.variant} is ${receipt.status}.`);
    });
}
