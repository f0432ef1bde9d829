import type { Command } from 'commander';
import type { StartedGroup } from '../../client/screentest-client.ts';
import type { ChosenMode } from '../../domain/generation-mode.ts';
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
      if (options.dryRun) {
        const { remarksOn } = await import('../../domain/check-brief.ts');
        const { reviewPlan } = await import('../../planning/review.ts');
        const { refusalOfPlan } = await import('../../planning/checks/check-plan.ts');
        const { describeFindings, describeStatement } = await import('../describe-plan.ts');
        const { describePlannedTest } = await import('../describe-size.ts');
        const estimated = await estimateStart(brief, process.env);
        const { statement, findings, test } = reviewPlan(brief);
        const remarks = remarksOn(brief, new Date());
        write(options.output, { ...estimated, test, statement, findings, remarks }, () =>
          [
            describeEstimate(estimated, brief.venture),
            '',
            ...describeStatement(statement),
            ...(test === undefined ? [] : ['', describePlannedTest(test)]),
            '',
            ...describeFindings(findings),
            ...remarks.map(({ path: field, says }) => `Warning: ${field}: ${says}`),
          ].join('\n'),
        );
        // An estimate needs no database; with one it is known whether anything would be ordered.
        if (process.env.DATABASE_URL) await remarkManualMode();
        const refusal = refusalOfPlan(findings);
        if (refusal !== undefined) throw refusal;
        return;
      }
      const by = whoActs(options.by, process.env);
      const { videoSourceOf } = await import('../../client/generation-mode.ts');
      const { withScreentestClient } = await import('../../client/open.ts');
      const { readPricing } = await import('../../config/prices.ts');
      const { checkPlan } = await import('../../planning/checks/check-plan.ts');
      const { describeFinding } = await import('../../planning/checks/finding.ts');
      const { planVariants } = await import('../../planning/plan.ts');
      const source = videoSourceOf(process.env);
      const { mode } = await modeNow();
      // What people provide costs nothing here, and needs no price.
      const estimated = mode === 'automatic' ? await estimateStart(brief, process.env) : undefined;
      const pricing = await readPricing(process.env);
      const findings = checkPlan(brief, planVariants(brief));
      const started = await withScreentestClient(process.env, (client) =>
        client.start(brief, {
          by,
          createVenture: options.createVenture,
          ...source,
          pricing,
        }),
      );
      if (started.isNew) for (const finding of findings) remark(`Warning: ${describeFinding(finding)}`);
      if (started.isNew && estimated?.fits === false)
        for (const line of describeRoom(estimated, brief.venture)) remark(line);
      write(options.output, { ...started, ...(started.isNew && estimated && { estimated }) }, () =>
        describeStart(started, estimated && describeCost(estimated)),
      );
    });
}

async function modeNow(): Promise<ChosenMode> {
  const { modeOfNewGroups, videoSourceOf } = await import('../../client/generation-mode.ts');
  const { withDatabase } = await import('../../client/open.ts');
  const source = videoSourceOf(process.env);
  return withDatabase(process.env, (database) => modeOfNewGroups(database, source));
}

async function remarkManualMode(): Promise<void> {
  const { mode, reason } = await modeNow();
  if (mode === 'manual')
    remark(`As it is now, nothing would be ordered: the group would be manual (${reason}).`);
}

function describeStart({ groupId, generation }: StartedGroup, cost: string | undefined): string {
  if (generation === undefined) {
    return `The group ${groupId} exists already; nothing was started.\nSee it with: screentest status ${groupId}`;
  }
  const follow = `Follow it with: screentest watch ${groupId}`;
  if (cost !== undefined) {
    return `Started ${groupId}: ${cost} (automatic: ${generation.reason}).\n${follow}`;
  }
  return [
    `Started ${groupId}, manual: ${generation.reason}.`,
    `Give each variant its video: screentest provide-video ${groupId} --variant <name> <file.mp4>`,
    follow,
  ].join('\n');
}
