import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, write } from '../output.ts';

interface StartOptions {
  readonly createVenture: boolean;
  readonly dryRun: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addStart(program: Command): void {
  program
    .command('start')
    .description('start a variant group from a brief')
    .argument('<brief>', 'a YAML or JSON file')
    .option('--create-venture', 'make the venture when there is none of that name', false)
    .option('--dry-run', 'show the variants, the seconds and the cost; start nothing', false)
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ screentest start examples/espresso-launch.yaml --create-venture --by ana@example.com',
    )
    .action(async (path: string, options: StartOptions) => {
      const { readBriefFile } = await import('../brief-file.ts');
      const brief = await readBriefFile(path);
      const { estimate } = await import('../../client/estimate.ts');
      const { formatUsd } = await import('../../domain/money.ts');
      const estimated = estimate(brief);
      const price = `${estimated.variants.length} variants, ${estimated.seconds} s of video, ${formatUsd(estimated.cost)}`;
      if (options.dryRun) {
        write(options.output, estimated, () =>
          [price, ...estimated.variants.map((name) => `  ${name}`)].join('\n'),
        );
        return;
      }
      const by = whoActs(options.by, process.env);
      const { readAccountSettings } = await import('../../config/environment.ts');
      const { withScreentestClient } = await import('../../client/open.ts');
      const started = await withScreentestClient(process.env, (client) =>
        client.start(brief, {
          by,
          createVenture: options.createVenture,
          providerAccount: readAccountSettings(process.env).VIDEO_API_ACCOUNT,
        }),
      );
      write(options.output, { ...started, ...(started.isNew ? { estimated } : {}) }, () =>
        started.isNew
          ? `Started ${started.groupId}: ${price}.\nFollow it with: screentest watch ${started.groupId}`
          : `The group ${started.groupId} exists already; nothing was started.\nSee it with: screentest status ${started.groupId}`,
      );
    });
}
