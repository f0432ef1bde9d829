import type { Client } from '@temporalio/client';
import { withDatabase } from '../client/open.ts';
import { readAccountSettings, readWorkerSettings } from '../config/environment.ts';
import { readPrices } from '../config/prices.ts';
import type { Database } from '../database/client.ts';
import { findGroupId } from '../database/group-queries.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { pricingOf } from '../domain/prices.ts';
import { chooseProvider } from '../providers/choose-provider.ts';
import { chooseStore } from '../storage/choose-store.ts';
import { connectTemporalClient, readTemporalSettings } from '../temporal/connection.ts';
import {
  bind,
  planTakeOver,
  readBond,
  refuseStrangers,
  type TakeOver,
  takeOver,
  whyNotWhole,
} from './binding.ts';
import { erasedGroups, erasuresAgain } from './erasures.ts';
import { type ReconcileOptions, type Reconciliation, reconcile } from './reconcile.ts';
import { type ResumedGroup, resumeGroup, type StoppedGroup, stoppedGroups } from './resume.ts';

/** What people do when the two stores have parted, with what the environment names. */

type Environment = NodeJS.ProcessEnv;

async function withBothStores<Result>(
  environment: Environment,
  use: (database: Database, temporal: Client) => Promise<Result>,
): Promise<Result> {
  return withDatabase(environment, async (database) => {
    const temporal = await connectTemporalClient(readTemporalSettings(environment));
    try {
      return await use(database, temporal);
    } finally {
      await temporal.connection.close();
    }
  });
}

export type ReconcileRequest = Pick<ReconcileOptions, 'by' | 'isForGood' | 'jobsSince' | 'tell'>;

/** @throws BadInput for a setting that a worker needs, PreconditionFailed when the stores belong to others */
export function reconcileStores(
  environment: Environment,
  request: ReconcileRequest,
): Promise<Reconciliation> {
  const settings = readWorkerSettings(environment);
  return withBothStores(environment, async (database, temporal) => {
    const provider = await chooseProvider(settings);
    const store = await chooseStore(settings);
    const videoApi = { provider, account: settings.VIDEO_API_ACCOUNT };
    const erasure = { database, store, temporal, videoApi, tell: request.tell };
    return reconcile({
      ...request,
      database,
      temporal,
      provider,
      providerAccount: settings.VIDEO_API_ACCOUNT,
      pricing: pricingOf(provider.name, await readPrices(settings)),
      store,
      steps: [erasuresAgain(erasure)],
      isErased: erasedGroups(erasure),
      jobTimeoutMinutes: settings.VIDEO_JOB_TIMEOUT_MINUTES,
    });
  });
}

export interface ResumeRequest {
  /** E-mail address of who has it done. */
  readonly by: string;
  /** A group; left out for every one that has stopped. */
  readonly reference: string | undefined;
}

export interface ResumeReport {
  readonly resumed: readonly ResumedGroup[];
  /** Why one of several could not be. */
  readonly refused: readonly (StoppedGroup & { readonly reason: string })[];
}

/** @throws PreconditionFailed for a database that was restored: its rows may know less than its histories */
export function resumeGroups(environment: Environment, request: ResumeRequest): Promise<ResumeReport> {
  const { by, reference } = request;
  const { VIDEO_API_ACCOUNT: providerAccount } = readAccountSettings(environment);
  return withBothStores(environment, async (database, temporal) => {
    await refuseUnlessWhole(database, temporal);
    const resume = (id: GroupId) => resumeGroup(id, { database, temporal, by, providerAccount });
    if (reference !== undefined) {
      return { resumed: [await resume(await findGroupId(database, reference))], refused: [] };
    }
    const resumed: ResumedGroup[] = [];
    const refused: (StoppedGroup & { reason: string })[] = [];
    for (const group of await stoppedGroups(database, temporal)) {
      try {
        resumed.push(await resume(group.groupId));
      } catch (error) {
        if (!(error instanceof PreconditionFailed)) throw error;
        refused.push({ ...group, reason: error.message });
      }
    }
    return { resumed, refused };
  });
}

async function refuseUnlessWhole(database: Database, temporal: Client): Promise<void> {
  const bond = await readBond(database, temporal);
  refuseStrangers(bond);
  const given = whyNotWhole(bond);
  if (given === undefined) return;
  throw new PreconditionFailed({
    code: 'DATABASE_RESTORED',
    given,
    fix: 'run `screentest reconcile`, and again with --yes; then resume what has stopped',
  });
}

/** @param confirm asked with what it would do. @throws when the answer is no */
export function takeOverNamespace(
  environment: Environment,
  confirm: (planned: TakeOver) => Promise<void>,
): Promise<TakeOver> {
  return withBothStores(environment, async (database, temporal) => {
    await confirm(await planTakeOver(database, temporal));
    return takeOver(database, temporal);
  });
}

/** Ties what the environment names together, where that was not done yet. @returns the database's identity */
export function tieTogether(environment: Environment): Promise<string> {
  return withBothStores(environment, async (database, temporal) => {
    return (await bind(database, temporal)).installation.id;
  });
}
