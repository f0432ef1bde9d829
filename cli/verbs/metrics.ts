import { type Command, Option } from 'commander';
import { PLATFORMS, type Platform } from '../../domain/platforms.ts';
import { type Format, outputOption, write } from '../output.ts';

interface MetricsOptions {
  readonly variant?: string;
  readonly platform?: Platform;
  readonly values: boolean;
  readonly output: Format;
}

export function addMetrics(program: Command): void {
  program
    .command('metrics')
    .description('what the platforms reported of a group: the totals, or each value')
    .argument('<group>', 'id, beginning of the id, or name')
    .option('--variant <name>', 'only of this variant')
    .addOption(new Option('--platform <platform>', 'only of this platform').choices(PLATFORMS))
    .option('--values', 'each recorded value, the oldest first', false)
    .addOption(outputOption())
    .action(async (reference: string, { values, output, ...filter }: MetricsOptions) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeTotals, describeValues } = await import('../describe-metrics.ts');
      await withScreentestClient(process.env, async (client) => {
        const asked = { ...filter, groupId: await client.find(reference) };
        if (values) {
          const found = await client.metricValues(asked);
          write(output, found, () => describeValues(found));
        } else {
          const found = await client.metricTotals(asked);
          write(output, found, () => describeTotals(found));
        }
      });
    });
}
