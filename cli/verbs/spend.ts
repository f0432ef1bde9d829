import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseMonth } from '../../domain/budget.ts';
import { type Format, outputOption, write } from '../output.ts';

interface SpendOptions {
  readonly by: 'month' | 'group';
  readonly venture?: string;
  readonly month?: Date;
  readonly output: Format;
}

export function addSpend(program: Command): void {
  program
    .command('spend')
    .description('show what was spent, is reserved and was released, by venture and month or by group')
    .addOption(new Option('--by <what>', 'a line for each').choices(['month', 'group']).default('month'))
    .option('--venture <name>', 'only of this venture')
    .option('--month <month>', 'only what was reserved in it (UTC), such as 2026-11', month)
    .addOption(outputOption())
    .action(async ({ by, output, ...filter }: SpendOptions) => {
      const { readSpendByGroup, readSpendByMonth } = await import('../../client/spending.ts');
      const { describeGroupSpend, describeMonthSpend } = await import('../describe-money.ts');
      if (by === 'group') {
        const rows = await readSpendByGroup(process.env, filter);
        write(output, rows, () => describeGroupSpend(rows));
      } else {
        const rows = await readSpendByMonth(process.env, filter);
        write(output, rows, () => describeMonthSpend(rows));
      }
    });
}

function month(text: string): Date {
  const value = parseMonth(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError('Allowed is a year and a month, such as 2026-11.');
}
