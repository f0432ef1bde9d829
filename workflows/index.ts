export { archiveGroup } from './archive-group.ts';
export { backUpDatabase } from './back-up-database.ts';
export { drillRestore } from './drill-restore.ts';
export { maintainPartitions } from './maintain-partitions.ts';
export { variantGroup } from './variant-group.ts';
