import type { Queries } from '../database/client.ts';
import { groupsLike, type OwnedGroup, storedKeys } from '../database/erasure.ts';
import { groupFolder, REJECTED_FOLDER } from '../domain/video-keys.ts';
import { forEachAtMost } from '../providers/shared/for-each-at-most.ts';
import type { FoundFile, VideoStore } from '../storage/video-store.ts';

const REMOVED_AT_ONCE = 8;

/**
 * The files of these groups and variants that are in the store: those that rows name, and what lies beside them in the
 * groups' own folders (videos that were replaced, or rejected). What another variant's row names is never among them.
 */
export async function filesOf(
  queries: Queries,
  store: VideoStore,
  groups: readonly OwnedGroup[],
  variants: readonly string[],
): Promise<readonly FoundFile[]> {
  const own = await ownFolders(queries, groups);
  const rows = await storedKeys(queries, variants, [...own]);
  const doomed = new Set(rows.filter(({ isDoomed }) => isDoomed).map(({ key }) => key));
  const kept = new Set(rows.filter(({ isDoomed }) => !isDoomed).map(({ key }) => key));
  const folders = new Set([...own, ...[...doomed].map(folderOf)]);
  const found: FoundFile[] = [];
  for (const folder of folders) {
    for (const place of [folder, `${REJECTED_FOLDER}/${folder}`]) {
      for await (const file of store.list(place)) {
        if (doomed.has(file.key) || (own.has(folder) && !kept.has(file.key))) found.push(file);
      }
    }
  }
  return found;
}

/** Of a folder that another group shares, only what a row names is known to be ours. */
async function ownFolders(queries: Queries, groups: readonly OwnedGroup[]): Promise<ReadonlySet<string>> {
  const others = await groupsLike(
    queries,
    groups.map(({ id }) => id),
  );
  const shared = new Set(others.map(({ id, name }) => groupFolder(name, id)));
  return new Set(groups.map(({ id, name }) => groupFolder(name, id)).filter((folder) => !shared.has(folder)));
}

/** `espresso-launch-1a2b3c4d` of `espresso-launch-1a2b3c4d/variant-a-0123456789ab.mp4` */
function folderOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('/')));
}

export async function removeFiles(store: VideoStore, files: readonly FoundFile[]): Promise<void> {
  await forEachAtMost(REMOVED_AT_ONCE, files, ({ key }) => store.remove(key));
}
