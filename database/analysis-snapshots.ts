import { isDeepStrictEqual } from 'node:util';
import type { GroupId } from '../domain/ids.ts';
import type { Database, Queries } from './client.ts';
import { asJson } from './json.ts';

/** What was known when: a verdict with its evidence, and the sentence people read. */
export interface Snapshot {
  readonly id: string;
  readonly takenAt: Date;
  /** Counts the looks at the group's test that found something new, from 1. */
  readonly look: number;
  /** Ids of the imports that were there. */
  readonly imports: readonly string[];
  readonly kind: string;
  readonly sentence: string;
  /** What it decides, in the names of variants. */
  readonly call: SnapshotCall;
  /** The whole verdict, as JSON. */
  readonly verdict: unknown;
}

/** As the analysis says it. */
export interface SnapshotCall {
  readonly said: string;
  readonly supports: readonly string[] | null;
  readonly mayDeclare: string | null;
}

export interface NewVerdict {
  readonly groupId: GroupId;
  /** What caused the analysis. */
  readonly trigger: string;
  readonly verdict: { readonly kind: string };
  readonly sentence: string;
  readonly call: SnapshotCall;
  /** The group's status when its numbers were read, and the imports that were there. */
  readonly status: string;
  readonly imports: readonly string[];
}

/**
 * A look at a test: kept as the next snapshot, or, where the newest one says the very same, noted on that. Two at once are
 * one after the other here.
 * @returns undefined when the group has moved on since its numbers were read, or somebody has looked at more of them: they
 *   are to be read again
 */
export async function keepVerdict(database: Database, look: NewVerdict): Promise<Snapshot | undefined> {
  const { groupId, trigger, verdict, sentence, call, status, imports } = look;
  return database.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`analysis/${groupId}`}, 0))`;
    const [group] = await tx.$queryRaw<{ status: string }[]>`
      SELECT test_status AS status FROM variant_groups WHERE id = ${groupId}::uuid FOR SHARE`;
    const newest = await latestSnapshot(tx, groupId);
    if (group?.status !== status || (await knowsMore(tx, newest, imports))) return undefined;
    const said = asJson({ ...verdict, sentence, call });
    if (newest !== undefined && isDeepStrictEqual(timeless(newest.verdict), timeless(said))) {
      const confirmed = { confirmedAt: new Date(), imports: [...imports] };
      return snapshotOf(await tx.analysisSnapshot.update({ where: { id: newest.id }, data: confirmed }));
    }
    const next = (newest?.look ?? 0) + 1;
    return snapshotOf(
      await tx.analysisSnapshot.create({
        data: { variantGroupId: groupId, trigger, look: next, imports: [...imports], verdict: said },
      }),
    );
  });
}

/** Without the days up to which numbers could have settled, which go on while nothing comes in. */
function timeless(verdict: unknown): unknown {
  return JSON.parse(JSON.stringify(verdict), (name, value: unknown) =>
    name === 'settling' && typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([platform, { afterDays }]) => [platform, afterDays])
          .toSorted()
      : value,
  );
}

/** An import of that snapshot which is not among these, and was not erased since. */
async function knowsMore(
  tx: Queries,
  newest: Snapshot | undefined,
  imports: readonly string[],
): Promise<boolean> {
  const others = newest?.imports.filter((id) => !imports.includes(id)) ?? [];
  return others.length > 0 && (await tx.metricImport.count({ where: { id: { in: others } } })) > 0;
}

/**
 * A snapshot whose row was lost, from what a history has of it: the kind and the sentence. The evidence is gone, and it
 * says so.
 */
export async function restoreSnapshot(
  queries: Queries,
  snapshot: Pick<Snapshot, 'id' | 'takenAt' | 'look' | 'kind' | 'sentence'> & {
    readonly groupId: GroupId;
    readonly trigger: string;
  },
): Promise<void> {
  const { id, groupId, takenAt, trigger, look, kind, sentence } = snapshot;
  await queries.analysisSnapshot.createMany({
    data: [
      {
        id,
        variantGroupId: groupId,
        takenAt,
        confirmedAt: takenAt,
        createdAt: takenAt,
        look,
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
    orderBy: { look: 'desc' },
  });
  return row === null ? undefined : snapshotOf(row);
}

type SnapshotRow = Pick<Snapshot, 'id' | 'takenAt' | 'look' | 'imports' | 'verdict'>;

export function snapshotOf({ id, takenAt, look, imports, verdict }: SnapshotRow): Snapshot {
  return {
    id,
    takenAt,
    look,
    imports,
    verdict,
    kind: textOf(partOf(verdict, 'kind')) ?? 'unknown',
    sentence: textOf(partOf(verdict, 'sentence')) ?? '',
    call: callIn(partOf(verdict, 'call')),
  };
}

/** Snapshots that were rebuilt have none. */
function callIn(call: unknown): SnapshotCall {
  const supports = partOf(call, 'supports');
  return {
    said: textOf(partOf(call, 'said')) ?? 'none',
    supports: Array.isArray(supports) ? supports.map(String) : null,
    mayDeclare: textOf(partOf(call, 'mayDeclare')) ?? null,
  };
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
