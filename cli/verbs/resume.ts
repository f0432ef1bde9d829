import type { Command } from 'commander';
import { BadInput } from '../../domain/errors.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';
import { EXIT } from '../run.ts';

interface ResumeOptions {
  readonly all: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addResume(program: Command): void {
  program
    .command('resume')
    .description('go on with a group whose workflow has ended before it was over; nothing is ordered twice')
    .argument('[group]', 'id, beginning of the id, or name')
    .option('--all', 'every group that has stopped', false)
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Where a group stands is read from its rows: what was ordered is collected, stored videos stay, and its deadlines are
those that it had. An hourly look finds groups that have stopped; \`screentest list\` and \`doctor\` show them.`,
    )
    .action(async (reference: string | undefined, { all, output, ...options }: ResumeOptions) => {
      if (all === (reference !== undefined)) {
        throw new BadInput({
          code: 'GROUP_NOT_SAID',
          given: all ? `Both --all and the group "${reference}"` : 'It is not said which group',
          allowed: 'a group, or --all',
        });
      }
      const by = whoActs(options.by, process.env);
      const { resumeGroups } = await import('../../recovery/open.ts');
      const { describeResumed } = await import('../describe-recovery.ts');
      const report = await resumeGroups(process.env, { by, reference });
      write(output, output === 'jsonl' ? [...report.resumed, ...report.refused] : report, () =>
        describeResumed(report),
      );
      if (report.refused.length > 0) process.exitCode = EXIT.precondition;
    });
}
