import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import {
  acceptIntent,
  acceptPossibleCharges,
  claimIntent,
  expireIntent,
  holdIntent,
  type Intent,
  intentById,
  openIntent,
  refuseIntent,
  returnClaim,
  takenJobIds,
  unsettledTwins,
} from '../database/paying-ledger.ts';
import { orderOf } from '../database/video-orders.ts';
import { AmbiguousOutcome, Refused } from '../domain/errors.ts';
import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import { priceOf } from '../domain/prices.ts';
import { formatSize, MAIN_RENDITION } from '../domain/video.ts';
import {
  type ProviderJob,
  RateLimited,
  type VideoOrder,
  type VideoProvider,
} from '../providers/video-provider.ts';
import { beatWhile } from './heartbeat.ts';

export interface SubmitVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** 1 for the first order, then 2 for the one a person asked for, and so on. */
  readonly ordinal: number;
  readonly by: string;
  /** An earlier order of unknown outcome counts as charged, and this one is sent all the same. */
  readonly acceptPossibleCharge: boolean;
}

export interface SubmittedJob {
  readonly jobId: JobId;
  readonly reservedMicroUsd: number;
}

/** Milliseconds, each a promise that the others rest on. */
export interface SubmissionTiming {
  /** An order leaves within this of its claim, or not at all: a process that was frozen in between gives up. */
  readonly sendWithinMs: number;
  /** How long the provider's answer may take. */
  readonly answerWithinMs: number;
  /** Between two looks for a job whose id was lost, and how many. */
  readonly lookAgainMs: number;
  readonly looks: number;
}

export const SUBMISSION_TIMING: SubmissionTiming = {
  sendWithinMs: 10_000,
  answerWithinMs: 30_000,
  lookAgainMs: 5000,
  looks: 4,
};

/** The provider's clock and ours may differ by this. */
const CLOCK_SKEW_MS = 60_000;

export interface SubmissionDependencies {
  readonly database: Database;
  readonly provider: VideoProvider;
  readonly providerAccount: string;
  readonly jobTimeoutMinutes: number;
  readonly timing?: SubmissionTiming;
}

export type SubmissionActivities = ReturnType<typeof createSubmissionActivities>;

export function createSubmissionActivities(dependencies: SubmissionDependencies) {
  const { database, provider, providerAccount, jobTimeoutMinutes, timing = SUBMISSION_TIMING } = dependencies;

  /**
   * Orders one video, once. Whatever happened before (a killed worker, a lost answer, a reset workflow), the
   * intent says how far it came: only the one who claims it may send the order, everyone after that finds out.
   */
  async function submitVideo(input: SubmitVideoInput): Promise<SubmittedJob> {
    const order = await orderOf(database, input.variantId);
    if (input.acceptPossibleCharge) await acceptPossibleCharges(database, input.variantId, input.by);
    const opened = await openIntent(database, {
      groupId: input.groupId,
      variantId: input.variantId,
      rendition: MAIN_RENDITION,
      ordinal: input.ordinal,
      video: order,
      price: priceOf(order),
      provider: provider.name,
      providerAccount,
      submitDeadline: new Date(Date.now() + timing.sendWithinMs),
      jobDeadline: new Date(Date.now() + jobTimeoutMinutes * 60_000),
      by: input.by,
    });
    using beating = beatWhile<SentJob | undefined>(sentByEarlierAttempt(opened.id));
    const intent = await obtainJob(opened, order, beating.tell);
    return { jobId: intent.id, reservedMicroUsd: intent.reserved };
  }

  /** Goes on from wherever the intent stands until the provider's job id is known or it is settled otherwise. */
  async function obtainJob(
    opened: Intent,
    order: VideoOrder,
    tell: (sent: SentJob) => void,
  ): Promise<Intent> {
    const sent = sentByEarlierAttempt(opened.id);
    if (sent !== undefined) return acceptIntent(database, opened.id, sent.providerJobId);
    for (let intent = opened; ; intent = await intentById(database, opened.id)) {
      switch (intent.state) {
        case 'accepted':
          return intent;
        case 'reserved': {
          const accepted = await claimAndSend(intent, order, tell);
          if (accepted !== undefined) return accepted;
          break;
        }
        case 'claimed': {
          const found = await findOut(intent, order, sentUntil(intent));
          if (found !== undefined) return found;
          break;
        }
        case 'held':
          throw heldError(intent.heldReason);
        default:
          throw new Refused({
            code: `SUBMISSION_${intent.state.toUpperCase()}`,
            given: `The order was not taken: ${intent.jobError ?? intent.state}`,
          });
      }
    }
  }

  /** Undefined when it was not sent and may be tried again. */
  async function claimAndSend(
    intent: Intent,
    order: VideoOrder,
    tell: (sent: SentJob) => void,
  ): Promise<Intent | undefined> {
    Context.current().cancellationSignal.throwIfAborted();
    const sendBefore = performance.now() + timing.sendWithinMs;
    if (!(await claimIntent(database, intent.id))) return undefined;
    if (performance.now() > sendBefore) {
      // This process stood still; another attempt may have found the claim by now, and given it up.
      await returnClaim(database, intent.id);
      await expireIntent(database, intent.id, 'the worker stood still before the order was sent');
      return undefined;
    }
    let job: ProviderJob;
    try {
      job = await provider.submit(order, intent.idempotencyKey);
    } catch (error) {
      return notAccepted(intent, order, error);
    }
    // Known to Temporal as well, should Postgres be away at just this moment.
    tell({ intentId: intent.id, providerJobId: job.id });
    return acceptIntent(database, intent.id, job.id);
  }

  async function notAccepted(intent: Intent, order: VideoOrder, error: unknown): Promise<Intent | undefined> {
    if (error instanceof RateLimited) {
      await returnClaim(database, intent.id);
      await Context.current().sleep(error.retryAfterSeconds * 1000);
      return undefined;
    }
    if (error instanceof Refused) {
      await refuseIntent(database, intent.id, error.message);
      throw error;
    }
    if (error instanceof AmbiguousOutcome) return findOut(intent, order, new Date());
    // Unavailable: the order never arrived.
    await returnClaim(database, intent.id);
    throw error;
  }

  /**
   * Somebody sent the order, or died just before: nobody knows. Sent again only where the same key makes the
   * same job. Else a job in the provider's list is ours if it is the only one that can be; and since not
   * being in the list proves nothing, the intent is held for a person otherwise. A look counts only once
   * nobody can be sending the order any more. Undefined when the intent's state says how to go on.
   */
  async function findOut(intent: Intent, order: VideoOrder, sentUntil: Date): Promise<Intent | undefined> {
    if (provider.capabilities.honoursIdempotencyKeys) return replay(intent, order);
    for (let looks = 0; ; ) {
      const found = await onlyMatch(intent, order);
      if (found !== undefined) return acceptIntent(database, intent.id, found.id);
      const now = await intentById(database, intent.id);
      if (now.state !== 'claimed') return undefined;
      if (Date.now() >= sentUntil.getTime()) looks += 1;
      if (looks >= timing.looks) break;
      await Context.current().sleep(timing.lookAgainMs);
    }
    const reason =
      'the video API never said whether it made the job, and none in its list is certainly this one';
    await holdIntent(database, intent.id, reason);
    return undefined;
  }

  /** The same key makes the same job. Held when the provider does not say so either, or refuses what it may have taken. */
  async function replay(intent: Intent, order: VideoOrder): Promise<Intent | undefined> {
    let reason = '';
    for (let looks = 0; looks < timing.looks; ) {
      try {
        const job = await provider.submit(order, intent.idempotencyKey);
        return await acceptIntent(database, intent.id, job.id);
      } catch (error) {
        if (error instanceof RateLimited) {
          await Context.current().sleep(error.retryAfterSeconds * 1000);
          continue;
        }
        if (!(error instanceof AmbiguousOutcome || error instanceof Refused)) throw error;
        reason = error.message;
        if (error instanceof Refused) break;
      }
      looks += 1;
      if (looks < timing.looks) await Context.current().sleep(timing.lookAgainMs);
    }
    await holdIntent(database, intent.id, `sent again under the same key: ${reason}`);
    return undefined;
  }

  async function onlyMatch(intent: Intent, order: VideoOrder): Promise<ProviderJob | undefined> {
    const since = new Date((intent.claimedAt ?? new Date()).getTime() - CLOCK_SKEW_MS);
    const jobs = await listedSince(since);
    const alike = jobs.filter(
      ({ prompt, model, size }) =>
        prompt === order.prompt && model === order.model && size === formatSize(order),
    );
    // In this order: a twin that is accepted between the two questions is seen by the second one.
    if ((await unsettledTwins(database, intent, order.prompt)) > 0) return undefined;
    const taken = await takenJobIds(
      database,
      alike.map(({ id }) => id),
    );
    const [match, ...others] = alike.filter(({ id }) => !taken.has(id));
    return others.length === 0 ? match : undefined;
  }

  /** Nothing where there is no list to look at. */
  async function listedSince(since: Date): Promise<readonly ProviderJob[]> {
    if (!provider.capabilities.listsJobs) return [];
    try {
      return await provider.jobsSince(since);
    } catch (error) {
      if (error instanceof Refused) return [];
      throw error;
    }
  }

  /** Until then whoever claimed the intent may still be sending it. */
  function sentUntil(intent: Intent): Date {
    const claimedAt = intent.claimedAt ?? new Date();
    return new Date(claimedAt.getTime() + timing.sendWithinMs + timing.answerWithinMs);
  }

  return { submitVideo };
}

/** A job that was made and whose id may not be in Postgres yet. */
interface SentJob {
  readonly intentId: JobId;
  readonly providerJobId: string;
}

function sentByEarlierAttempt(intentId: JobId): SentJob | undefined {
  const details: unknown = Context.current().info.heartbeatDetails;
  if (typeof details !== 'object' || details === null) return undefined;
  if (!('intentId' in details) || !('providerJobId' in details)) return undefined;
  return details.intentId === intentId && typeof details.providerJobId === 'string'
    ? { intentId, providerJobId: details.providerJobId }
    : undefined;
}

function heldError(reason: string | undefined): AmbiguousOutcome {
  return new AmbiguousOutcome({
    code: 'SUBMISSION_HELD',
    given: `The order may or may not have been charged: ${reason ?? 'no reason was recorded'}`,
    fix: 'look for the job at the provider, then retry the variant accepting a possible second charge, or provide a video',
  });
}
