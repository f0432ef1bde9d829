import { Context } from '@temporalio/activity';
import { isCharged } from '../database/budget.ts';
import type { Database } from '../database/client.ts';
import { failJob } from '../database/intent-endings.ts';
import type { Intent } from '../database/intents.ts';
import { Refused, ScreentestError } from '../domain/errors.ts';
import { JOB_TIMEOUT, JOB_TIMEOUT_CHARGED } from '../domain/resubmission.ts';
import type { JobPoller, JobWatcher } from '../providers/job-poller.ts';
import { isFinal, type ProviderJob, type VideoProvider } from '../providers/video-provider.ts';
import { cancelAtLast } from './cancel-job.ts';
import type { JobProgress } from './job-progress.ts';
import { neverForGood } from './never-for-good.ts';

export interface JobWaitDependencies {
  readonly database: Database;
  readonly provider: VideoProvider;
  readonly poller: JobPoller;
  /** A running job whose progress stands still for so long counts as stuck; left out, only its deadline ends it. */
  readonly stallMinutes?: number | undefined;
}

/** An order that the provider has accepted, and whose job is not over. */
export type SentIntent = Intent & {
  readonly providerJobId: string;
  readonly submittedAt: Date;
  readonly jobDeadline: Date;
};

export function isAtProvider(intent: Intent): intent is SentIntent {
  const isOpen = intent.jobStatus === 'submitted' || intent.jobStatus === 'processing';
  return (
    isOpen &&
    intent.providerJobId !== undefined &&
    intent.submittedAt !== undefined &&
    intent.jobDeadline !== undefined
  );
}

export interface JobWait {
  /**
   * The job once it is over. One that got stuck is stopped where the provider can, and recorded as timed out.
   * @throws Refused JOB_TIMEOUT or JOB_TIMEOUT_CHARGED for a stuck job; NotFound for one that is gone
   */
  untilFinal(intent: SentIntent, model: string, progress: JobProgress): Promise<ProviderJob>;
  /** What an earlier attempt ended the job with; its answer was lost on the way. */
  overAlready(intent: Intent): Promise<Refused>;
}

export function createJobWait({ database, provider, poller, stallMinutes }: JobWaitDependencies): JobWait {
  const stallMs = stallMinutes === undefined ? Number.POSITIVE_INFINITY : stallMinutes * 60_000;

  async function untilFinal(intent: SentIntent, model: string, progress: JobProgress): Promise<ProviderJob> {
    try {
      return await finalJob(intent, model, progress);
    } finally {
      await progress.record();
    }
  }

  async function finalJob(intent: SentIntent, model: string, progress: JobProgress): Promise<ProviderJob> {
    const { cancellationSignal } = Context.current();
    const stuck = new AbortController();
    const deadline = `not done by ${intent.jobDeadline.toISOString()}`;
    const overdueInMs = Math.max(0, intent.jobDeadline.getTime() - Date.now());
    const timer = setTimeout(() => stuck.abort(deadline), overdueInMs);
    const watcher: JobWatcher = {
      asked: () => progress.asked(),
      troubled: (trouble, againInMs) => progress.troubled(trouble, againInMs),
      seen(job) {
        progress.seen(job);
        // Judged by an answer and not by a timer: a provider that can't be asked says nothing about the job.
        const reason = progress.stuckFor(stallMs);
        if (reason !== undefined) stuck.abort(reason);
      },
    };
    try {
      const { providerJobId: id, submittedAt } = intent;
      const signal = AbortSignal.any([cancellationSignal, stuck.signal]);
      return await poller.untilFinal({ id, model, submittedAt }, signal, watcher);
    } catch (error) {
      if (stuck.signal.aborted && !cancellationSignal.aborted) {
        return await lastLook(intent, progress, String(stuck.signal.reason));
      }
      if (error instanceof ScreentestError && !error.mayBeRetried) {
        await failJob(database, intent.id, 'failed', error.message, true);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** It may have been done while no worker was there to see it; then it is paid for, and there to be fetched. */
  async function lastLook(intent: SentIntent, progress: JobProgress, reason: string): Promise<ProviderJob> {
    const { providerJobId } = intent;
    const { cancellationSignal } = Context.current();
    progress.asked();
    const statuses = await neverForGood(provider.status([providerJobId], cancellationSignal));
    const job = statuses.get(providerJobId);
    if (job !== undefined && job !== 'gone') {
      progress.seen(job);
      if (isFinal(job)) return job;
    }
    const outcome = await neverForGood(cancelAtLast(provider, providerJobId));
    // Done in the moment between the two questions.
    if (outcome === 'completed' || outcome === 'failed') return lastLook(intent, progress, reason);
    const wasCharged = outcome === 'unknown';
    await failJob(database, intent.id, 'timeout', reason, wasCharged);
    throw timedOut(reason, wasCharged);
  }

  async function overAlready(intent: Intent): Promise<Refused> {
    const reason = intent.jobError ?? intent.state;
    if (intent.jobStatus === 'timeout') return timedOut(reason, await isCharged(database, intent.id));
    return new Refused({ code: 'JOB_FAILED', given: `The job ended without a video: ${reason}` });
  }

  return { untilFinal, overAlready };
}

/** A job that was stopped is not charged; one that could not be stopped counts as charged. */
function timedOut(reason: string, wasCharged: boolean): Refused {
  const given = `The video API did not finish the job in time (${reason})`;
  return wasCharged
    ? new Refused({
        code: JOB_TIMEOUT_CHARGED,
        given: `${given}, and nobody could confirm that it was stopped: it counts as charged`,
      })
    : new Refused({ code: JOB_TIMEOUT, given: `${given}; it was stopped, and is not charged` });
}
