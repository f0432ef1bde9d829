import type { Client } from '@temporalio/client';
import type { Database } from '../database/client.ts';
import { recordStopped, unfinishedGroups } from '../database/stopped-groups.ts';
import { Refused } from '../domain/errors.ts';
import type { Pricing } from '../domain/prices.ts';
import type { ProviderJob, VideoProvider } from '../providers/video-provider.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { readBond, recordBond, refuseStrangers, whyNotWhole } from './binding.ts';
import { type GroupHistory, groupsInTemporal, readGroupHistory } from './histories.ts';
import { type LostImports, lostImports } from './lost-imports.ts';
import { type GroupRepair, type RebuiltGroup, rebuildGroup } from './rebuild-group.ts';
import { type StoppedGroup, stoppedGroups } from './resume.ts';
import { compareFiles, type StoredFiles } from './stored-files.ts';
import { type UnknownJob, unknownJobs } from './unknown-jobs.ts';

export interface ReconcileOptions {
  readonly database: Database;
  readonly temporal: Client;
  readonly provider: VideoProvider;
  readonly providerAccount: string;
  readonly pricing: Pricing;
  readonly store: VideoStore;
  readonly jobTimeoutMinutes: number;
  /** How far back the provider's jobs are looked through. */
  readonly jobsSince: Date;
  /** E-mail address of who has it done. */
  readonly by: string;
  /** False: it says what it would do, and does nothing. */
  readonly isForGood: boolean;
  readonly tell: (line: string) => void;
  /** Done before any row is written again: what was erased must not come back. */
  readonly steps?: readonly ReconcileStep[];
  /** Whether a group went with somebody who was erased, and must not come back. */
  readonly isErased?: (history: GroupHistory) => Promise<boolean>;
}

/** @returns what it did, or would do, a line each */
export interface ReconcileStep {
  readonly name: string;
  run(isForGood: boolean): Promise<readonly string[]>;
}

export interface Reconciliation {
  readonly isDone: boolean;
  /** Why the database could not be trusted; undefined where nothing was wrong. */
  readonly restored: string | undefined;
  readonly steps: readonly { readonly name: string; readonly done: readonly string[] }[];
  /** How many groups' histories were read. */
  readonly histories: number;
  /** Those whose rows change, or can't be made what they were. */
  readonly groups: readonly GroupRepair[];
  /** Not over, and nobody works on them. */
  readonly stopped: readonly StoppedGroup[];
  readonly jobs: readonly UnknownJob[];
  /** Why the provider's jobs could not be looked through; undefined where they were. */
  readonly jobsNotListed: string | undefined;
  readonly imports: LostImports;
  readonly files: StoredFiles;
}

/**
 * Makes the database what the histories, the provider's list and the video store say; repeating it changes nothing.
 * Workers may run meanwhile: after a restore they do nothing until this has been done for good, and at any other time
 * the database is never behind a history, since each activity writes before it answers.
 * @throws PreconditionFailed when database and namespace belong to others
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { database, temporal, isForGood, steps = [], isErased = async () => false, tell } = options;
  const bond = await readBond(database, temporal);
  refuseStrangers(bond);
  const restored = whyNotWhole(bond);
  const done: { name: string; done: readonly string[] }[] = [];
  for (const { name, run } of steps) done.push({ name, done: await run(isForGood) });

  const { jobs, notListed } = await listJobs(options);
  const ids = new Set([...(await groupsInTemporal(temporal)), ...(await unfinishedGroups(database))]);
  tell(`reading the histories of ${ids.size} groups`);
  const rebuilt: RebuiltGroup[] = [];
  for (const id of ids) {
    const history = await readGroupHistory(temporal, id);
    if (history === undefined || (await isErased(history))) continue;
    rebuilt.push(await rebuildGroup(database, history, { ...options, jobs }));
  }
  const unknown = await unknownJobs(database, {
    ...options,
    jobs,
    provider: options.provider.name,
    known: new Set(rebuilt.flatMap(({ jobIds }) => jobIds)),
  });
  tell('comparing the video store');
  const files = await compareFiles(
    database,
    options.store,
    new Set(rebuilt.flatMap(({ fileKeys }) => fileKeys)),
  );
  const imports = await lostImports(database, temporal);
  const stopped = await stoppedGroups(database, temporal);
  if (isForGood) {
    for (const { groupId, workflow } of stopped) await recordStopped(database, groupId, workflow);
    if (restored !== undefined || bond.binding === undefined) {
      await recordBond(database, temporal, await readBond(database, temporal), { isReconciled: true });
    }
  }
  return {
    isDone: isForGood,
    restored,
    steps: done,
    histories: rebuilt.length,
    groups: rebuilt.filter(isWorthTelling).map(({ jobIds: _, fileKeys: __, ...repair }) => repair),
    stopped,
    jobs: unknown,
    jobsNotListed: notListed,
    imports,
    files,
  };
}

/** A provider that can't be asked is no reason to leave the rest undone. */
async function listJobs({
  provider,
  jobsSince,
}: ReconcileOptions): Promise<{ jobs: readonly ProviderJob[]; notListed: string | undefined }> {
  if (!provider.capabilities.listsJobs) {
    return { jobs: [], notListed: `${provider.name} has no list of its jobs` };
  }
  try {
    return { jobs: await provider.jobsSince(jobsSince), notListed: undefined };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { jobs: [], notListed: error.message };
  }
}

function isWorthTelling({ before, after, adopted, problems }: GroupRepair): boolean {
  return problems.length > 0 || adopted.length > 0 || JSON.stringify(before) !== JSON.stringify(after);
}
