import { type Command, InvalidArgumentError, Option } from 'commander';
import type { GroupSummary } from '../../database/group-queries.ts';
import { GROUP_STATUSES } from '../../domain/lifecycle.ts';
import { type Format, outputOption, write } from '../output.ts';

interface ListOptions {
  readonly venture?: string;
  readonly status?: string;
  readonly limit: number;
  readonly output: Format;
}

export function addList(program: Command): void {
  program
    .command('list')
    .description('list the groups, the newest first')
    .option('--venture <name>', 'only those of this venture')
    .addOption(new Option('--status <status>', 'only those in this status').choices(GROUP_STATUSES))
    .option('--limit <n>', 'at most so many', wholeNumber, 20)
    .addOption(outputOption())
    .action(async ({ output, ...filter }: ListOptions) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { table } = await import('../tables.ts');
      const groups = await withScreentestClient(process.env, (client) => client.list(filter));
      write(output, groups, () =>
        groups.length === 0
          ? 'There are no groups yet. Start one with: screentest start examples/espresso-launch.yaml --create-venture'
          : table(
              ['id', 'name', 'venture', 'status', 'winner', 'started'],
              groups.map((group) => [
                group.id.slice(0, 8),
                group.name,
                group.venture,
                statusOf(group),
                group.winner ?? '',
                group.createdAt.toISOString().slice(0, 16).replace('T', ' '),
              ]),
            ),
      );
    });
}

function statusOf({ id, status, outcome, stopped }: GroupSummary): string {
  if (stopped !== undefined) return `${status} (stopped: screentest resume ${id.slice(0, 8)})`;
  return outcome === undefined ? status : `${status} (${outcome})`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('Allowed is a whole number from 1 to 1000.');
}
