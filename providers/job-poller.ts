import { setMaxListeners } from 'node:events';
import { NotFound } from '../domain/errors.ts';
import {
  isFinal,
  type JobStatus,
  type ProviderJob,
  RateLimited,
  type VideoProvider,
} from './video-provider.ts';

/** Milliseconds. */
const ANSWER_WITHIN = 30_000;
const FIRST_WAIT = 400;
const LONGEST_WAIT = 10_000;
const WAIT_GROWTH = 1.3;
/** Jobs due within this of the first one are asked for in the same request. */
const TOGETHER = 150;
const REMEMBERED_DURATIONS = 20;
/** A job may be unknown for a while after its creation, or to one of several servers; then it does not exist. */
const UNKNOWN_FOR = 60_000;
const UNKNOWN_ANSWERS = 5;

interface Watch {
  readonly id: string;
  readonly model: string;
  readonly startedAt: number;
  dueAt: number;
  wait: number;
  unknownAnswers: number;
  unknownSince: number;
  readonly watcher: JobWatcher;
  readonly settle: (result: ProviderJob | Error) => void;
}

/** Hears what the provider says on the way. */
export interface JobWatcher {
  seen(job: ProviderJob): void;
  /** The provider could not be asked; it is asked again after so many milliseconds. */
  troubled(trouble: unknown, againInMs: number): void;
}

/** All the jobs one process waits for, asked for together. */
export interface JobPoller {
  /**
   * The job once it is completed or failed. Outages, rate limits and a key that is refused are waited out; the
   * caller's signal ends the wait.
   */
  untilFinal(id: string, model: string, signal: AbortSignal, watcher: JobWatcher): Promise<ProviderJob>;
}

/** @param unknownForMs how long the provider must not know a job before it counts as gone */
export function createJobPoller(provider: VideoProvider, unknownForMs = UNKNOWN_FOR): JobPoller {
  const watches = new Map<string, Watch>();
  const durations = new Map<string, number[]>();
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;

  function untilFinal(
    id: string,
    model: string,
    signal: AbortSignal,
    watcher: JobWatcher,
  ): Promise<ProviderJob> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = () => settle(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      const settle = (result: ProviderJob | Error) => {
        signal.removeEventListener('abort', stop);
        if (watches.get(id) === watch) watches.delete(id);
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      const startedAt = Date.now();
      const watch: Watch = {
        id,
        model,
        startedAt,
        dueAt: startedAt + firstWait(model),
        wait: FIRST_WAIT,
        unknownAnswers: 0,
        unknownSince: startedAt,
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

  /** Most of what this model's jobs took before; a new model is asked about soon. */
  function firstWait(model: string): number {
    const known = durations.get(model)?.toSorted((a, b) => a - b) ?? [];
    const shortOne = known[Math.floor(known.length / 4)];
    return shortOne === undefined ? FIRST_WAIT : Math.max(FIRST_WAIT, shortOne * 0.9);
  }

  function schedule(): void {
    clearTimeout(timer);
    if (isAsking || watches.size === 0) return;
    const next = Math.min(...Array.from(watches.values(), ({ dueAt }) => dueAt));
    timer = setTimeout(() => void ask(), Math.max(0, next - Date.now()));
  }

  async function ask(): Promise<void> {
    isAsking = true;
    const until = Date.now() + TOGETHER;
    const due = [...watches.values()].filter(({ dueAt }) => dueAt <= until);
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN);
      // Each request of this round listens to it; Node would call more than ten a leak.
      setMaxListeners(0, signal);
      const statuses = await provider.status(
        due.map(({ id }) => id),
        signal,
      );
      for (const watch of due.filter(isWaiting)) update(watch, statuses.get(watch.id));
    } catch (error) {
      for (const watch of due.filter(isWaiting)) postpone(watch, error);
    } finally {
      isAsking = false;
      schedule();
    }
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
      askAgain(watch, status.pollAfterMs);
    }
  }

  function askAgain(watch: Watch, hintMs?: number): void {
    watch.dueAt = Date.now() + (hintMs ?? watch.wait);
    watch.wait = Math.min(LONGEST_WAIT, watch.wait * WAIT_GROWTH);
  }

  /** The provider is busy or away, or its key is being changed: the jobs go on there, so wait on. */
  function postpone(watch: Watch, error: unknown): void {
    askAgain(watch, error instanceof RateLimited ? error.retryAfterSeconds * 1000 : undefined);
    watch.watcher.troubled(error, watch.dueAt - Date.now());
  }

  function remember(watch: Watch): void {
    const known = durations.get(watch.model) ?? [];
    durations.set(watch.model, [...known, Date.now() - watch.startedAt].slice(-REMEMBERED_DURATIONS));
  }

  return { untilFinal };
}

function jobGone(id: string): NotFound {
  return new NotFound({
    code: 'JOB_GONE',
    given: `The video API no longer knows the job ${id}`,
    fix: 'retry the variant (it is paid for again) or provide a video for it',
  });
}
