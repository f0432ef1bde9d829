import type { Command } from 'commander';
import type { BriefRemark } from '../../domain/check-brief.ts';
import { type Format, outputOption, write } from '../output.ts';
import { EXIT } from '../run.ts';

const NO_REMARKS = { errors: [], warnings: [] };

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check a brief: every problem with its line and column, and what a dry run would warn of')
    .argument('<brief>', 'a YAML or JSON file')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Nothing is started, and neither a database nor a server is needed. Exits with 2 for a brief that can't be started.

Example:
  $ screentest validate examples/espresso-launch.yaml`,
    )
    .action(async (path: string, { output }: { output: Format }) => {
      const { checkBriefFile } = await import('../brief-file.ts');
      const { remarksOnPlan } = await import('../plan-remarks.ts');
      const { describeBriefCheck } = await import('../describe-brief-check.ts');
      const now = new Date();
      const file = await checkBriefFile(path, now);
      const plan = file.brief === undefined ? NO_REMARKS : await remarksOnPlan(file.brief, now, process.env);
      const placed = (remarks: readonly BriefRemark[]) =>
        remarks.map((remark) => ({ ...file.source.placeOf(remark.path), ...remark }));
      const check = { ...file, errors: placed(plan.errors), warnings: placed(plan.warnings) };
      const { issues, errors, warnings } = check;
      const isValid = file.brief !== undefined && errors.length === 0;
      write(output, { path, isValid, issues, errors, warnings }, () => describeBriefCheck(check));
      if (!isValid) process.exitCode = EXIT.usage;
    });
}
