import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

interface DeclareOptions {
  readonly variant: string;
  readonly by?: string;
  readonly reason?: string;
  readonly output: Format;
}

export function addDeclareWinner(program: Command): void {
  program
    .command('declare-winner')
    .description('declare the winner of a group; it completes')
    .argument('<group>', 'id, beginning of the id, or name')
    .requiredOption('--variant <name>', 'the variant that won')
    .option('--reason <text>', 'why, for the record; needed where the evidence is against it')
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
The same act from Temporal's own tools, without an answer:
  $ temporal workflow signal --workflow-id variant-group/<id> --name declareWinner \\
      --input '{"variant":"Variant B","by":"ana@example.com"}'`,
    )
    .action(async (reference: string, options: DeclareOptions) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const receipt = await withScreentestClient(process.env, async (client) =>
        client.declareWinner(await client.find(reference), {
          variant: options.variant,
          by,
          reason: options.reason,
        }),
      );
      write(
        options.output,
        receipt,
        () => `${receipt.winner} is the winner.\nAt that moment: ${receipt.evidence}`,
      );
    });
}
