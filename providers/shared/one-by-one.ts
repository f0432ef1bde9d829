import type { JobStatus } from '../video-provider.ts';
import { forEachAtMost } from './for-each-at-most.ts';

const ASKED_AT_ONCE = 20;

/**
 * Asks about each job by itself, for a provider without a list. One job's trouble is not the others'.
 * @throws the first job's trouble when all of them have one
 */
export async function askOneByOne(
  ids: readonly string[],
  ask: (id: string) => Promise<JobStatus>,
): Promise<ReadonlyMap<string, JobStatus>> {
  const found = new Map<string, JobStatus>();
  const failures: unknown[] = [];
  await forEachAtMost(ASKED_AT_ONCE, ids, async (id) => {
    try {
      found.set(id, await ask(id));
    } catch (error) {
      failures.push(error);
    }
  });
  if (found.size === 0 && failures.length > 0) throw failures[0];
  return found;
}
