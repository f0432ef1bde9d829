import { ApiError } from './api-error.ts';

export interface Limits {
  /** Creates in any 60 seconds. */
  readonly createsPerMinute?: number | undefined;
  /** Unfinished jobs at a time. */
  readonly maxRunning?: number | undefined;
}

export interface CreateLimits {
  /** @throws ApiError 429 with `retry-after`, in which case nothing is counted */
  admit(now: number, running: number): void;
  /** From now on; what was admitted before counts, as far as it was counted. */
  set(limits: Limits): void;
}

const WINDOW_MS = 60_000;
/** The service can't know when a job will end; clients are told to come back soon. */
const RETRY_AFTER_RUNNING_SECONDS = 1;

/** A sliding window of a minute, and a number of jobs that may run at a time. */
export function createLimits(initial: Limits): CreateLimits {
  let limits = initial;
  const admitted: number[] = [];
  return {
    set(newest) {
      limits = newest;
    },
    admit(now, running) {
      const { createsPerMinute, maxRunning } = limits;
      while (admitted[0] !== undefined && admitted[0] <= now - WINDOW_MS) admitted.shift();
      const [oldest] = admitted;
      if (createsPerMinute !== undefined && oldest !== undefined && admitted.length >= createsPerMinute) {
        const retryAfterSeconds = Math.max(1, Math.ceil((oldest + WINDOW_MS - now) / 1000));
        throw tooMany(
          `Rate limit reached: limit ${createsPerMinute} / min. Please try again in ${retryAfterSeconds}s.`,
          retryAfterSeconds,
        );
      }
      if (maxRunning !== undefined && running >= maxRunning) {
        throw tooMany(`Too many concurrent tasks: at most ${maxRunning}.`, RETRY_AFTER_RUNNING_SECONDS);
      }
      if (createsPerMinute !== undefined) admitted.push(now);
    },
  };
}

function tooMany(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError({
    status: 429,
    message,
    type: 'requests',
    code: 'rate_limit_exceeded',
    retryAfterSeconds,
  });
}
