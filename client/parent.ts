import { readRound } from '../database/campaign-rounds.ts';
import type { Queries } from '../database/client.ts';
import { parentFileOf, readParentVariant } from '../database/parent-videos.ts';
import { type Brief, parseBrief } from '../domain/brief.ts';
import { BadInput } from '../domain/errors.ts';
import { renditionsOf } from '../domain/renditions.ts';
import { beyond, levelsOf } from '../planning/next/learned.ts';
import { repertoireOf } from '../planning/next/levels-to-try.ts';

/**
 * A brief whose control comes from the round before, with what is on record of it: its prompt, and what it was made of. A
 * brief without a parent stays as it is.
 * @throws NotFound, BadInput, PreconditionFailed where that variant can't be the control
 */
export async function withParent(queries: Queries, brief: Brief): Promise<Brief> {
  const { parent, venture } = brief;
  if (parent === undefined) return brief;
  const from = { groupId: parent.group, variant: parent.variant };
  const record = await readParentVariant(queries, from);
  if (record.venture.toLowerCase() !== venture.toLowerCase()) {
    throw new BadInput({
      code: 'PARENT_OF_ANOTHER_VENTURE',
      given: `The brief is of the venture "${venture}", and its parent of "${record.venture}"`,
      allowed: 'a parent of the same venture',
      fix: 'correct "venture", or leave "parent" out',
    });
  }
  for (const { name } of renditionsOf(brief)) await parentFileOf(queries, from, name);
  const round = await readRound(queries, parent.group);
  const { unsaid } = repertoireOf(brief);
  const levels =
    round === undefined
      ? parent.levels
      : beyond(unsaid, levelsOf(round, parent.variant, repertoireOf(round.brief).unsaid));
  return parseBrief({ ...brief, parent: { ...parent, prompt: record.prompt, levels } });
}
