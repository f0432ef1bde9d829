import { type GroupId, groupId, type JobId, jobId } from '../domain/ids.ts';
import { fromUsd, type MicroUsd } from '../domain/money.ts';
import type { Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';

/** An order for a video as people look it up. */
export interface JobRecord {
  readonly id: JobId;
  readonly groupId: GroupId;
  readonly group: string;
  readonly variant: string;
  readonly rendition: string;
  /** 1 for the first order of this file, then 2 for the one a person asked for, and so on. */
  readonly ordinal: number;
  readonly submissionState: string;
  readonly jobStatus: string;
  readonly providerJobId: string | undefined;
  readonly orderedAt: Date;
  readonly reserved: MicroUsd;
  /** Why it is held, or what went wrong. */
  readonly note: string | undefined;
}

export interface JobFilter {
  readonly groupId?: GroupId | undefined;
  /** Only those whose outcome nobody knows. */
  readonly isHeld: boolean;
  readonly limit: number;
}

/** The newest first. */
export async function listJobs(queries: Queries, filter: JobFilter): Promise<readonly JobRecord[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      ...(filter.isHeld && { submissionState: 'held' }),
      ...(filter.groupId !== undefined && { videoVariant: { variantGroupId: filter.groupId } }),
    },
    include: {
      videoVariant: {
        select: { variantName: true, variantGroup: { select: { id: true, testName: true } } },
      },
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: filter.limit,
  });
  return rows.map(({ videoVariant, ...row }) => ({
    id: jobId(row.id),
    groupId: groupId(videoVariant.variantGroup.id),
    group: videoVariant.variantGroup.testName,
    variant: videoVariant.variantName,
    rendition: row.rendition,
    ordinal: row.ordinal,
    submissionState: row.submissionState,
    jobStatus: row.jobStatus,
    providerJobId: row.soraJobId ?? undefined,
    orderedAt: row.createdAt,
    reserved: fromUsd(Number(row.reservedUsd ?? 0)),
    note: row.heldReason ?? row.jobError ?? undefined,
  }));
}
