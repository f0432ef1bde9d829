/** How files are named in the video store, so that a person finds one by the names they gave. */

/** Where a group's files are. Two groups of one name whose ids begin alike share it. */
export function groupFolder(groupName: string, groupId: string): string {
  return `${slug(groupName)}-${groupId.slice(0, 8)}`;
}

/** Videos that were paid for and miss their order lie in the same folder below this one. */
export const REJECTED_FOLDER = 'rejected';

/** `variant-b` */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 60)
    .replace(/-$/, '');
  return plain || 'unnamed';
}
