import { type Command, Option } from 'commander';
import { BadInput } from '../../domain/errors.ts';
import { confirmed } from '../confirm.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';
import { EXIT } from '../run.ts';

interface EraseOptions {
  readonly keepResults: boolean;
  readonly replay: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addEraseUser(program: Command): void {
  program
    .command('erase-user')
    .description('erase a person everywhere: rows, files, histories; or make the tests they made anonymous')
    .argument('[e-mail]', 'address of the person')
    .option('--keep-results', 'keep their tests, and take only the person out of them', false)
    .option('--replay', 'erase everybody again who was erased before: after a restore of the database', false)
    .addOption(new Option('--dry-run', 'only say what there is').default(false).conflicts('replay'))
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Broken off half-way, the same command goes on. docs/privacy.md tells what is erased, what is kept and why.

Examples:
  $ screentest erase-user ana@example.com --dry-run
  $ screentest erase-user ana@example.com --keep-results --yes
  $ screentest erase-user --replay`,
    )
    .action(async (email: string | undefined, options: EraseOptions) => {
      if (options.replay) return replay(email, options);
      if (email !== undefined) return erase(email, options);
      throw new BadInput({
        code: 'NOBODY_TO_ERASE',
        given: 'It is not said who is to be erased',
        allowed: 'the e-mail address of a person, or --replay',
      });
    });
}

async function erase(email: string, options: EraseOptions): Promise<void> {
  const mode = options.keepResults ? 'keep-results' : 'delete';
  const { withErasureParts } = await import('../../privacy/open.ts');
  const { eraseUser, planErasure } = await import('../../privacy/erase-user.ts');
  const { describePlan, describeErasure } = await import('../describe-erasure.ts');
  if (options.dryRun) {
    const plan = await withErasureParts(process.env, remark, (parts) => planErasure(parts, { email, mode }));
    write(options.output, plan, () => describePlan(email, plan));
    return;
  }
  const by = whoActs(options.by, process.env);
  const report = await withErasureParts(process.env, remark, (parts) =>
    eraseUser(parts, {
      email,
      mode,
      by,
      async confirm(plan) {
        remark(describePlan(email, plan));
        await confirmed(options.yes, `Erase ${email}? It can't be undone.`);
      },
    }),
  );
  write(options.output, report, () => describeErasure(report));
  if (!report.isWhole) process.exitCode = EXIT.failure;
}

async function replay(email: string | undefined, { output }: EraseOptions): Promise<void> {
  if (email !== undefined) {
    throw new BadInput({
      code: 'REPLAY_IS_FOR_ALL',
      given: `--replay erases everybody again who was erased, and ${email} is one person`,
      fix: 'leave one of them out',
    });
  }
  const { withErasureParts } = await import('../../privacy/open.ts');
  const { replayErasures } = await import('../../privacy/replay.ts');
  const { describeReplay } = await import('../describe-erasure.ts');
  const report = await withErasureParts(process.env, remark, replayErasures);
  write(output, report, () => describeReplay(report));
  if (report.erased.some(({ isWhole }) => !isWhole)) process.exitCode = EXIT.failure;
}
