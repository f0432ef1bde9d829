import { z } from 'zod';
import { onlyMatchingJob } from '../activities/job-search.ts';
import type { Database, Queries } from '../database/client.ts';
import { type GroupFacts, readGroupFacts } from '../database/group-facts.ts';
import { adoptIntent, intentById } from '../database/intents.ts';
import { jobIdsOf, ordersWithoutJob } from '../database/lost-orders.ts';
import { storedKeys } from '../database/stored-keys.ts';
import { orderOf } from '../database/video-orders.ts';
import type { GroupId } from '../domain/ids.ts';
import type { ProviderJob } from '../providers/video-provider.ts';
import { redo, redoPending } from './deeds.ts';
import type { GroupHistory } from './histories.ts';

/** What a repair did to a group's rows, or would do. */
export interface GroupRepair {
  readonly groupId: GroupId;
  readonly name: string;
  readonly before: GroupFacts;
  readonly after: GroupFacts;
  /** Orders whose job was found in the provider's list. */
  readonly adopted: readonly { readonly variant: string; readonly rendition: string; readonly job: string }[];
  /** What could not be written again, and why. */
  readonly problems: readonly string[];
}

export interface RebuildOptions {
  /** The provider's jobs, as far back as they were asked for. */
  readonly jobs: readonly ProviderJob[];
  readonly jobTimeoutMinutes: number;
  /** Who has it done. */
  readonly by: string;
  /** False: everything is tried, and undone. */
  readonly isForGood: boolean;
}

export interface RebuiltGroup extends GroupRepair {
  /** The provider's jobs that its orders have now. */
  readonly jobIds: readonly string[];
  /** The keys of its files. */
  readonly fileKeys: readonly string[];
}

/** A group of fifty variants is some hundred deeds. Milliseconds. */
const TRANSACTION = { maxWait: 20_000, timeout: 300_000 };

/** Brings a group's rows to what its history says, all or nothing. Rows that know more are left alone. */
export async function rebuildGroup(
  database: Database,
  history: GroupHistory,
  options: RebuildOptions,
): Promise<RebuiltGroup> {
  const { groupId } = history;
  let rebuilt: RebuiltGroup | undefined;
  const undo = new Error('only tried');
  await database
    .$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`screentest/rebuild/${groupId}`}, 0))`;
      const before = await readGroupFacts(tx, groupId);
      const problems = await redoAll(tx, history, options);
      const adopted = await adoptJobs(tx, groupId, options);
      const after = await readGroupFacts(tx, groupId);
      const name = nameIn(history.start.input) ?? groupId;
      rebuilt = {
        ...{ groupId, name, before, after, adopted, problems },
        jobIds: await jobIdsOf(tx, groupId),
        fileKeys: (await storedKeys(tx, groupId)).map(({ key }) => key),
      };
      if (!options.isForGood) throw undo;
    }, TRANSACTION)
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  if (rebuilt === undefined) throw new TypeError(`${groupId} was not looked at`);
  return rebuilt;
}

/** Each on its own: one that can't be written again is no reason to leave out the others. */
async function redoAll(
  tx: Queries,
  { deeds, pending, start }: GroupHistory,
  { jobTimeoutMinutes }: RebuildOptions,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const attempt = async (what: string, work: (inner: Queries) => Promise<void>) => {
    await tx.$transaction(work).catch((error: unknown) => {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  if (!deeds.some(({ activity }) => activity === 'planGroup') && hasResumed(start.input)) {
    problems.push('its first run is not in the namespace any more: what it did before can not be read');
  }
  for (const deed of deeds) {
    await attempt(`${deed.activity} of ${deed.at.toISOString()}`, (inner) => redo(inner, deed));
  }
  for (const deed of pending) {
    await attempt(`${deed.activity}, under way`, (inner) => redoPending(inner, deed, jobTimeoutMinutes));
  }
  return problems;
}

function hasResumed(input: unknown): boolean {
  return z.object({ resumed: z.object({}) }).safeParse(input).success;
}

function nameIn(input: unknown): string | undefined {
  return z.object({ brief: z.object({ name: z.string() }) }).safeParse(input).data?.brief.name;
}

/** Of orders that were sent and whose job is not known: the one job that can be theirs, by the rules of every order. */
async function adoptJobs(
  tx: Queries,
  group: GroupId,
  { jobs, jobTimeoutMinutes, by }: RebuildOptions,
): Promise<GroupRepair['adopted']> {
  const adopted: { variant: string; rendition: string; job: string }[] = [];
  const provider = {
    jobsSince: async (since: Date) =>
      jobs.filter(({ createdAt }) => createdAt === undefined || createdAt >= since),
  };
  for (const id of await ordersWithoutJob(tx, group)) {
    const intent = await intentById(tx, id);
    const order = await orderOf(tx, intent.variantId, intent.rendition);
    const found = await onlyMatchingJob({ database: tx, provider }, intent, order);
    if (found === undefined) continue;
    await adoptIntent(tx, id, { providerJobId: found.id, jobTimeoutMinutes, by });
    adopted.push({ variant: order.variantName, rendition: intent.rendition, job: found.id });
  }
  return adopted;
}
