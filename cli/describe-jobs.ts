import type { JobRecord } from '../database/job-queries.ts';
import { formatUsd } from '../domain/money.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { table } from './tables.ts';

/** Orders as a table; each that is held with what settles it. */
export function describeJobs(jobs: readonly JobRecord[]): string {
  const rows = jobs.map((job) => [
    job.group,
    job.rendition === MAIN_RENDITION ? job.variant : `${job.variant}, ${job.rendition}`,
    String(job.ordinal),
    job.submissionState === 'accepted' ? job.jobStatus : job.submissionState,
    job.providerJobId ?? '',
    formatUsd(job.reserved),
    job.orderedAt.toISOString(),
    job.note ?? '',
  ]);
  const held = jobs.filter(({ submissionState }) => submissionState === 'held');
  return [
    table(['group', 'variant', 'order', 'state', 'job', 'price', 'ordered', 'note'], rows),
    ...held.flatMap((job) => ['', ...howToSettle(job.groupId, job.variant)]),
  ].join('\n');
}

/** What a person can do about an order of unknown outcome. */
export function howToSettle(groupId: string, variant: string): readonly string[] {
  return [
    `${variant} may have been charged. Look for its job at the video API:`,
    `  it is there:  screentest jobs adopt ${groupId} --variant "${variant}" --job <its id>`,
    `  it is not:    screentest retry ${groupId} --variant "${variant}" --accept-possible-charge`,
  ];
}
