import type { GroupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';
import { asJson } from './json.ts';

/** What was known when: a verdict with its evidence, and the sentence people read. */
export interface Snapshot {
  readonly id: string;
  readonly takenAt: Date;
  readonly kind: string;
  readonly sentence: string;
  /** The whole verdict, as JSON. */
  readonly verdict: unknown;
}

export async function recordSnapshot(
  queries: Queries,
  groupId: GroupId,
  trigger: string,
  verdict: { readonly kind: string },
  sentence: string,
): Promise<string> {
  const { id } = await queries.analysisSnapshot.create({
    data: { variantGroupId: groupId, trigger, verdict: asJson({ ...verdict, sentence }) },
    select: { id: true },
  });
  return id;
}

/**
 * A snapshot whose row was lost, from what a history has of it: the kind and the sentence. The evidence is gone, and it
 * says so.
 */
export async function restoreSnapshot(
  queries: Queries,
  snapshot: Pick<Snapshot, 'id' | 'takenAt' | 'kind' | 'sentence'> & {
    readonly groupId: GroupId;
    readonly trigger: string;
  },
): Promise<void> {
  const { id, groupId, takenAt, trigger, kind, sentence } = snapshot;
  await queries.analysisSnapshot.createMany({
    data: [
      {
        id,
        variantGroupId: groupId,
        takenAt,
        createdAt: takenAt,
        trigger,
        verdict: { kind, sentence, rebuilt: 'from its history, which does not hold the evidence' },
      },
    ],
    skipDuplicates: true,
  });
}

/** The newest of a group; or the one named. */
export async function latestSnapshot(
  queries: Queries,
  groupId: GroupId,
  id?: string,
): Promise<Snapshot | undefined> {
  const row = await queries.analysisSnapshot.findFirst({
    where: { variantGroupId: groupId, ...(id === undefined ? {} : { id }) },
    orderBy: { takenAt: 'desc' },
  });
  return row === null ? undefined : snapshotOf(row.id, row.takenAt, row.verdict);
}

export function snapshotOf(id: string, takenAt: Date, verdict: unknown): Snapshot {
  return { id, takenAt, verdict, ...saidIn(verdict) };
}

function saidIn(verdict: unknown): { kind: string; sentence: string } {
  const isObject = typeof verdict === 'object' && verdict !== null;
  const kind = isObject && 'kind' in verdict ? String(verdict.kind) : 'unknown';
  const sentence = isObject && 'sentence' in verdict ? String(verdict.sentence) : '';
  return { kind, sentence };
}
