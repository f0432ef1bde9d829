import { formatUsd, microUsd } from '../domain/money.ts';
import type { ResumeReport } from '../recovery/open.ts';
import type { GroupRepair } from '../recovery/rebuild-group.ts';
import type { Reconciliation } from '../recovery/reconcile.ts';

/** What a reconciliation found, for people: what changes first, then what only they can do. */
export function describeReconciliation(found: Reconciliation): string {
  const { isDone, restored, histories, groups, stopped, jobs, files, imports } = found;
  const changes = groups.some(({ before, after }) => differences(before, after).length > 0);
  const paragraphs = [
    restored === undefined ? [] : [`${restored}.`],
    ...found.steps.map(({ name, done }) => [
      `${name}: ${done.length === 0 ? 'nothing to do' : ''}`,
      ...done.map((line) => `  ${line}`),
    ]),
    [
      `${histories} histories read; ${groups.length === 0 ? 'every row is as they say' : `${groups.length} groups differ:`}`,
    ],
    ...groups.map(describeRepair),
    stopped.length === 0
      ? []
      : [
          'Not over, and nobody works on them (`screentest resume <group>`, or --all):',
          ...stopped.map(
            ({ groupId, name, status, workflow }) =>
              `  ${groupId} ${name}, ${status}: its workflow is ${workflow}`,
          ),
        ],
    found.jobsNotListed === undefined
      ? []
      : [`The video API's jobs were not looked through: ${found.jobsNotListed}`],
    jobs.length === 0 ? [] : ['Jobs at the video API that no order has:', ...jobs.map(describeJob)],
    describeImports(imports),
    files.orphans.length === 0
      ? []
      : [`Files in ${files.place} that no row knows:`, ...files.orphans.map((key) => `  ${key}`)],
    files.missing.length === 0
      ? []
      : [`Files that are not in ${files.place}:`, ...files.missing.map(({ key, of }) => `  ${key}, ${of}`)],
    [NO_HISTORY_HAS],
    [
      isDone
        ? 'Done.'
        : closing(
            changes || jobs.some(({ adoptedFor }) => adoptedFor !== undefined) || restored !== undefined,
          ),
    ],
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const NO_HISTORY_HAS =
  'In no history, and not brought back by this: numbers that were imported, budgets that were changed, members of ventures,\nsmoke tests, and who asked for a cancellation.';

function closing(hasSomethingToDo: boolean): string {
  return hasSomethingToDo ? 'Nothing was done yet. To do it: add --yes.' : 'There is nothing to do.';
}

function describeRepair({ groupId, name, before, after, adopted, problems }: GroupRepair): string[] {
  return [
    `  ${groupId} ${name}`,
    ...differences(before, after).map((line) => `    ${line}`),
    ...adopted.map(({ variant, rendition, job }) => `    ${variant} (${rendition}): its job is ${job}`),
    ...problems.map((problem) => `    can't: ${problem}`),
  ];
}

const MONEY: ReadonlySet<string> = new Set(['spentMicroUsd', 'reservedMicroUsd']);

/** `orders: 2 -> 3` */
function differences(before: GroupRepair['before'], after: GroupRepair['after']): string[] {
  const earlier = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([fact, value]: [string, unknown]) => {
    const was = earlier.get(fact);
    if (was === value) return [];
    const shown = (one: unknown) =>
      MONEY.has(fact) ? formatUsd(microUsd(Number(one))) : one === undefined ? 'none' : String(one);
    return [`${words(fact)}: ${shown(was)} -> ${shown(value)}`];
  });
}

/** `variantsWithVideo` is `variants with video`. */
function words(fact: string): string {
  return fact.replace(/MicroUsd$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function describeJob({
  id,
  status,
  costMicroUsd,
  model,
  prompt,
  adoptedFor,
}: Reconciliation['jobs'][number]): string {
  const cost = costMicroUsd === undefined ? 'its cost is not told' : formatUsd(microUsd(costMicroUsd));
  const about = [model, prompt === undefined ? undefined : `"${prompt.slice(0, 60)}"`]
    .filter(Boolean)
    .join(', ');
  const whose =
    adoptedFor === undefined
      ? 'nobody knows whose it is'
      : `it can only be that of ${adoptedFor.group}, ${adoptedFor.variant} (${adoptedFor.rendition})`;
  return `  ${id}, ${status}, ${cost}${about === '' ? '' : `, ${about}`}: ${whose}`;
}

function describeImports({ imports, knownSince, knownUntil }: Reconciliation['imports']): string[] {
  const known =
    knownSince === undefined
      ? 'No hourly look at the groups is left in the namespace, so that nobody knows which files of numbers are lost.'
      : `Of files of numbers it is known what came in up to ${knownUntil}, as far as the looks since ${knownSince} tell.`;
  if (imports.length === 0) return [known];
  return [
    'Numbers that are lost, to be imported again:',
    ...imports.map(
      ({ groupId, file, sha256, at, person }) =>
        `  ${file ?? 'a file without a name'} (SHA-256 ${sha256 ?? 'unknown'}), ${at}, by ${person ?? 'a person who is not known any more'}: screentest import ${groupId} <file>`,
    ),
    known,
  ];
}

/** One value a line, each saying what it is about. */
export function linesOf(found: Reconciliation): readonly object[] {
  const { groups, stopped, jobs, imports, files, ...rest } = found;
  return [
    { kind: 'summary', ...rest },
    ...groups.map((group) => ({ kind: 'group', ...group })),
    ...stopped.map((group) => ({ kind: 'stopped', ...group })),
    ...jobs.map((job) => ({ kind: 'job', ...job })),
    ...imports.imports.map((lost) => ({ kind: 'import', ...lost })),
    ...files.orphans.map((key) => ({ kind: 'orphan', key })),
    ...files.missing.map((missing) => ({ kind: 'missing file', ...missing })),
  ];
}

export function describeResumed({ resumed, refused }: ResumeReport): string {
  if (resumed.length + refused.length === 0) return 'No group has stopped.';
  return [
    ...resumed.map(
      ({ name, status, workflow }) => `${name} goes on in ${status}; its workflow was ${workflow}.`,
    ),
    ...refused.map(({ name, reason }) => `${name}: ${reason}`),
  ].join('\n');
}
