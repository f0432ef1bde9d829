import { callOf } from '../analysis/call.ts';
import type { Database } from '../database/client.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import type { Declaration } from '../workflows/messages.ts';
import { readStandings } from './group-status.ts';

/**
 * The group refuses it too, by what it last heard of the evidence, which is up to an hour old.
 * @throws PreconditionFailed AGAINST_EVIDENCE with what the numbers of this moment say
 */
export async function refuseAgainstEvidence(
  database: Database,
  id: GroupId,
  { variant, reason = '' }: Declaration,
): Promise<void> {
  if (reason.trim() !== '') return;
  const standings = await readStandings(database, id);
  if (standings === undefined) return;
  const { sentence, verdict } = standings;
  const { supports } = callOf(verdict);
  const arm = verdict.evidence.arms.find(({ name, variantId }) => name === variant || variantId === variant);
  if (supports === null || arm === undefined || supports.includes(arm.name)) return;
  throw new PreconditionFailed({
    code: 'AGAINST_EVIDENCE',
    given: `The evidence does not support ${arm.name}: ${sentence.replace(/\.$/, '')}`,
    allowed:
      supports.length === 0
        ? 'any variant, with a reason'
        : `${supports.join(', ')}; any other with a reason`,
    fix: 'to declare it all the same, say why with --reason',
  });
}
