import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

interface PlanOptions {
  readonly prompts: boolean;
  readonly output: Format;
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('show what a brief would make: variants, what their design can tell, price and size, checks')
    .argument('<brief>', 'a YAML or JSON file')
    .option('--prompts', "show each variant's whole prompt", false)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nNothing is started. Exits with 2 when the checks found an error, which `start` refuses.\n\nExample:\n  $ screentest plan examples/espresso-launch.yaml --prompts',
    )
    .action(async (path: string, options: PlanOptions) => {
      const { readBriefFile } = await import('../brief-file.ts');
      const brief = await readBriefFile(path);
      const { reviewPlan } = await import('../../planning/review.ts');
      const { refusalOfPlan } = await import('../../planning/checks/check-plan.ts');
      const { estimateStart } = await import('../../client/spending.ts');
      const { describeCost, describeRoom } = await import('../describe-money.ts');
      const { describePlan } = await import('../describe-plan.ts');
      const review = reviewPlan(brief);
      const estimated = await estimateStart(brief, process.env);
      write(options.output, { ...review, estimated }, () =>
        [
          describePlan(review, { withPrompts: options.prompts }),
          '',
          `${describeCost(estimated)}, made by ${estimated.provider}`,
          ...describeRoom(estimated, brief.venture),
        ].join('\n'),
      );
      const refusal = refusalOfPlan(review.findings);
      if (refusal !== undefined) throw refusal;
    });
}
