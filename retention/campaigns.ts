import { dropStrayWordings } from '../database/level-wordings.ts';
import {
  archiveCampaign,
  campaignsToArchive,
  campaignsToDrop,
  dropCampaign,
  filesOfCampaign,
  type OldCampaign,
} from '../database/old-campaigns.ts';
import { monthsBefore } from '../domain/retention.ts';
import { groupFolder, REJECTED_FOLDER } from '../domain/video-keys.ts';
import type { MonthDependencies } from './months.ts';

/** Archives up to `limit` campaigns that ended long enough ago. @returns their ids */
export async function archiveCampaigns(
  { database, rules }: Pick<MonthDependencies, 'database' | 'rules'>,
  now: Date,
  limit: number,
  onProgress: (what: string) => void,
): Promise<readonly string[]> {
  const ids = await campaignsToArchive(database, monthsBefore(now, rules.archiveAfterMonths), limit);
  for (const id of ids) {
    onProgress(`archiving ${id}`);
    await archiveCampaign(database, id);
  }
  return ids;
}

/**
 * Drops up to `limit` campaigns whose time is over: their files, then their rows. A line of each is kept, and what it cost.
 * @returns their names
 */
export async function dropCampaigns(
  dependencies: MonthDependencies,
  now: Date,
  limit: number,
  onProgress: (what: string) => void,
): Promise<readonly string[]> {
  const { database, rules } = dependencies;
  const endedBefore = monthsBefore(now, rules.dropAfterMonths);
  const campaigns = await campaignsToDrop(database, endedBefore, limit);
  for (const campaign of campaigns) {
    onProgress(`dropping ${campaign.name} (${campaign.id})`);
    await removeFiles(dependencies, campaign);
    await dropCampaign(database, campaign.id, endedBefore);
  }
  await dropStrayWordings(database, endedBefore);
  return campaigns.map(({ id, name }) => `${name} (${id})`);
}

/** Also those that no row names any more: an earlier video of a variant that was ordered again. */
async function removeFiles({ database, store }: MonthDependencies, campaign: OldCampaign): Promise<void> {
  const { keys, sharesFolder } = await filesOfCampaign(database, campaign.id);
  for (const key of keys) await store.remove(key);
  if (sharesFolder) return;
  const folder = groupFolder(campaign.name, campaign.id);
  for (const place of [folder, `${REJECTED_FOLDER}/${folder}`]) {
    for await (const { key } of store.list(place)) await store.remove(key);
  }
}
