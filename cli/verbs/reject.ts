import { type Command, Option } from 'commander';
import { BadInput } from '../../domain/errors.ts';
import { confirmed } from '../confirm.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';
import { filesSeen } from './approve.ts';

interface RejectOptions {
  readonly reason: string;
  readonly variant?: string;
  readonly regenerate: boolean;
  readonly yes: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addReject(program: Command): void {
  program
    .command('reject')
    .description("reject a group's plan, which ends the group; or a video, which is then not used")
    .argument('<group>', 'id, beginning of the id, or name')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--variant <name>', 'the variant whose video is rejected; without it, the plan')
    .option('--regenerate', 'have another video made in its place; it is paid for anew', false)
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A rejected video is kept, and what it cost stays counted. Without another one its variant is left out of the test.
Example:
  $ screentest reject "Espresso launch" --variant "Variant B" --reason "the logo is wrong" --regenerate`,
    )
    .action(async (reference: string, options: RejectOptions) => {
      const by = whoActs(options.by, process.env);
      const { variant, regenerate, yes, reason, output } = options;
      if (variant === undefined && regenerate) {
        throw new BadInput({
          code: 'REGENERATE_WHAT',
          given: 'A plan is rejected, and --regenerate is for a video',
          fix: 'name the variant whose video is to be made anew: --variant <name>',
        });
      }
      const { withScreentestClient } = await import('../../client/open.ts');
      await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        if (variant === undefined) {
          await confirmed(yes, `Reject the plan of ${reference}, and end the group?`);
          await client.rejectPlan(id, { by, reason });
          const result = await client.result(id);
          write(output, result, () => `The group has ended: ${result.outcome}. Nothing was ordered.`);
          return;
        }
        if (regenerate) await confirmed(yes, `Pay for another video of ${variant}?`);
        const { group } = await client.status(id);
        const files = filesSeen(group.variants, variant);
        const message = { by, variant, reason, regenerate, ...(files?.length && { files }) };
        const receipt = await client.rejectVideo(id, message);
        write(output, receipt, () => describeRejection(receipt));
      });
    });
}

function describeRejection({ variant, status }: { variant: string; status: string }): string {
  if (status === 'generating') return `${variant}'s video is rejected, and another one is being made.`;
  if (status === 'failed')
    return `${variant}'s video is rejected; give it another one: screentest provide-video`;
  return `${variant}'s video is rejected: ${variant} is left out of the test.`;
}
