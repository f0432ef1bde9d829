import { type Command, Option } from 'commander';
import { confirmed } from '../confirm.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface SetupOptions {
  readonly takeOver: boolean;
  readonly yes: boolean;
  readonly output: Format;
}

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description(
      "register Screentest's search attributes and schedules in Temporal's namespace, and tie it to the database; may be run again",
    )
    .option('--take-over', 'tie namespace and database together although they belong to others', false)
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(outputOption())
    .action(async ({ takeOver, yes, output }: SetupOptions) => {
      const { setupNamespace } = await import('../../client/open.ts');
      const { takeOverNamespace, tieTogether } = await import('../../recovery/open.ts');
      // Before anything is added to a namespace that may be others'. Without a database the worker's start does it.
      const database = takeOver
        ? (await takeOverNamespace(process.env, (planned) => confirmed(yes, questionOf(planned))))
            .installation
        : process.env.DATABASE_URL
          ? await tieTogether(process.env)
          : undefined;
      const added = await setupNamespace(process.env);
      if (database === undefined)
        remark('DATABASE_URL is not set: a worker ties the namespace to its database');
      write(output, { added, database: database ?? null }, () =>
        added.length === 0 ? 'Everything is there.' : `Added or brought up to date: ${added.join(', ')}.`,
      );
    });
}

function questionOf({
  installation,
  namespace,
  from,
  mustBeReconciled,
}: {
  readonly installation: string;
  readonly namespace: string;
  readonly from: readonly string[];
  readonly mustBeReconciled: boolean;
}): string {
  const taken = from.length === 0 ? '' : ` This takes ${from.join(' and ')}.`;
  const then = mustBeReconciled ? ' No worker works until `screentest reconcile --yes` has run.' : '';
  return `Tie the database ${installation} and the namespace ${namespace} together?${taken}${then}`;
}
