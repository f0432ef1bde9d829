import type { Database } from '../database/client.ts';
import { parentFileOf } from '../database/parent-videos.ts';
import { parseBrief } from '../domain/brief.ts';
import { NotFound, PreconditionFailed } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { renditionsOf } from '../domain/renditions.ts';
import { repertoireOf } from '../planning/next/levels-to-try.ts';
import { type NextOptions, type NextRound, nextRound } from '../planning/next/next-round.ts';
import { planVariants } from '../planning/plan.ts';
import { type AnalysedRound, MOST_ROUNDS, readAnalysedRound } from './rounds.ts';

/**
 * The round after a group, from what all rounds before have taught. Nothing is started or written.
 * @throws NotFound, PreconditionFailed for a group that is not over, or whose control-to-be has lost its files
 */
export async function proposeNextRound(
  database: Database,
  id: GroupId,
  options: NextOptions,
): Promise<NextRound> {
  const rounds = await roundsUpTo(database, id);
  const last = rounds.at(-1);
  if (last === undefined) throw new NotFound({ code: 'GROUP_UNKNOWN', given: `There is no group ${id}` });
  if (last.status !== 'completed' && last.status !== 'archived') {
    throw new PreconditionFailed({
      code: 'ROUND_NOT_OVER',
      given: `The group is ${last.status}`,
      allowed: 'a group that is over: what it teaches is not known before',
      fix: `declare its winner, or end it without one: screentest close-test ${id} --without-winner`,
    });
  }
  const next = nextRound(
    rounds.map((round) => ({ ...round, groupId: round.id })),
    repertoireOf(last.brief),
    options,
  );
  if (next.brief.factors === undefined || Object.keys(next.brief.factors).length === 0) {
    throw new PreconditionFailed({
      code: 'NOTHING_TO_TRY',
      given: `No level is left that is worth trying after ${last.name}`,
      fix: 'name new levels under "factors" in a brief of your own, with "parent" as it was',
    });
  }
  const brief = parseBrief(next.brief);
  planVariants(brief);
  for (const { name } of renditionsOf(brief)) {
    await parentFileOf(database, { groupId: id, variant: next.control.variant }, name);
  }
  return next;
}

/** From the first one that is still there. */
async function roundsUpTo(database: Database, id: GroupId): Promise<readonly AnalysedRound[]> {
  const rounds: AnalysedRound[] = [];
  for (let at: string | undefined = id; at !== undefined && rounds.length < MOST_ROUNDS; ) {
    const round: AnalysedRound | undefined = await readAnalysedRound(database, at);
    if (round === undefined) break;
    rounds.unshift(round);
    at = round.parent?.groupId;
  }
  return rounds;
}
