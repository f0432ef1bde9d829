import type { Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';

const NEWEST = 20;

/**
 * How long the newest jobs of a model took, in milliseconds: from the provider taking one to its video being stored.
 * A little more than the provider took, and much more where no worker was there to see it.
 */
export async function newestJobDurations(
  queries: Queries,
  provider: string,
  model: string,
): Promise<readonly number[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      provider,
      model,
      jobStatus: 'completed',
      jobSubmittedAt: { not: null },
      jobCompletedAt: { not: null },
    },
    select: { jobSubmittedAt: true, jobCompletedAt: true },
    orderBy: { jobSubmittedAt: 'desc' },
    take: NEWEST,
  });
  return rows.flatMap(({ jobSubmittedAt, jobCompletedAt }) =>
    jobSubmittedAt === null || jobCompletedAt === null
      ? []
      : [jobCompletedAt.getTime() - jobSubmittedAt.getTime()],
  );
}
