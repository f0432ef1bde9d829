import { type Command, InvalidArgumentError, Option } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface ReconcileOptions {
  readonly yes: boolean;
  readonly jobsSince: Date;
  readonly by?: string;
  readonly output: Format;
}

const DAY_MS = 86_400_000;

export function addReconcile(program: Command): void {
  program
    .command('reconcile')
    .description(
      'make the database what the histories, the video API and the video store say, after a restore; says what it would do',
    )
    .addOption(new Option('--yes', 'do it').default(false))
    .addOption(
      new Option('--jobs-since <date>', "look through the video API's jobs from then on; without it 30 days")
        .argParser(dateOf)
        .default(new Date(Date.now() - 30 * DAY_MS), '30 days ago'),
    )
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
After the database was restored no worker does anything until this has been run with --yes. It may be run at any time,
also while workers run, and running it twice changes nothing. docs/reconcile.md tells what it brings back and what not.`,
    )
    .action(async ({ yes, jobsSince, output, ...options }: ReconcileOptions) => {
      const by = whoActs(options.by, process.env);
      const { reconcileStores } = await import('../../recovery/open.ts');
      const { describeReconciliation, linesOf } = await import('../describe-recovery.ts');
      const found = await reconcileStores(process.env, { by, jobsSince, isForGood: yes, tell: remark });
      write(output, output === 'jsonl' ? linesOf(found) : found, () => describeReconciliation(found));
    });
}

function dateOf(text: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(date.getTime()) && date.getTime() <= Date.now()) return date;
  throw new InvalidArgumentError('Allowed is a date such as 2026-11-01, or an instant, not in the future.');
}
