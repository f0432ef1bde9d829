import type { ProviderJobRow } from '../database/erasure.ts';
import { forEachAtMost } from '../providers/shared/for-each-at-most.ts';
import type { VideoProvider } from '../providers/video-provider.ts';

/** The video API whose jobs can be deleted from here. */
export interface VideoApi {
  readonly provider: VideoProvider;
  /** The account that its key belongs to. */
  readonly account: string;
}

const REQUESTS_AT_ONCE = 4;

/**
 * Deletes what the video API keeps of these jobs, prompts and videos. Those of other APIs and accounts are left.
 * @returns how many are left
 */
export async function deleteProviderCopies(
  api: VideoApi | undefined,
  jobs: readonly ProviderJobRow[],
): Promise<number> {
  const erase = api?.provider.erase;
  if (api === undefined || erase === undefined) return jobs.length;
  let deleted = 0;
  const there = jobs.filter(
    ({ provider, account }) => provider === api.provider.name && account === api.account,
  );
  await forEachAtMost(REQUESTS_AT_ONCE, there, async ({ id }) => {
    // A provider that is away is no reason to keep everything else; what is left there is told.
    if (await erase(id).catch(() => false)) deleted++;
  });
  return jobs.length - deleted;
}
