export { archiveGroup } from './archive-group.ts';
export { variantGroup } from './variant-group.ts';
