import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';

export function addReview(program: Command): void {
  program
    .command('review')
    .description(
      'show what a group asks people about: its plan with prompts and price, or the videos that wait',
    )
    .argument('<group>', 'id, beginning of the id, or name')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A group asks where its brief says so ("gates": {"plan": true, "videos": true}). A plan is approved, changed or rejected
before anything is ordered; a video is approved or rejected before it takes part in the test.`,
    )
    .action(async (reference: string, { output }: { output: Format }) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeReview, reviewReport } = await import('../describe-review.ts');
      const report = await withScreentestClient(process.env, async (client) =>
        reviewReport(await client.status(await client.find(reference))),
      );
      write(output, report, () => describeReview(report));
    });
}
