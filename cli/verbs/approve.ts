import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ScreentestClient } from '../../client/screentest-client.ts';
import type { VariantRecord } from '../../database/group-queries.ts';
import { PreconditionFailed } from '../../domain/errors.ts';
import { isSetAside } from '../../domain/gates.ts';
import type { GroupId } from '../../domain/ids.ts';
import { formatUsd, microUsd } from '../../domain/money.ts';
import type { VideoReceipt } from '../../workflows/gate-messages.ts';
import { confirmed } from '../confirm.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface ApproveOptions {
  readonly variant?: string;
  readonly all: boolean;
  readonly planVersion?: number;
  readonly yes: boolean;
  readonly by?: string;
  readonly reason?: string;
  readonly output: Format;
}

export function addApprove(program: Command): void {
  program
    .command('approve')
    .description("approve a group's plan, so that its videos are ordered; or videos, so that they are used")
    .argument('<group>', 'id, beginning of the id, or name')
    .option('--variant <name>', 'the variant whose video is approved; without it, the plan')
    .addOption(
      new Option('--all', 'every video that waits').default(false).conflicts(['variant', 'planVersion']),
    )
    .option('--plan-version <number>', 'approve the plan only if it is this version', planVersion)
    .option('--reason <text>', 'why, for the record')
    .addOption(new Option('--yes', 'do not ask before a plan is paid for').default(false))
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Approving a plan spends money: it is shown first, and only what was shown is approved. Examples:
  $ screentest review "Espresso launch"                                see what is asked
  $ screentest approve "Espresso launch"                               the plan
  $ screentest approve "Espresso launch" --variant "Variant B"         a video`,
    )
    .action(async (reference: string, options: ApproveOptions) => {
      const by = whoActs(options.by, process.env);
      const { withScreentestClient } = await import('../../client/open.ts');
      await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        if (options.all || options.variant !== undefined) await approveVideos(client, id, by, options);
        else await approvePlan(client, id, by, options);
      });
    });
}

async function approvePlan(
  client: ScreentestClient,
  id: GroupId,
  by: string,
  { planVersion: wanted, yes, reason, output }: ApproveOptions,
): Promise<void> {
  const { describePlan, reviewReport } = await import('../describe-review.ts');
  const status = await client.status(id);
  const report = reviewReport(status);
  const plan = report.plan ?? status.live?.plan;
  if (plan === undefined) throw noPlan(report.status, report.variants);
  if (wanted !== undefined && wanted !== plan.version) {
    throw new PreconditionFailed({
      code: 'PLAN_CHANGED',
      given: `The plan is version ${plan.version} by now, and not version ${wanted}`,
      fix: 'look at it again with `screentest review`',
    });
  }
  if (plan.approvedBy === undefined && !yes) remark(describePlan(report, plan));
  const cost = formatUsd(microUsd(plan.costMicroUsd));
  const { version } = plan;
  if (plan.approvedBy === undefined) {
    await confirmed(yes, `Approve version ${version}, and order its videos for ${cost}?`);
  }
  const receipt = await client.approvePlan(id, { by, version, costMicroUsd: plan.costMicroUsd, reason });
  write(
    output,
    receipt,
    () => `Version ${receipt.version} is approved: its videos are ordered, for ${cost}.`,
  );
}

function noPlan(status: string, waiting: readonly VariantRecord[]): PreconditionFailed {
  return new PreconditionFailed({
    code: 'NO_PLAN_TO_APPROVE',
    given: `The group is ${status}, and no plan of it waits for approval`,
    fix:
      waiting.length === 0
        ? 'see `screentest status` for what it waits for'
        : `name a variant whose video waits (--variant "${waiting[0]?.name}"), or approve them with --all`,
  });
}

async function approveVideos(
  client: ScreentestClient,
  id: GroupId,
  by: string,
  { variant: wanted, reason, output }: ApproveOptions,
): Promise<void> {
  const { group } = await client.status(id);
  const waiting = group.variants.filter(({ review }) => review === 'pending');
  const names = wanted === undefined ? waiting.map(({ name }) => name) : [wanted];
  if (names.length === 0) {
    throw new PreconditionFailed({ code: 'NO_VIDEO_TO_REVIEW', given: 'No video waits for a review' });
  }
  const receipts: VideoReceipt[] = [];
  for (const variant of names) {
    const files = filesSeen(group.variants, variant);
    receipts.push(await client.approveVideo(id, { by, variant, reason, ...(files && { files }) }));
  }
  write(output, receipts, () => receipts.map(({ variant }) => `${variant}'s video is approved.`).join('\n'));
}

/** What is there as this is asked: another video that comes in between is not approved, nor rejected. */
export function filesSeen(variants: readonly VariantRecord[], name: string): string[] | undefined {
  const variant = variants.find((known) => known.name === name || known.id === name);
  return variant?.files.flatMap(({ rendition, sha256 }) =>
    isSetAside(rendition) || sha256 === undefined ? [] : [sha256.trim()],
  );
}

function planVersion(text: string): number {
  const version = Number(text);
  if (Number.isInteger(version) && version > 0) return version;
  throw new InvalidArgumentError('Allowed is the number that `screentest review` shows.');
}
