import type { RowCounts } from '../database/traces.ts';
import type { ErasurePlan, ErasureReport } from '../privacy/erase-user.ts';
import type { ReplayReport } from '../privacy/replay.ts';
import { table } from './tables.ts';

/** What there is of a person, and what becomes of it. */
export function describePlan(email: string, plan: ErasurePlan): string {
  const isDeletion = plan.mode === 'delete';
  const { groups, rows, traces, files, bytes, histories, providerJobs } = plan.extent;
  const lines = [
    isDeletion
      ? `${email}: everything of theirs is deleted, and they are taken out of what is other people's.`
      : `${email}: their tests stay, and they are taken out of them.`,
    '',
    table(
      ['what there is', 'how much'],
      [
        ['groups', `${groups}${plan.running > 0 ? `, of which ${plan.running} run and are ended` : ''}`],
        ...Object.entries(rows).map(([name, count]) => [`rows to delete in ${name}`, String(count)]),
        ...Object.entries(traces).map(([name, count]) => [`rows that name them in ${name}`, String(count)]),
        ['stored files', `${files}, ${megabytes(bytes)}`],
        ['histories in Temporal', String(histories)],
        ...(isDeletion ? [['jobs at the video API', String(providerJobs)]] : []),
      ],
    ),
    '',
    "Histories are those of these groups, and of others' groups that name them.",
    'What remains: backups for as long as they are kept (30 days), and logs. docs/privacy.md tells the rest.',
  ];
  if (plan.venturesWithoutOwner.length > 0) {
    lines.push(`These ventures stay, without an owner: ${plan.venturesWithoutOwner.join(', ')}`);
  }
  for (const [column, count] of Object.entries(plan.elsewhere)) {
    lines.push(`${column} is not Screentest's, names them in ${count} rows, and is left as it is.`);
  }
  return lines.join('\n');
}

export function describeErasure({ proof, proofKey, isWhole, left }: ErasureReport): string {
  const { before, deleted, changed } = proof;
  return [
    isWhole ? 'Erased.' : 'Erased, but for what is told below.',
    '',
    table(
      ['what was erased', 'how much'],
      [
        ['rows deleted', String(sum(deleted))],
        ['rows made anonymous', String(sum(changed))],
        ['stored files', `${before.files}, ${megabytes(before.bytes)}`],
        ['histories in Temporal', String(before.histories)],
        ['jobs at the video API', String(before.providerJobs)],
        ['columns searched', `${proof.scan.columns} in ${proof.scan.tables} tables`],
        ['rows that still name them', String(sum(proof.after.traces))],
      ],
    ),
    '',
    `The proof, without a name in it: ${proofKey}`,
    ...left.map((line) => `- ${line}`),
  ].join('\n');
}

export function describeReplay({ tombstones, erased }: ReplayReport): string {
  if (erased.length === 0) return `Of ${tombstones} people who were erased nothing is left.`;
  return [
    `${tombstones} people were erased before; of ${erased.length} something was left, and is gone now.`,
    ...erased.flatMap(({ proofKey, left }) => [`proof: ${proofKey}`, ...left.map((line) => `- ${line}`)]),
  ].join('\n');
}

function sum(counts: RowCounts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
