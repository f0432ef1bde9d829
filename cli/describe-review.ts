import type { GroupStatusReport } from '../client/group-status.ts';
import type { GroupRecord, VariantRecord } from '../database/group-queries.ts';
import { Unavailable } from '../domain/errors.ts';
import { isSetAside, reviewInWords } from '../domain/gates.ts';
import { formatUsd, microUsd } from '../domain/money.ts';
import type { PlanState } from '../workflows/messages.ts';
import { changesOf } from './describe-status.ts';
import { textDiff } from './text-diff.ts';

/** What a group asks people about, as one value: its plan with the prompts, or the videos that wait. */
export interface ReviewReport {
  readonly groupId: string;
  readonly status: string;
  /** The plan that waits for its approval; undefined where none does. */
  readonly plan: PlanState | undefined;
  /** Of the plan, or those whose video waits. */
  readonly variants: readonly VariantRecord[];
  /** What the control is made of, of what the plan varies. */
  readonly controlLevels: GroupRecord['controlLevels'];
}

/** @throws Unavailable where nobody can say how far a plan is */
export function reviewReport({ group, live, isRunning }: GroupStatusReport): ReviewReport {
  if (live === undefined && isRunning && group.status === 'planning') {
    throw new Unavailable({
      code: 'NO_WORKER',
      given: 'How far the plan is nobody says: no worker answers',
      fix: 'check that a worker runs (`screentest worker`), and `screentest status`',
    });
  }
  const isPlan = group.status === 'planning' && live?.plan?.approvedBy === undefined;
  return {
    groupId: group.id,
    status: group.status,
    controlLevels: group.controlLevels,
    plan: isPlan ? live?.plan : undefined,
    variants: isPlan ? group.variants : group.variants.filter(({ review }) => review === 'pending'),
  };
}

export function describeReview(report: ReviewReport): string {
  const { plan, variants, status } = report;
  if (plan !== undefined) return describePlan(report, plan);
  if (variants.length === 0) return `Nothing of it waits for a person's word (${status}).`;
  return describeVideos(report);
}

/** Every prompt with what it costs in all, and how to answer. */
export function describePlan({ groupId, variants, controlLevels }: ReviewReport, plan: PlanState): string {
  return [
    `Plan, version ${plan.version}: ${variants.length} variants, ${formatUsd(microUsd(plan.costMicroUsd))} when each video is made once. Nothing is ordered before it is approved, at the latest on ${plan.until}.`,
    ...variants.flatMap((variant) => ['', ...promptOf(variant, changesOf(variant, controlLevels))]),
    '',
    'To answer:',
    `  screentest approve ${groupId}`,
    `  screentest edit ${groupId} --variant "${variants.at(-1)?.name ?? ''}" --prompt-file prompt.txt`,
    `  screentest edit ${groupId} --variant "${variants.at(-1)?.name ?? ''}" --remove`,
    `  screentest reject ${groupId} --reason "why"`,
  ].join('\n');
}

function promptOf(variant: VariantRecord, changes: string): string[] {
  const lines =
    variant.plannedPrompt === undefined
      ? variant.prompt.split('\n')
      : textDiff(variant.plannedPrompt, variant.prompt);
  return [`${variant.name}${changes === '' ? '' : ` (${changes})`}`, ...lines.map((line) => `  ${line}`)];
}

function describeVideos({ groupId, variants }: ReviewReport): string {
  const [first] = variants;
  const name = first?.name ?? '';
  return [
    variants.length === 1 ? 'A video waits for a person:' : `${variants.length} videos wait for a person:`,
    ...variants.flatMap((variant) => ['', ...videoOf(variant)]),
    '',
    'To answer:',
    `  screentest approve ${groupId} --variant "${name}"`,
    `  screentest approve ${groupId} --all`,
    `  screentest reject ${groupId} --variant "${name}" --reason "why" --regenerate`,
  ].join('\n');
}

function videoOf(variant: VariantRecord): string[] {
  const earlier = variant.files.filter(({ rendition }) => isSetAside(rendition)).length;
  const files = variant.files
    .filter(({ rendition }) => !isSetAside(rendition))
    .flatMap(({ rendition, url, thumbnailUrl, durationSeconds, width, height, sha256 }) => [
      `  ${rendition}: ${url ?? 'its file is gone'}`,
      `    ${width}x${height}, ${durationSeconds} s, SHA-256 ${sha256?.slice(0, 12)}${thumbnailUrl === undefined ? '' : `, picture ${thumbnailUrl}`}`,
    ]);
  return [
    `${variant.name} (${reviewInWords(variant.review ?? '')}, cost ${formatUsd(variant.spent)}${earlier === 0 ? '' : `; ${earlier} rejected before`})`,
    ...files,
    `  made of: ${variant.prompt.replaceAll(/\s+/g, ' ')}`,
  ];
}
