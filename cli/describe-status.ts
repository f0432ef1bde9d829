import type { GroupStatusReport, Standings } from '../client/group-status.ts';
import type { FileRecord, GroupRecord, VariantRecord } from '../database/group-queries.ts';
import { describeChanges } from '../domain/changes.ts';
import { labelSteps } from '../domain/disclosure.ts';
import { reviewInWords } from '../domain/gates.ts';
import { formatUsd, type MicroUsd, microUsd, sumUsd } from '../domain/money.ts';
import { describeRight } from '../domain/usage-rights.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Writing } from '../domain/writer.ts';
import { howToSettle } from './describe-jobs.ts';
import { table } from './tables.ts';

/** A group's status for people: what it is, what it waits for, its variants, what the numbers say. */
export function describeStatus(report: GroupStatusReport): string {
  const { group, standings } = report;
  const spent = sumUsd(group.variants.map((variant) => variant.spent));
  const reserved = sumUsd(group.variants.map((variant) => variant.reserved));
  const released = sumUsd(group.variants.map((variant) => variant.released));
  const { cap, left } = group.budget;
  return [
    `${group.name} (${group.venture})`,
    `  id        ${group.id}`,
    `  status    ${group.outcome === undefined ? group.status : `${group.status}: ${group.outcome}`}`,
    `  mode      ${group.generation.mode}: ${group.generation.reason}`,
    ...(group.winner === undefined ? [] : [`  winner    ${group.winner}`]),
    ...(group.outcome === 'failed' ? reasonOf(group.decision) : []),
    `  spent     ${formatUsd(spent)}${beside(reserved, 'reserved')}${beside(released, 'released')}`,
    ...(cap === undefined || left === undefined
      ? []
      : [`  budget    ${formatUsd(cap)}, of which ${formatUsd(left)} is left`]),
    ...(group.writing === undefined ? [] : writer(group.writing)),
    ...waiting(report),
    ...publishing(group.publishing),
    ...looking(report),
    '',
    table(
      ['variant', 'video', 'cost', 'changes', 'note'],
      group.variants.map((variant) => variantRow(variant, report)),
    ),
    ...otherFiles(group.variants),
    ...group.variants.filter(isHeld).flatMap(({ name }) => ['', ...howToSettle(group.id, name)]),
    '',
    ...(standings === undefined ? ['No metrics yet.'] : [describeStandings(standings)]),
    ...refusals(report),
  ].join('\n');
}

/** Each variant's counts and rate, the verdict's sentence, and what to know about the data. */
export function describeStandings({ verdict, sentence }: Standings): string {
  const { metric, arms, rules, flags } = verdict.evidence;
  const isShare = (metric.kind ?? 'proportion') === 'proportion';
  const rate = (value: number | null) => (isShare ? percent(value) : plain(value));
  const rows = arms.map((arm) => [
    arm.name,
    arm.exposures.toLocaleString('en-US'),
    arm.conversions.toLocaleString('en-US'),
    rate(arm.rate),
    arm.interval === null ? '' : `${rate(arm.interval[0])} to ${rate(arm.interval[1])}`,
    arm.probabilityBest === null ? '' : arm.probabilityBest.toFixed(3),
    isShare ? points(arm.expectedLoss) : plain(arm.expectedLoss),
  ]);
  // Holds at every look together, so a day's look is no worse for the one before.
  const level = `${Number((100 * (1 - rules.falseCallLimit)).toPrecision(4))}% at any look`;
  const head = ['variant', metric.denominator, metric.numerator, 'rate', level, 'P(best)', 'loss if chosen'];
  return [
    table(head, rows),
    '',
    sentence,
    ...(flags.length === 0 ? [] : ['', 'To know:', ...flags.map(({ found }) => `  ${found}`)]),
  ].join('\n');
}

function beside(amount: MicroUsd, what: string): string {
  return amount === 0 ? '' : `, ${formatUsd(amount)} ${what}`;
}

/** What whoever publishes the videos has to do and to keep to. */
function publishing({ platforms, disclosure, rights, markets }: GroupRecord['publishing']): string[] {
  return [
    ...labelSteps(platforms, disclosure).map(
      (label) => `  AI label  ${label.platforms.join(', ')}: ${label.step}`,
    ),
    ...rights.map((right) => `  right     ${describeRight(right)}`),
    ...(markets === undefined ? [] : [`  markets   ${markets.join(', ')}`]),
  ];
}

/** Whose words the levels have, and why not the language model's where it was asked in vain. */
function writer({ model, wording, warnings, costMicroUsd }: Writing): string[] {
  const levels = `${wording.length} ${wording.length === 1 ? 'level' : 'levels'}`;
  const did = model === undefined ? 'none' : `${levels} by ${model}, ${formatUsd(microUsd(costMicroUsd))}`;
  return [`  writer    ${did}`, ...warnings.map((warning) => `            ${warning}`)];
}

/** Why it failed, as the decision record has it. */
function reasonOf(decision: unknown): string[] {
  const isRecord = typeof decision === 'object' && decision !== null && 'reason' in decision;
  return isRecord && typeof decision.reason === 'string' ? [`  reason    ${decision.reason}`] : [];
}

function waiting({ live, isRunning, stopped, group }: GroupStatusReport): string[] {
  if (!isRunning) return [];
  if (stopped !== undefined) {
    return [`  stopped   its workflow was ${stopped}; to go on: screentest resume ${group.id}`];
  }
  if (live === undefined)
    return ['  waits     unknown: no worker answers (start one with `screentest worker`)'];
  if (live.waitsFor === undefined) return [];
  return [`  waits     for ${live.waitsFor}${live.until === undefined ? '' : `, until ${live.until}`}`];
}

/** How the test is looked at, and what happens without anybody asking. */
function looking({ looks, group }: GroupStatusReport): string[] {
  const { made, planned, next, machine } = looks;
  const when =
    planned === undefined
      ? 'every hour with new data'
      : next === undefined
        ? planned.length === 0
          ? 'planned from the day on which the test begins'
          : `all ${planned.length} planned looks have come`
        : `look ${next.number} of ${planned.length} on ${next.dueAt.toISOString()}, nothing is called before`;
  if (group.outcome !== undefined) return made === 0 ? [] : [`  looks     ${made}`];
  return [`  looks     ${made} so far; ${when}`, `  machine   ${machine}`];
}

function variantRow(variant: VariantRecord, { live, group }: GroupStatusReport): string[] {
  const remark = live?.variants.find(({ id }) => id === variant.id)?.reason;
  return [
    variant.name,
    isHeld(variant) ? 'held' : videoStatus(variant),
    variant.spent > 0 ? formatUsd(variant.spent) : '',
    changesOf(variant, group.controlLevels),
    variant.failureReason ?? (remark || variant.videoUrl) ?? expiry(variant.files[0]),
  ];
}

/** What tells a variant from the control; once a person has changed its prompt, that is not known. */
export function changesOf(
  { mutations, plannedPrompt }: VariantRecord,
  controlLevels: GroupRecord['controlLevels'],
): string {
  const changes = describeChanges(controlLevels, mutations).join(', ');
  if (plannedPrompt === undefined) return changes;
  return changes === '' ? 'its prompt was changed by hand' : `${changes}; its prompt was changed by hand`;
}

function videoStatus({ status, review, videoUrl }: VariantRecord): string {
  return review === undefined || videoUrl === undefined ? status : `${status}, ${reviewInWords(review)}`;
}

/** What there is beside each variant's main video. */
function otherFiles(variants: readonly VariantRecord[]): string[] {
  const rows = variants.flatMap(({ name, files }) =>
    files
      .filter(({ rendition }) => rendition !== MAIN_RENDITION)
      .map((file) => [name, file.rendition, `${file.width}x${file.height}`, file.url ?? expiry(file)]),
  );
  return rows.length === 0 ? [] : ['', table(['variant', 'file', 'size', 'where'], rows)];
}

/** Of a file that is gone by rule. */
function expiry(file: FileRecord | undefined): string {
  return file?.expiredAt === undefined
    ? ''
    : `removed on ${file.expiredAt.toISOString().slice(0, 10)}, its time was over`;
}

function isHeld(variant: VariantRecord): boolean {
  return variant.heldReason !== undefined && variant.status === 'failed';
}

function refusals({ live }: GroupStatusReport): string[] {
  if (live === undefined || live.refusedCount === 0) return [];
  return [
    '',
    `Messages it refused (${live.refusedCount}), the newest last:`,
    ...live.refusedMessages.map(({ at, message, reason }) => `  ${at} ${message}: ${reason}`),
  ];
}

function percent(rate: number | null): string {
  return rate === null ? '' : `${(rate * 100).toFixed(2)}%`;
}

function points(loss: number | null): string {
  return loss === null ? '' : `${(loss * 100).toFixed(3)} points`;
}

function plain(value: number | null): string {
  return value === null
    ? ''
    : Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}
