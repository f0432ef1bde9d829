import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

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
    .option('--dry-run', 'show the variants, the cost, and what the budgets leave; start nothing', false)
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ screentest start examples/espresso-launch.yaml --create-venture --by ana@example.com',
    )
    .action(async (path: string, options: StartOptions) => {
      const { readBriefFile } = await import('../brief-file.ts');
      const brief = await readBriefFile(path);
      const { estimateStart } = await import('../../client/spending.ts');
      const { describeCost, describeEstimate, describeRoom } = await import('../describe-money.ts');
      const estimated = await estimateStart(brief, process.env);
      if (options.dryRun) {
        write(options.output, estimated, () => describeEstimate(estimated, brief.venture));
        return;
      }
      const by = whoActs(options.by, process.env);
      const { readAccountSettings } = await import('../../config/environment.ts');
      const { readPricing } = await import('../../config/prices.ts');
      const { withScreentestClient } = await import('../../client/open.ts');
      const pricing = await readPricing(process.env);
      const started = await withScreentestClient(process.env, (client) =>
        client.start(brief, {
          by,
          createVenture: options.createVenture,
          providerAccount: readAccountSettings(process.env).VIDEO_API_ACCOUNT,
          pricing,
        }),
      );
      if (started.isNew && !estimated.fits)
        for (const line of describeRoom(estimated, brief.venture)) remark(line);
      write(options.output, { ...started, ...(started.isNew ? { estimated } : {}) }, () =>
        started.isNew
          ? `Started ${started.groupId}: ${describeCost(estimated)}.\nFollow it with: screentest watch ${started.groupId}`
          : `The group ${started.groupId} exists already; nothing was started.\nSee it with: screentest status ${started.groupId}`,
      );
    });
}
