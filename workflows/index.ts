export { archiveCampaigns } from './archive-campaigns.ts';
export { archiveGroup } from './archive-group.ts';
export { dropCampaigns } from './drop-campaigns.ts';
export { expireVideos } from './expire-videos.ts';
export { maintainPartitions } from './maintain-partitions.ts';
export { retireMonths } from './retire-months.ts';
export { variantGroup } from './variant-group.ts';
