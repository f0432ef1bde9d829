import { type Command, InvalidArgumentError, Option } from 'commander';
import { BadInput } from '../../domain/errors.ts';
import { fromUsd, isUsd, type MicroUsd, USD_ALLOWED } from '../../domain/money.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

interface BudgetOptions {
  readonly group?: string;
  readonly monthly?: MicroUsd;
  readonly total?: MicroUsd;
  /** False when --no-limit is given. */
  readonly limit: boolean;
  readonly createVenture: boolean;
  readonly by?: string;
  readonly reason?: string;
  readonly output: Format;
}

export function addBudget(program: Command): void {
  program
    .command('budget')
    .description('show or set what a venture may spend on videos in a month, or a group in all')
    .argument('[venture]', 'its name')
    .option('--monthly <usd>', 'what the venture may spend in a calendar month (UTC)', amount)
    .option('--group <group>', "the group's budget instead: id, beginning of the id, or name")
    .option('--total <usd>', 'what that group may spend in all', amount)
    .addOption(new Option('--no-limit', 'let it spend without limit').conflicts(['monthly', 'total']))
    .option('--create-venture', 'make the venture when there is none of that name', false)
    .option('--reason <text>', 'why, for the record')
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Orders that would go above a budget are not placed. After raising it, have their variants made with: screentest retry
Examples:
  $ screentest budget "Crema & Co"
  $ screentest budget "Crema & Co" --monthly 500
  $ screentest budget --group "Espresso launch" --total 40`,
    )
    .action(async (venture: string | undefined, options: BudgetOptions) => {
      refuseMixture(venture, options);
      const { groupBudget, ventureBudget } = await import('../../client/spending.ts');
      const { describeGroupBudget, describeVentureBudget } = await import('../describe-money.ts');
      const { group, monthly, total, limit, createVenture, reason, output } = options;
      const cap = group === undefined ? monthly : total;
      const isChange = cap !== undefined || !limit;
      const change = isChange
        ? { cap, by: whoActs(options.by, process.env), reason, createVenture }
        : undefined;
      if (venture !== undefined) {
        const budget = await ventureBudget(process.env, venture, change);
        write(output, budget, () => describeVentureBudget(budget));
      } else if (group !== undefined) {
        const budget = await groupBudget(process.env, group, change);
        write(output, budget, () => describeGroupBudget(budget));
      }
    });
}

/** @throws BadInput unless it is about one venture or one group, with the amount that goes with it */
function refuseMixture(venture: string | undefined, { group, monthly, total }: BudgetOptions): void {
  const isVenture = venture !== undefined && group === undefined && total === undefined;
  const isGroup = venture === undefined && group !== undefined && monthly === undefined;
  if (isVenture || isGroup) return;
  throw new BadInput({
    code: 'BUDGET_OF_WHAT',
    given: 'It is not said whose budget is meant, or it is said twice',
    allowed: 'a venture, with --monthly or --no-limit; or --group <group>, with --total or --no-limit',
  });
}

function amount(text: string): MicroUsd {
  const usd = text.trim() === '' ? Number.NaN : Number(text);
  if (isUsd(usd)) return fromUsd(usd);
  throw new InvalidArgumentError(`Allowed is an amount in ${USD_ALLOWED}.`);
}
