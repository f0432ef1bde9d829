import { setMaxListeners } from 'node:events';
import { NotFound } from '../domain/errors.ts';
import { createJobDurations } from './job-durations.ts';
import {
  isFinal,
  type JobStatus,
  type ProviderJob,
  RateLimited,
  type VideoProvider,
} from './video-provider.ts';

/** Milliseconds. */
const FIRST_WAIT = 400;
const LONGEST_WAIT = 10_000;
/** Between two questions a job's age grows by so much: seen a tenth of its time too late at the most. */
const WAIT_SHARE = 0.1;
/** The first question comes a little before most jobs of the model were done. */
const EARLY_SHARE = 0.9;
/** Jobs due within this of the first one are asked for in the same request. */
const TOGETHER = 150;

/** A round of questions is given so long, and what was not answered by then is asked for alone; more where all is slow. */
const PATIENCE = 3000;
const LONGEST_PATIENCE = 30_000;
const PATIENCE_GROWTH = 2;
/** Of the time that the last round took. */
const PATIENCE_SHARE = 3;
/** Jobs that are asked for alone, beside the others. */
const ALONE_AT_ONCE = 4;

/** A job may be unknown for a while after its creation, or to one of several servers; then it does not exist. */
const UNKNOWN_FOR = 60_000;
const UNKNOWN_ANSWERS = 5;
/** News of jobs that nobody waits for yet, kept for when somebody does. */
const KEPT_NUDGES = 1000;

/** A job that the provider has taken. */
export interface AwaitedJob {
  readonly id: string;
  readonly model: string;
  /** A wait may begin long after this: the worker that waited before is gone. */
  readonly submittedAt: Date;
}

/** Hears what the provider says on the way. */
export interface JobWatcher {
  /** The provider is being asked, whatever it will answer. */
  asked(): void;
  seen(job: ProviderJob): void;
  /** The provider could not be asked; it is asked again after so many milliseconds. */
  troubled(trouble: unknown, againInMs: number): void;
}

/** All the jobs one process waits for, asked for together. */
export interface JobPoller {
  /**
   * The job once it is completed or failed. Outages, rate limits and a key that is refused are waited out; the
   * caller's signal ends the wait. @throws NotFound for a job that the provider does not know for long.
   */
  untilFinal(job: AwaitedJob, signal: AbortSignal, watcher: JobWatcher): Promise<ProviderJob>;
  /** Somebody says that this job is over: asked about at once. The provider's own answer stays the truth. */
  nudge(id: string): void;
}

export interface JobPollerOptions {
  /** The newest durations of a model's jobs from before this process, in milliseconds. */
  readonly pastDurations?: (model: string) => Promise<readonly number[]>;
  /** Milliseconds that the provider must not know a job before it counts as gone. */
  readonly unknownForMs?: number;
  readonly patienceMs?: number;
}

interface Watch extends AwaitedJob {
  readonly startedAt: number;
  dueAt: number;
  isAsked: boolean;
  /** The others were answered, and it was not. */
  isSlow: boolean;
  isNudged: boolean;
  /** Whoever told of its end told when that was. */
  wasNudged: boolean;
  wasSeenOpen: boolean;
  unknownAnswers: number;
  unknownSince: number;
  /** Ends the question that is under way, once nobody waits for any of its answers. */
  leave: () => void;
  readonly watcher: JobWatcher;
  readonly settle: (result: ProviderJob | Error) => void;
}

export function createJobPoller(provider: VideoProvider, options: JobPollerOptions = {}): JobPoller {
  const { pastDurations = async () => [], unknownForMs = UNKNOWN_FOR, patienceMs = PATIENCE } = options;
  const durations = createJobDurations(pastDurations);
  const watches = new Map<string, Watch>();
  const earlyNudges = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isSharing = false;
  let askingAlone = 0;
  let patience = patienceMs;
  /** The provider asked for less until then, and a limit is the account's, not a job's. */
  let quietUntil = 0;

  async function untilFinal(job: AwaitedJob, signal: AbortSignal, watcher: JobWatcher): Promise<ProviderJob> {
    await durations.recall(job.model);
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const { id, model, submittedAt } = job;
      const stop = () => settle(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      const settle = (result: ProviderJob | Error) => {
        signal.removeEventListener('abort', stop);
        if (watches.get(id) === watch) watches.delete(id);
        watch.leave();
        schedule();
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      const startedAt = Date.now();
      const watch: Watch = {
        id,
        model,
        submittedAt,
        startedAt,
        dueAt: earlyNudges.delete(id) ? startedAt : Math.max(startedAt, firstDueAt(job)),
        isAsked: false,
        isSlow: false,
        isNudged: false,
        wasNudged: false,
        wasSeenOpen: false,
        unknownAnswers: 0,
        unknownSince: startedAt,
        leave: () => {},
        watcher,
        settle,
      };
      // A newer attempt to collect the same job takes over from one that was given up.
      watches.get(id)?.settle(new Error(`another wait for ${id} took over`));
      watches.set(id, watch);
      signal.addEventListener('abort', stop);
      schedule();
    });
  }

  function firstDueAt({ model, submittedAt }: AwaitedJob): number {
    const usual = durations.usual(model) ?? 0;
    return submittedAt.getTime() + Math.max(FIRST_WAIT, usual * EARLY_SHARE);
  }

  function nudge(id: string): void {
    const watch = watches.get(id);
    if (watch === undefined) {
      // It may overtake the record of the job it is about.
      earlyNudges.add(id);
      for (const oldest of earlyNudges) if (earlyNudges.size > KEPT_NUDGES) earlyNudges.delete(oldest);
      return;
    }
    watch.isNudged = true;
    watch.wasNudged = true;
    watch.dueAt = Date.now();
    schedule();
  }

  function schedule(): void {
    clearTimeout(timer);
    const dueTimes = [...watches.values()].filter(mayBeAsked).map(({ dueAt }) => dueAt);
    if (dueTimes.length === 0) return;
    const next = Math.max(quietUntil, Math.min(...dueTimes));
    timer = setTimeout(askForThoseDue, Math.max(0, next - Date.now()));
  }

  function mayBeAsked({ isAsked, isSlow }: Watch): boolean {
    if (isAsked) return false;
    return isSlow ? askingAlone < ALONE_AT_ONCE : !isSharing;
  }

  function askForThoseDue(): void {
    const until = Date.now() + TOGETHER;
    const due = [...watches.values()].filter((watch) => mayBeAsked(watch) && watch.dueAt <= until);
    const together = due.filter(({ isSlow }) => !isSlow);
    if (together.length > 0) void askTogether(together);
    for (const watch of due.filter(({ isSlow }) => isSlow).slice(0, ALONE_AT_ONCE - askingAlone)) {
      void askAlone(watch);
    }
    schedule();
  }

  /** One request for all of them where the provider can. A single one that is slow does not hold up the others. */
  async function askTogether(round: readonly Watch[]): Promise<void> {
    isSharing = true;
    const startedAt = Date.now();
    const { unanswered, wasCut } = await ask(round, patience);
    isSharing = false;
    if (!wasCut) {
      const share = PATIENCE_SHARE * (Date.now() - startedAt);
      patience = Math.min(LONGEST_PATIENCE, Math.max(patienceMs, share));
    } else if (unanswered.length < round.length && unanswered.length <= ALONE_AT_ONCE) {
      for (const watch of unanswered) watch.isSlow = true;
    } else {
      patience = Math.min(LONGEST_PATIENCE, patience * PATIENCE_GROWTH);
    }
    schedule();
  }

  async function askAlone(watch: Watch): Promise<void> {
    askingAlone += 1;
    const startedAt = Date.now();
    await ask([watch], LONGEST_PATIENCE);
    askingAlone -= 1;
    watch.isSlow = Date.now() - startedAt > patienceMs;
    schedule();
  }

  async function ask(
    round: readonly Watch[],
    withinMs: number,
  ): Promise<{ unanswered: readonly Watch[]; wasCut: boolean }> {
    const asking = new AbortController();
    // Each request of this round listens to it; Node would call more than ten a leak.
    setMaxListeners(0, asking.signal);
    let wasCut = false;
    const cut = setTimeout(() => {
      wasCut = true;
      asking.abort();
    }, withinMs);
    const staying = new Set(round);
    for (const watch of round) {
      watch.isAsked = true;
      watch.isNudged = false;
      watch.leave = () => {
        staying.delete(watch);
        if (staying.size === 0) asking.abort();
      };
      watch.watcher.asked();
    }
    let unanswered = round;
    try {
      const statuses = await provider.status(
        round.map(({ id }) => id),
        asking.signal,
      );
      unanswered = round.filter(({ id }) => !statuses.has(id));
      for (const watch of round.filter(isWaiting)) update(watch, statuses.get(watch.id));
    } catch (error) {
      if (error instanceof RateLimited) quietUntil = Date.now() + error.retryAfterSeconds * 1000;
      for (const watch of round.filter(isWaiting)) postpone(watch, error);
    } finally {
      clearTimeout(cut);
      for (const watch of round) watch.isAsked = false;
    }
    return { unanswered, wasCut };
  }

  /** It may have been given up while the provider was asked. */
  function isWaiting(watch: Watch): boolean {
    return watches.get(watch.id) === watch;
  }

  function update(watch: Watch, status: JobStatus | undefined): void {
    if (status === undefined) {
      askAgain(watch);
      return;
    }
    if (status === 'gone') {
      if (watch.unknownAnswers === 0) watch.unknownSince = Date.now();
      watch.unknownAnswers += 1;
      const isLong = Date.now() - watch.unknownSince >= unknownForMs;
      if (isLong && watch.unknownAnswers >= UNKNOWN_ANSWERS) watch.settle(jobGone(watch.id));
      else askAgain(watch);
      return;
    }
    watch.unknownAnswers = 0;
    watch.watcher.seen(status);
    if (isFinal(status)) {
      remember(watch);
      watch.settle(status);
    } else {
      watch.wasSeenOpen = true;
      askAgain(watch, status.pollAfterMs);
    }
  }

  function askAgain(watch: Watch, hintMs?: number): void {
    const now = Date.now();
    const share = (now - watch.submittedAt.getTime()) * WAIT_SHARE;
    const wait = Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, share));
    watch.dueAt = watch.isNudged ? now : now + (hintMs ?? wait);
  }

  /** The provider is busy or away, or its key is being changed: the jobs go on there, so wait on. */
  function postpone(watch: Watch, error: unknown): void {
    askAgain(watch, error instanceof RateLimited ? error.retryAfterSeconds * 1000 : undefined);
    watch.watcher.troubled(error, Math.max(watch.dueAt, quietUntil) - Date.now());
  }

  /**
   * Of one that was over at the first look it is only known that it took less: the next ones are looked at sooner. One
   * that was looked at long after it was taken, since no worker was there, says nothing.
   */
  function remember({ model, submittedAt, startedAt, wasSeenOpen, wasNudged }: Watch): void {
    const took = Date.now() - submittedAt.getTime();
    const watched = Date.now() - startedAt;
    if (wasSeenOpen || wasNudged) durations.add(model, took);
    else if (watched >= took / 2) durations.add(model, took / 2);
  }

  return { untilFinal, nudge };
}

function jobGone(id: string): NotFound {
  return new NotFound({
    code: 'JOB_GONE',
    given: `The video API no longer knows the job ${id}`,
    fix: 'retry the variant (it is paid for again) or provide a video for it',
  });
}
