import { type Command, Option } from 'commander';
import type { ScreentestClient } from '../../client/screentest-client.ts';
import { readTextFile } from '../../config/text-file.ts';
import { BadInput, PreconditionFailed } from '../../domain/errors.ts';
import type { GroupId } from '../../domain/ids.ts';
import { formatUsd, microUsd } from '../../domain/money.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface EditOptions {
  readonly variant: string;
  readonly promptFile?: string;
  readonly prompt?: string;
  readonly remove: boolean;
  readonly by?: string;
  readonly reason?: string;
  readonly output: Format;
}

export function addEdit(program: Command): void {
  program
    .command('edit')
    .description(
      "change a variant's prompt while its group's plan waits for approval, or leave the variant out",
    )
    .argument('<group>', 'id, beginning of the id, or name')
    .requiredOption('--variant <name>', 'the variant that is changed')
    .option('--prompt-file <path>', 'a text file with the whole new prompt')
    .option('--prompt <text>', 'the whole new prompt')
    .addOption(new Option('--remove', 'leave the variant out; never the control').default(false))
    .option('--reason <text>', 'why, for the record')
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Each change makes another version of the plan, and what it costs is worked out anew. A variant whose prompt a person has
changed is tested like any other, but no effect of a factor is told from it: what it carries of a level nobody knows.`,
    )
    .action(async (reference: string, options: EditOptions) => {
      const by = whoActs(options.by, process.env);
      const { variant, reason, output } = options;
      const prompt = await promptOf(options);
      const { withScreentestClient } = await import('../../client/open.ts');
      const receipt = await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        const version = await versionOf(client, id);
        return prompt === undefined
          ? client.removeVariant(id, { by, version, variant, reason })
          : client.editPlan(id, { by, version, variant, prompt, reason });
      });
      for (const warning of receipt.warnings) remark(`the checks warn: ${warning}`);
      const cost = formatUsd(microUsd(receipt.costMicroUsd));
      write(output, receipt, () => `The plan is version ${receipt.version} now, and costs ${cost}.`);
    });
}

/** @returns undefined to leave the variant out */
async function promptOf({ prompt, promptFile, remove }: EditOptions): Promise<string | undefined> {
  const given = [prompt, promptFile, remove ? 'remove' : undefined].filter((part) => part !== undefined);
  if (given.length !== 1) {
    throw new BadInput({
      code: 'EDIT_WHAT',
      given: given.length === 0 ? 'It is not said what to change' : 'More than one change is given',
      allowed: 'one of --prompt-file <path>, --prompt <text> and --remove',
    });
  }
  return promptFile === undefined ? prompt : readTextFile(promptFile);
}

async function versionOf(client: ScreentestClient, id: GroupId): Promise<number> {
  const { reviewReport } = await import('../describe-review.ts');
  const status = await client.status(id);
  const plan = reviewReport(status).plan ?? status.live?.plan;
  if (plan !== undefined) return plan.version;
  throw new PreconditionFailed({
    code: 'NO_PLAN_TO_CHANGE',
    given: `The group is ${status.group.status}, and no plan of it waits for approval`,
    allowed: 'a group in planning whose brief has "gates": {"plan": true}',
  });
}
