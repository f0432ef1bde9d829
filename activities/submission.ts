import { CancelledFailure, Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { acceptPossibleCharges, expireIntent, refuseIntent } from '../database/intent-endings.ts';
import { hasOpenOrder, heldIntents, unfinishedBefore } from '../database/intent-search.ts';
import {
  acceptIntent,
  claimIntent,
  holdIntent,
  type Intent,
  intentById,
  type NewIntent,
  rememberClaim,
  resumeIntent,
  returnClaim,
  writeIntents,
} from '../database/intents.ts';
import { type OrderRecord, orderRecord } from '../database/order-records.ts';
import { missingRenditions, orderOf } from '../database/video-orders.ts';
import { AmbiguousOutcome, Refused, Unavailable } from '../domain/errors.ts';
import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import type { MicroUsd } from '../domain/money.ts';
import { type Pricing, priceOf } from '../domain/prices.ts';
import type { SubmitPacer, Turn } from '../providers/submit-pacer.ts';
import {
  isKeyRefused,
  type ProviderJob,
  RateLimited,
  type VideoOrder,
  type VideoProvider,
  waitedOut,
} from '../providers/video-provider.ts';
import { tellingOf } from './failures.ts';
import { beatWhile, type ProviderTrouble, troubleOf } from './heartbeat.ts';
import { onlyMatchingJob } from './job-search.ts';
import { readSentJob, type SentJob } from './sent-job.ts';
import { spendOfVariant, type VariantSpend } from './variant-spend.ts';

export interface SubmitVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** Which of the variant's files. */
  readonly rendition: string;
  /** 1 for the first order, and one more for each that a person asked for, or that a stuck job brought. */
  readonly ordinal: number;
  readonly by: string;
  /** An earlier order of unknown outcome counts as charged, and this one is sent all the same. */
  readonly acceptPossibleCharge: boolean;
  /** What is said of the job that got stuck, when nobody asked for this order: it replaces that one. */
  readonly afterStuckJob?: string;
}

export interface SubmittedJob extends VariantSpend {
  /** Undefined when the file is there already, and nothing was ordered. */
  readonly jobId: JobId | undefined;
  /** For the history, which outlives the row where the database is lost. */
  readonly order: OrderRecord | undefined;
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

export interface SubmissionDependencies {
  readonly database: Database;
  readonly provider: VideoProvider;
  readonly providerAccount: string;
  readonly pricing: Pricing;
  /** Of ventures that have set none of their own. */
  readonly defaultMonthlyCap: MicroUsd | undefined;
  /** Shared by all that send orders for the account in this process. */
  readonly pacer: SubmitPacer;
  readonly jobTimeoutMinutes: number;
  /** @throws Unavailable while the database may have been put back to an earlier state: it could have lost an order */
  readonly requireWholeDatabase: () => Promise<void>;
  /** A heartbeat that has reached Temporal when this returns. @throws when it has not, or the attempt is over */
  readonly heartbeatNow: (taskToken: Uint8Array, details: unknown) => Promise<void>;
  readonly timing?: SubmissionTiming;
}

export type SubmissionActivities = ReturnType<typeof createSubmissionActivities>;

export function createSubmissionActivities(dependencies: SubmissionDependencies) {
  const { database, provider, providerAccount, pacer, jobTimeoutMinutes } = dependencies;
  const { pricing, defaultMonthlyCap, timing = SUBMISSION_TIMING } = dependencies;
  /** Where keys are honoured an unclear order is sent again, so that what one attempt knows is not the whole truth. */
  const isOnlySender = !provider.capabilities.honoursIdempotencyKeys;

  /**
   * Orders one video, once. Whatever happened before (a killed worker, a lost answer, a reset workflow), the
   * intent says how far it came: only the one who claims it may send the order, everyone after that finds out.
   */
  async function submitVideo(input: SubmitVideoInput): Promise<SubmittedJob> {
    const { groupId, variantId } = input;
    const jobId = await jobOf(input);
    const order = jobId === undefined ? undefined : await orderRecord(database, jobId);
    return { jobId, order, ...(await spendOfVariant(database, groupId, variantId)) };
  }

  /** Undefined for a file that an earlier order has brought: a variant is retried for the files that it lacks. */
  async function jobOf(input: SubmitVideoInput): Promise<JobId | undefined> {
    const prepared = await prepare(input);
    if (prepared === undefined) return undefined;
    const { order, opened } = prepared;
    using beating = beatWhile<SubmissionDetails>(sentByEarlierAttempt(opened.id));
    const obtain = () => obtainJob(opened, order, beating.tell);
    return (await tellingOf(obtain, () => orderRecord(database, opened.id))).id;
  }

  async function prepare(
    input: SubmitVideoInput,
  ): Promise<{ order: VideoOrder; opened: Intent } | undefined> {
    using _onItsWay = pacer.announce();
    const missing = await missingRenditions(database, input.variantId);
    if (!missing.includes(input.rendition)) return undefined;
    const order = await orderOf(database, input.variantId, input.rendition);
    return { order, opened: (await resumed(input)) ?? (await open(input, order, missing)) };
  }

  /** An order that was held may have its job by now: that one is waited for, and no other is paid. */
  async function resumed(input: SubmitVideoInput): Promise<Intent | undefined> {
    const found = await unfinishedBefore(database, input);
    if (found !== undefined) await resumeIntent(database, found);
    return found;
  }

  /**
   * With all the other files that the variant lacks, whichever of them comes first: a budget then has room for the
   * whole variant, or nothing of it is paid.
   */
  async function open(
    input: SubmitVideoInput,
    order: VideoOrder,
    missing: readonly string[],
  ): Promise<Intent> {
    if (input.acceptPossibleCharge) await acceptPossibleCharges(database, input);
    else await refuseWhileHeld(input);
    // The others go their own way meanwhile when this one is ordered anew after a stuck job.
    const files = input.afterStuckJob === undefined ? missing : [input.rendition];
    const intents: NewIntent[] = [];
    for (const rendition of files) {
      const isAsked = rendition === input.rendition;
      if (!isAsked && !(await mayOrder({ ...input, rendition }))) continue;
      const video = isAsked ? order : await orderOf(database, input.variantId, rendition);
      intents.push({
        groupId: input.groupId,
        variantId: input.variantId,
        rendition,
        ordinal: input.ordinal,
        video,
        price: priceOf(video, pricing),
        provider: provider.name,
        providerAccount,
        by: input.by,
        afterStuckJob: input.afterStuckJob,
      });
    }
    const opened = await writeIntents(database, intents, { defaultMonthlyCap });
    const own = opened.find(({ rendition }) => rendition === input.rendition);
    if (own === undefined) throw new TypeError(`no intent for ${input.rendition} after it was opened`);
    return own;
  }

  /** Another order of the same file could be a second charge, whoever asked for it. */
  async function refuseWhileHeld(input: SubmitVideoInput): Promise<void> {
    const held = await heldBefore(input);
    if (held !== undefined) throw heldError(held.heldReason);
  }

  async function heldBefore(input: SubmitVideoInput): Promise<Intent | undefined> {
    const { variantId, rendition, ordinal } = input;
    const held = (await heldIntents(database, variantId)).find((intent) => intent.rendition === rendition);
    return held !== undefined && held.ordinal < ordinal ? held : undefined;
  }

  /** Not while another order of the file is under way, or may have been charged. */
  async function mayOrder(input: SubmitVideoInput): Promise<boolean> {
    if (await hasOpenOrder(database, input)) return false;
    return input.acceptPossibleCharge || (await heldBefore(input)) === undefined;
  }

  /** Its job's time begins when the provider has it, however long the order had to wait before. */
  function accept(intent: Intent, job: Pick<ProviderJob, 'id'> & Partial<ProviderJob>): Promise<Intent> {
    return acceptIntent(database, intent.id, job.id, jobTimeoutMinutes, job.cost);
  }

  /** Goes on from wherever the intent stands until the provider's job id is known or it is settled otherwise. */
  async function obtainJob(opened: Intent, order: VideoOrder, tell: Tell): Promise<Intent> {
    const sent = sentByEarlierAttempt(opened.id);
    if (sent !== undefined) await rememberClaim(database, opened.id, new Date(sent.claimedAt));
    if (sent?.providerJobId !== undefined) return accept(opened, { id: sent.providerJobId });
    // Not asked for at first: who is not waiting for a turn yet seems to leave room for another order.
    let intent = sent === undefined ? opened : await intentById(database, opened.id);
    for (; ; intent = await intentById(database, opened.id)) {
      switch (intent.state) {
        case 'accepted':
          return intent;
        case 'reserved': {
          const accepted = await claimAndSend(intent, order, tell);
          if (accepted !== undefined) return accepted;
          break;
        }
        case 'claimed': {
          const found = await findOut(intent, order, sentUntil(intent), tell);
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
  async function claimAndSend(intent: Intent, order: VideoOrder, tell: Tell): Promise<Intent | undefined> {
    // Before the claim: however long the wait for a turn is, the order leaves soon after it is claimed.
    const turn = await pacer.turn(Context.current().cancellationSignal);
    const claimedAt = new Date();
    const submitDeadline = new Date(claimedAt.getTime() + timing.sendWithinMs);
    const sendBefore = performance.now() + timing.sendWithinMs;
    if (!(await claimIntent(database, intent.id, submitDeadline, claimedAt))) return undefined;
    const sending: SentJob = {
      intentId: intent.id,
      claimedAt: claimedAt.toISOString(),
      ordinal: intent.ordinal,
      reservedMicroUsd: intent.reserved,
      provider: provider.name,
      providerAccount,
    };
    await announce(intent, sending, tell);
    // Both clocks: one may stop while the machine sleeps, the other may be set back.
    if (performance.now() > sendBefore || Date.now() > submitDeadline.getTime()) {
      await takeBack(intent, 'the worker stood still before the order was sent');
      return undefined;
    }
    let job: ProviderJob;
    try {
      job = await send(intent, order, turn);
    } catch (error) {
      return notAccepted(intent, order, error, tell);
    }
    // Known to Temporal as well, should Postgres be away at just this moment.
    tell({ ...sending, providerJobId: job.id });
    return accept(intent, job);
  }

  /**
   * Before anything is sent: the database that holds the claim is the one that held everything before, and Temporal
   * knows of it too. Should the database be put back to before the claim, the next attempt knows better.
   */
  async function announce(intent: Intent, sending: SentJob, tell: Tell): Promise<void> {
    try {
      await dependencies.requireWholeDatabase();
      await dependencies.heartbeatNow(Context.current().info.taskToken, sending);
      tell(sending);
    } catch (cause) {
      await takeBack(intent, 'it was not sent');
      if (cause instanceof Error && cause.name === 'ActivityCancelledError') {
        throw new CancelledFailure('cancelled before the order was sent');
      }
      if (cause instanceof Unavailable) throw cause;
      throw new Unavailable({
        code: 'ORDER_NOT_ANNOUNCED',
        given: `Temporal does not take note of the order, so it was not sent (${String(cause)})`,
        cause,
      });
    }
  }

  async function notAccepted(
    intent: Intent,
    order: VideoOrder,
    error: unknown,
    tell: Tell,
  ): Promise<Intent | undefined> {
    if (error instanceof AmbiguousOutcome) return findOut(intent, order, new Date(), tell);
    if (error instanceof RateLimited) {
      await takeBack(intent, error.message);
      await tellOfLimit(error, tell);
      return undefined;
    }
    if (isKeyRefused(error)) {
      await takeBack(intent, error.message);
      throw waitedOut(error);
    }
    if (error instanceof Refused) {
      await refuseIntent(database, intent.id, error.message, { evenHeld: isOnlySender });
      throw error;
    }
    // Unavailable: the order never arrived.
    await takeBack(intent, String(error));
    throw error;
  }

  /**
   * Not taken, for certain. Another attempt may have found the claim meanwhile and held the order, since it could
   * not know: then the order is over, and its reservation is released.
   */
  async function takeBack(intent: Intent, reason: string): Promise<void> {
    await returnClaim(database, intent.id);
    if (isOnlySender) await expireIntent(database, intent.id, reason);
  }

  /** One POST. */
  async function send(intent: Intent, order: VideoOrder, turn: Turn): Promise<ProviderJob> {
    try {
      const job = await provider.submit(order, intent.idempotencyKey);
      turn.accepted();
      return job;
    } catch (error) {
      // Nobody's next turn comes before the provider wants to be asked again.
      if (error instanceof RateLimited) turn.refused(error.retryAfterSeconds);
      throw error;
    }
  }

  /** At once: the SDK keeps what is told for up to 12 s, and by then the order may be on its way again. */
  async function tellOfLimit(limit: RateLimited, tell: Tell): Promise<void> {
    const trouble = troubleOf(limit, limit.retryAfterSeconds * 1000);
    tell(trouble);
    // An attempt that is over hears of it elsewhere.
    await dependencies.heartbeatNow(Context.current().info.taskToken, trouble).catch(() => undefined);
  }

  /**
   * Somebody sent the order, or died just before: nobody knows. Sent again only where the same key makes the
   * same job. Else a job in the provider's list is ours if it is the only one that can be; and since not
   * being in the list proves nothing, the intent is held for a person otherwise. A look counts only once
   * nobody can be sending the order any more. Undefined when the intent's state says how to go on.
   */
  async function findOut(
    intent: Intent,
    order: VideoOrder,
    sentUntil: Date,
    tell: Tell,
  ): Promise<Intent | undefined> {
    if (provider.capabilities.honoursIdempotencyKeys) return replay(intent, order, tell);
    for (let looks = 0; ; ) {
      const found = await onlyMatchingJob({ database, provider }, intent, order);
      if (found !== undefined) return accept(intent, found);
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
  async function replay(intent: Intent, order: VideoOrder, tell: Tell): Promise<Intent | undefined> {
    let reason = '';
    for (let looks = 0; looks < timing.looks; ) {
      try {
        const job = await send(intent, order, await pacer.turn(Context.current().cancellationSignal));
        return await accept(intent, job);
      } catch (error) {
        if (error instanceof RateLimited) {
          await tellOfLimit(error, tell);
          continue;
        }
        if (isKeyRefused(error)) throw waitedOut(error);
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

  /** Until then whoever claimed the intent may still be sending it. */
  function sentUntil(intent: Intent): Date {
    const submitDeadline = intent.submitDeadline?.getTime() ?? Date.now() + timing.sendWithinMs;
    return new Date(submitDeadline + timing.answerWithinMs);
  }

  return { submitVideo };
}

type SubmissionDetails = SentJob | ProviderTrouble | undefined;

type Tell = (details: SubmissionDetails) => void;

function sentByEarlierAttempt(intentId: JobId): SentJob | undefined {
  const sent = readSentJob(Context.current().info.heartbeatDetails);
  return sent?.intentId === intentId ? sent : undefined;
}

function heldError(reason: string | undefined): AmbiguousOutcome {
  return new AmbiguousOutcome({
    code: 'SUBMISSION_HELD',
    given: `The order may or may not have been charged: ${reason ?? 'no reason was recorded'}`,
    fix: 'look for the job at the provider: if it is there, `screentest jobs adopt`; else `screentest retry --accept-possible-charge`, or `screentest provide-video`',
  });
}
