import { type GroupId, groupId, type JobId, jobId, type VariantId, variantId } from '../domain/ids.ts';
import type { Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';
import { missingRenditions } from './video-orders.ts';

/** For matching the provider's jobs with what the database knows of them, or does not. */

/** Orders of a group that were sent, or may have been, and whose job nobody knows. */
export async function ordersWithoutJob(queries: Queries, group: GroupId): Promise<readonly JobId[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      submissionState: { in: ['claimed', 'held'] },
      soraJobId: null,
      videoVariant: { variantGroupId: group },
    },
    orderBy: { createdAt: 'asc' },
    select: { id: true },
  });
  return rows.map(({ id }) => jobId(id));
}

/** The provider's jobs that a group's orders have. */
export async function jobIdsOf(queries: Queries, group: GroupId): Promise<readonly string[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: { videoVariant: { variantGroupId: group } },
    select: { soraJobId: true },
  });
  return rows.flatMap(({ soraJobId }) => (soraJobId === null ? [] : [soraJobId]));
}

/** A file that its group's brief asks for, which nobody is known to have ordered. */
export interface UnorderedFile {
  readonly groupId: GroupId;
  readonly group: string;
  readonly variantId: VariantId;
  readonly variant: string;
  readonly rendition: string;
  readonly plannedAt: Date;
}

/** Those of groups that are not over, and whose videos are made. */
export async function unorderedFiles(queries: Queries): Promise<readonly UnorderedFile[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoVariant.findMany({
    where: {
      generationStatus: { in: ['pending', 'generating', 'failed'] },
      variantGroup: { testStatus: { in: ['planning', 'generating', 'testing'] } },
    },
    include: {
      variantGroup: { select: { id: true, testName: true } },
      jobs: { select: { rendition: true } },
    },
  });
  const files: UnorderedFile[] = [];
  for (const row of rows) {
    const ordered = new Set(row.jobs.map(({ rendition }) => rendition));
    for (const rendition of await missingRenditions(queries, variantId(row.id))) {
      if (ordered.has(rendition)) continue;
      files.push({
        groupId: groupId(row.variantGroup.id),
        group: row.variantGroup.testName,
        variantId: variantId(row.id),
        variant: row.variantName,
        rendition,
        plannedAt: row.createdAt,
      });
    }
  }
  return files;
}
