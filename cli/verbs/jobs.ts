import { type Command, Option } from 'commander';
import { BadInput } from '../../domain/errors.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

interface ListOptions {
  readonly all: boolean;
  readonly pending: boolean;
  readonly output: Format;
}

interface HeldOptions {
  readonly variant: string;
  readonly rendition?: string;
  readonly by?: string;
  readonly output: Format;
}

const LIMIT = 500;

export function addJobs(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('orders for videos; settle those whose outcome nobody knows')
    .addHelpText(
      'after',
      `
An order is held when the video API never said whether it made the job: it may have been charged. Look for the job at
the provider, then tell what you found:
  $ screentest jobs list
  $ screentest jobs adopt "Espresso launch" --variant "Variant B" --job video_123    the job is there
  $ screentest retry "Espresso launch" --variant "Variant B" --accept-possible-charge    it is not, pay for another
  $ screentest jobs settle "Espresso launch" --variant "Variant B" --not-charged    the bill does not have it`,
    );
  jobs
    .command('list', { isDefault: true })
    .description('orders that are held; with --pending those that are not at their end, with --all every one')
    .argument('[group]', 'id, beginning of the id, or name; without it those of every group')
    .addOption(
      new Option('--pending', 'those that wait to be sent or are being made').default(false).conflicts('all'),
    )
    .option('--all', 'also those whose outcome is known', false)
    .addOption(outputOption())
    .action(async (reference: string | undefined, { all, pending, output }: ListOptions) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeJobs } = await import('../describe-jobs.ts');
      const found = await withScreentestClient(process.env, async (client) =>
        client.jobs({
          groupId: reference === undefined ? undefined : await client.find(reference),
          only: all ? undefined : pending ? 'pending' : 'held',
          limit: LIMIT,
        }),
      );
      write(output, found, () => (found.length === 0 ? nothing({ all, pending }) : describeJobs(found)));
    });
  held(
    jobs.command('adopt'),
    'take the job that a held order made after all: it is waited for, not paid anew',
  )
    .requiredOption('--job <id>', "the job's id at the video API")
    .action(async (reference: string, { job, output, ...options }: HeldOptions & { job: string }) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      const receipt = await withScreentestClient(process.env, async (client) =>
        client.adoptJob(await client.find(reference), { ...options, by, jobId: job }),
      );
      write(output, receipt, () => `${receipt.variant} waits for ${job}.`);
    });
  held(jobs.command('settle'), 'say whether a held order was charged; works after the end of its group, too')
    .addOption(new Option('--charged', "the provider's bill has it").conflicts('notCharged'))
    .addOption(new Option('--not-charged', "the provider's bill does not have it"))
    .action(
      async (
        reference: string,
        { charged, notCharged, output, ...options }: HeldOptions & { charged?: true; notCharged?: true },
      ) => {
        const wasCharged = charged === true;
        if (!wasCharged && notCharged !== true) {
          throw new BadInput({
            code: 'CHARGE_NOT_SAID',
            given: 'It is not said whether it was charged',
            allowed: '--charged or --not-charged',
            fix: "look at the provider's bill",
          });
        }
        const by = whoActs(options.by, process.env);
        const { withScreentestClient } = await import('../../client/open.ts');
        const receipt = await withScreentestClient(process.env, async (client) =>
          client.settleHeld(await client.find(reference), { ...options, by, wasCharged }),
        );
        write(
          output,
          receipt,
          () => `${receipt.variant}'s order is booked as ${wasCharged ? '' : 'not '}charged.`,
        );
      },
    );
}

function held(command: Command, description: string): Command {
  return command
    .description(description)
    .argument('<group>', 'id, beginning of the id, or name')
    .requiredOption('--variant <name>', 'the variant whose order is held')
    .option('--rendition <name>', 'which of its files, where several are held')
    .addOption(byOption())
    .addOption(outputOption());
}

function nothing({ all, pending }: Pick<ListOptions, 'all' | 'pending'>): string {
  if (all) return 'There are no orders.';
  return pending ? 'No order waits or is being made.' : 'No order is held.';
}
