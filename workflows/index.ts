export { archiveGroup } from './archive-group.ts';
export { maintainPartitions } from './maintain-partitions.ts';
export { sampleDatabase } from './sample-database.ts';
export { variantGroup } from './variant-group.ts';
