export { archiveGroup } from './archive-group.ts';
export { maintainPartitions } from './maintain-partitions.ts';
export { variantGroup } from './variant-group.ts';
export { watchGroups } from './watch-groups.ts';
