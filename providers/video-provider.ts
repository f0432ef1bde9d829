import { Refused, type ScreentestError, Unavailable } from '../domain/errors.ts';
import type { MicroUsd } from '../domain/money.ts';
import type { VideoSpec } from '../domain/video.ts';

/** How long a create may take, in milliseconds, whatever the provider. The worker's grace time on shutdown exceeds it. */
export const SUBMIT_TIMEOUT_MS = 30_000;

/** One video to be made. */
export interface VideoOrder extends VideoSpec {
  readonly prompt: string;
}

/** A job as the provider tells it, in our words whatever its dialect's are. */
export interface ProviderJob {
  readonly id: string;
  readonly status: 'queued' | 'running' | 'completed' | 'failed';
  /** 0 to 100, where the provider reports it. */
  readonly progress: number | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly createdAt: Date | undefined;
  readonly prompt: string | undefined;
  readonly model: string | undefined;
  readonly size: string | undefined;
  /** When the provider asks to be polled again, in milliseconds from now. */
  readonly pollAfterMs: number | undefined;
  /** What the provider says that it charges for the job, where it does. */
  readonly cost: MicroUsd | undefined;
}

/** What the provider answered about a job id: the job, or that it knows none. */
export type JobStatus = ProviderJob | 'gone';

export function isFinal(job: ProviderJob): boolean {
  return job.status === 'completed' || job.status === 'failed';
}

export interface VideoContent {
  readonly body: AsyncIterable<Uint8Array>;
  /** As the provider labels it, in lower case and without parameters; undefined where it does not. */
  readonly contentType: string | undefined;
}

export interface ProviderCapabilities {
  /** A create sent twice under one key makes one job. */
  readonly honoursIdempotencyKeys: boolean;
  /** Jobs can be listed, so that one whose id was lost may be found. */
  readonly listsJobs: boolean;
  /** A running job can be stopped, and is not charged then. */
  readonly cancelsJobs: boolean;
  /** Tells by itself when a job is over, as Standard Webhooks. */
  readonly sendsWebhooks: boolean;
  /** Creates a minute that the account may send; undefined where none is known. */
  readonly submitsPerMinute: number | undefined;
}

/**
 * What became of a job that was to be stopped: it was, and isn't charged; it was over by then, with a video or
 * without one; or the provider does not say.
 */
export type CancelOutcome = 'stopped' | 'completed' | 'failed' | 'unknown';

/**
 * Whatever makes videos. The workflow never knows which adapter is behind it.
 *
 * Errors are of three kinds, and the difference is money: `Refused` (no job was made and asking again won't
 * help), `Unavailable` (no job was made, ask again later) and, from `submit` alone, `AmbiguousOutcome` (a
 * job may have been made and charged).
 */
export interface VideoProvider {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  /**
   * Whether videos can be ordered there at all, found out without ordering one; left out where there is nothing to
   * look at. @throws PreconditionFailed where they can't as it is configured, whatever time passes; else what any
   * other question would.
   */
  check?(): Promise<void>;
  /** Makes one job. Never retried inside the adapter. */
  submit(order: VideoOrder, idempotencyKey: string): Promise<ProviderJob>;
  /**
   * Asked for together, in as few requests as the provider allows. A job that the provider did not answer for
   * this time is missing: one job's trouble is not the others'. @throws when it answered for none.
   */
  status(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, JobStatus>>;
  /** @throws ContentExpired once the file is gone for good; Refused while it is not there. */
  content(id: string, signal: AbortSignal): Promise<VideoContent>;
  /** Never deletes a job that is completed: its video would be gone. */
  cancel(id: string): Promise<CancelOutcome>;
  /**
   * Deletes a job that is over, with its prompt and its video; left out where the provider has no way to.
   * @returns whether nothing of it is there any more
   */
  erase?(id: string): Promise<boolean>;
  /** Jobs made since then, newest first, for finding one whose id was never received; none where there is no list. */
  jobsSince(since: Date): Promise<readonly ProviderJob[]>;
}

/** The provider asks for less. Waited out, never counted as a failure. */
export class RateLimited extends Unavailable {
  /** As the provider said it. */
  readonly retryAfterSeconds: number;
  private readonly said: string;

  constructor(retryAfterSeconds: number, said: string, cause: unknown) {
    super({ code: 'PROVIDER_RATE_LIMIT', given: `The video API asked to slow down (${said})`, cause });
    this.retryAfterSeconds = retryAfterSeconds;
    this.said = said;
  }

  /** The same limit, for what is left of its time. */
  stillFor(seconds: number): RateLimited {
    return new RateLimited(seconds, this.said, this);
  }
}

/** The file was there and was not fetched in time; the provider has removed it. */
export class ContentExpired extends Refused {
  constructor(said: string, cause: unknown) {
    super({
      code: 'CONTENT_EXPIRED',
      given: `The video's file is gone at the provider (${said})`,
      fix: 'retry the variant (it is paid for again) or provide a video for it',
      cause,
    });
  }
}

export const KEY_REFUSED = 'PROVIDER_KEY_REFUSED';

/** A person mends the key, and nothing that was ordered or paid need be given up until then. */
export function isKeyRefused(error: unknown): error is Refused & { code: typeof KEY_REFUSED } {
  return error instanceof Refused && error.code === KEY_REFUSED;
}

/** The same trouble, with the same words, as one that is waited out. */
export function waitedOut(error: ScreentestError): Unavailable {
  const { code, given, allowed, fix } = error;
  return new Unavailable({
    code,
    given,
    ...(allowed !== undefined && { allowed }),
    ...(fix !== undefined && { fix }),
    cause: error,
  });
}
