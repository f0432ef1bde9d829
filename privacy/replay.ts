import { groupsOf, personById, whileAlone } from '../database/erasure.ts';
import { type ErasureParts, type ErasureReport, erase } from './erase-user.ts';
import { type Tombstone, tombstones } from './tombstones.ts';

export interface ReplayReport {
  /** People who were ever erased. */
  readonly tombstones: number;
  /** Of these, who were back, or not wholly gone, and are gone now. */
  readonly erased: readonly ErasureReport[];
}

/**
 * Erases everybody again who was erased before: to be called after every restore of the database, before anything
 * else works on it. Tombstones name a person's id, so that somebody new with the same address is left alone. May be
 * called at any time; finds nothing to do when all is well.
 * @throws the first trouble, once everybody else is erased
 */
export async function replayErasures(parts: ErasureParts): Promise<ReplayReport> {
  const { database, store, tell } = parts;
  return whileAlone(
    database,
    () => tell('Another erasure is under way; waiting for its end'),
    async () => {
      const all: Tombstone[] = [];
      for await (const tombstone of tombstones(store)) all.push(tombstone);
      const erased: ErasureReport[] = [];
      const failures: unknown[] = [];
      for (const tombstone of all) {
        const person = await personById(database, tombstone.person);
        if (person === undefined && !(await isUnfinished(parts, tombstone))) continue;
        tell(`erasing again who was erased at ${tombstone.at}`);
        try {
          erased.push(await erase(parts, person ?? { id: tombstone.person, email: undefined }, tombstone));
        } catch (error) {
          // One person's trouble must not keep another's data.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return { tombstones: all.length, erased };
    },
  );
}

async function isUnfinished({ database }: ErasureParts, tombstone: Tombstone): Promise<boolean> {
  const { finishedAt, outside, person, groups } = tombstone;
  if (finishedAt === undefined || (outside?.historiesPending.length ?? 0) > 0) return true;
  const back = await groupsOf(database, { id: person, email: undefined }, groups);
  return back.length > 0;
}
