import { reviewInWords } from '../domain/gates.ts';
import { hasVideo } from '../domain/lifecycle.ts';
import { formatUsd, microUsd } from '../domain/money.ts';
import type { Overview, PlanState, VariantState } from './messages.ts';

/** What the Web UI shows of a group: Markdown with a table of the variants, and how to act on it. */
export function detailsOf(group: Overview, workflowId: string): string {
  return [
    `### ${text(group.name)}`,
    '',
    `**${group.status}**${group.outcome === undefined ? '' : ` (${group.outcome})`}, ${text(group.venture)}`,
    '',
    ...(group.generation.mode === 'manual' ? [...manualMode(group), ''] : []),
    ...(group.winner === undefined ? [] : [`Winner: **${text(group.winner)}**`, '']),
    ...(group.plan === undefined || group.outcome !== undefined ? [] : [planOf(group, group.plan), '']),
    ...(group.waitsFor === undefined ? [] : [waiting(group.waitsFor, group.until), '']),
    ...(group.analysis === undefined ? [] : [`Analysis: ${text(group.analysis)}`, '']),
    ...(group.outcome === undefined ? [...machine(group), ''] : []),
    '| variant | video | cost | note |',
    '| --- | --- | --- | --- |',
    ...group.variants.map(row),
    '',
    `Spent ${dollars(group.spend.spentMicroUsd)}, reserved ${dollars(group.spend.reservedMicroUsd)}.`,
    ...(group.status === 'testing' || group.status === 'analyzing'
      ? ['', howToDeclare(group, workflowId)]
      : []),
    ...group.variants.filter(({ isHeld }) => isHeld).flatMap(({ name }) => ['', howToSettle(group, name)]),
    ...refusals(group),
  ].join('\n');
}

function waiting(what: string, until: string | undefined): string {
  return `Waits for ${what}${until === undefined ? '' : `, until ${until}`}.`;
}

/** What happens by itself, and when. */
function machine({ machine: words, plannedLooks }: Overview): string[] {
  const looks = plannedLooks.map((at) => at.slice(0, 10)).join(', ');
  return [`The machine: ${words}.`, ...(looks === '' ? [] : ['', `Planned looks: ${looks}.`])];
}

/** Who brings the videos, and how. */
function manualMode(group: Overview): string[] {
  const lacking = group.variants.find(({ status }) => !hasVideo(status));
  return [
    `Manual: ${text(group.generation.reason)}.`,
    ...(lacking === undefined || group.outcome !== undefined
      ? []
      : [
          '',
          `To give a variant its video: \`screentest provide-video ${group.groupId} --variant "${lacking.name}" film.mp4\`.`,
        ]),
  ];
}

function row(variant: VariantState): string {
  const cost = variant.spentMicroUsd > 0 ? dollars(variant.spentMicroUsd) : '';
  const status = variant.isHeld ? 'held' : statusOf(variant);
  return `| ${text(variant.name)} | ${status}${files(variant)} | ${cost} | ${text(variant.reason ?? '')} |`;
}

/** With what people said of it. */
function statusOf({ status, review }: VariantState): string {
  if (!hasVideo(status) || review === undefined) return status;
  return `${status}, ${reviewInWords(review)}`;
}

/** What is to be paid for, and who agreed to it. */
function planOf({ groupId }: Overview, { version, costMicroUsd, approvedBy }: PlanState): string {
  const plan = `Plan, version ${version}: ${dollars(costMicroUsd)}`;
  return approvedBy === undefined
    ? `${plan}, not approved. To see and approve it: \`screentest review ${groupId}\`.`
    : `${plan}, approved by ${text(approvedBy)}.`;
}

/** Where a variant has several files, each with how far it is. */
function files({ renditions = [] }: VariantState): string {
  if (renditions.length === 0) return '';
  return ` (${renditions.map(({ name, status }) => `${name} ${status}`).join(', ')})`;
}

function howToDeclare(group: Overview, workflowId: string): string {
  const variant = group.variants[0]?.name ?? 'Control';
  const input = JSON.stringify({ variant, by: 'you@example.com' });
  return `To declare a winner, send the signal \`declareWinner\` to \`${workflowId}\` with \`${input}\`.`;
}

/** An order of unknown outcome waits for a person. */
function howToSettle({ groupId }: Overview, variant: string): string {
  return `**${text(variant)} may have been charged.** If its job is at the video API: \`screentest jobs adopt ${groupId} --variant "${variant}" --job <its id>\`; else \`screentest retry ${groupId} --variant "${variant}" --accept-possible-charge\`.`;
}

function refusals(group: Overview): string[] {
  if (group.refusedCount === 0) return [];
  return [
    '',
    `Refused messages: ${group.refusedCount}. The newest:`,
    '',
    ...group.refusedMessages
      .slice(-5)
      .map((refusal) => `- ${refusal.at} ${refusal.message}: ${text(refusal.reason)}`),
  ];
}

/** The Web UI takes what stands between two dollar signs for a formula. */
function dollars(amountMicroUsd: number): string {
  return `${formatUsd(microUsd(amountMicroUsd)).replace('$', '')} USD`;
}

/** Names and reasons come from people: they must not break the table or become markup. */
function text(value: string): string {
  return value.replaceAll(/[\\|<>*_`[\]]/g, '\\$&').replaceAll(/\s+/g, ' ');
}
