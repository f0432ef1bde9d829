import { describeVerdict } from '../analysis/describe.ts';
import { childrenOf, howItWent, readRound } from '../database/campaign-rounds.ts';
import type { Database } from '../database/client.ts';
import { NotFound } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import type { MicroUsd } from '../domain/money.ts';
import { type Lift, liftOver } from '../planning/next/lift-over-control.ts';
import { type AnalysedRound, MOST_ROUNDS, readAnalysedRound } from './rounds.ts';

/** A campaign from its first round that is still there. */
export interface Lineage {
  /** The round before that one: dropped when its time was over, erased, or never there. */
  readonly gone: { readonly groupId: string; readonly how: 'dropped' | 'erased or unknown' } | undefined;
  readonly root: LineageRound;
}

export interface LineageRound {
  readonly groupId: GroupId;
  readonly name: string;
  readonly status: string;
  readonly outcome: string | undefined;
  readonly startedAt: Date;
  /** The variant of the round before that is its control. */
  readonly controlFrom: string | undefined;
  readonly winner: string | undefined;
  /** Of the winner over the control, where they are two and were compared. */
  readonly lift: Lift | undefined;
  /** What its numbers say. */
  readonly verdict: string | undefined;
  readonly videos: number;
  /** Of these, how many were made for it: all but a control that came again. */
  readonly made: number;
  readonly spent: MicroUsd;
  /** The rounds that follow it, the oldest first. */
  readonly next: readonly LineageRound[];
}

/** All rounds of the campaign that a group is part of. @throws NotFound for a group that is not there */
export async function readLineage(database: Database, id: GroupId): Promise<Lineage> {
  const seen = new Set<string>();
  for (let first: string = id; ; ) {
    seen.add(first);
    const parent = (await readRound(database, first))?.parent?.groupId;
    const isThere =
      parent !== undefined && !seen.has(parent) && (await readRound(database, parent)) !== undefined;
    if (parent !== undefined && isThere && seen.size < MOST_ROUNDS) {
      first = parent;
      continue;
    }
    const root = await roundFrom(database, first, new Set());
    if (root === undefined)
      throw new NotFound({ code: 'GROUP_UNKNOWN', given: `There is no group ${id} any more` });
    const gone =
      parent === undefined || isThere
        ? undefined
        : { groupId: parent, how: await howItWent(database, parent) };
    return { gone, root };
  }
}

async function roundFrom(
  database: Database,
  id: string,
  seen: Set<string>,
): Promise<LineageRound | undefined> {
  if (seen.has(id) || seen.size >= MOST_ROUNDS) return undefined;
  seen.add(id);
  const round = await readAnalysedRound(database, id);
  if (round === undefined) return undefined;
  const next: LineageRound[] = [];
  for (const child of await childrenOf(database, id)) {
    const below = await roundFrom(database, child, seen);
    if (below !== undefined) next.push(below);
  }
  const videos = round.variants.filter(({ hasVideo }) => hasVideo).length;
  const hasOldControl = round.parent !== undefined && round.variants[0]?.hasVideo === true;
  return {
    groupId: round.id,
    name: round.name,
    status: round.status,
    outcome: round.outcome,
    startedAt: round.startedAt,
    controlFrom: round.parent?.variant,
    winner: round.winner,
    lift: liftOfWinner(round),
    verdict: round.verdict && describeVerdict(round.verdict),
    videos,
    made: videos - Number(hasOldControl),
    spent: round.spent,
    next,
  };
}

function liftOfWinner({ variants, winner, data, verdict }: AnalysedRound): Lift | undefined {
  const [control] = variants;
  const won = variants.find(({ name }) => name === winner);
  const isComparable = verdict !== undefined && verdict.kind !== 'data_problem';
  if (!isComparable || control === undefined || won === undefined || won.id === control.id) return undefined;
  return liftOver(data, won.id, control.id);
}
