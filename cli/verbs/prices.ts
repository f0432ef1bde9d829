import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

export function addPrices(program: Command): void {
  program
    .command('prices')
    .description('show the prices that estimates and reservations are made at, by provider, model and size')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A file that SCREENTEST_PRICES_FILE names adds to the published prices and takes their place; give it to workers too.`,
    )
    .action(async ({ output }: { output: Format }) => {
      const { readMoneySettings } = await import('../../config/environment.ts');
      const { readPrices } = await import('../../config/prices.ts');
      const { priceRows } = await import('../../domain/prices.ts');
      const { describePrices } = await import('../describe-money.ts');
      const rows = priceRows(await readPrices(readMoneySettings(process.env)));
      write(output, rows, () => describePrices(rows));
    });
}
