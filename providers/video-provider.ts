import { Unavailable } from '../domain/errors.ts';
import type { VideoSpec } from '../domain/video.ts';

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
}

/** What the provider answered about a job id: the job, or that it knows none. */
export type JobStatus = ProviderJob | 'gone';

export function isFinal(job: ProviderJob): boolean {
  return job.status === 'completed' || job.status === 'failed';
}

export interface VideoContent {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string | undefined;
}

export interface ProviderCapabilities {
  /** A create sent twice under one key makes one job. */
  readonly honoursIdempotencyKeys: boolean;
  readonly listsJobs: boolean;
  /** Deleting a running job stops it and its charge. */
  readonly cancelsJobs: boolean;
}

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
  /** Makes one job. Never retried inside the adapter. */
  submit(order: VideoOrder, idempotencyKey: string): Promise<ProviderJob>;
  /**
   * Asked for together, in as few requests as the provider allows. A job that the provider did not answer for
   * this time is missing: one job's trouble is not the others'. @throws when it answered for none.
   */
  status(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, JobStatus>>;
  content(id: string, signal: AbortSignal): Promise<VideoContent>;
  /** True when the provider confirms that the job has stopped. */
  cancel(id: string): Promise<boolean>;
  /** Jobs made since then, newest first; for finding one whose id was never received. */
  jobsSince(since: Date): Promise<readonly ProviderJob[]>;
}

/** The provider asks for less. Waited out, never counted as a failure. */
export class RateLimited extends Unavailable {
  /** As the provider said it. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, cause: unknown) {
    super({ code: 'PROVIDER_RATE_LIMIT', given: 'The video API asked to slow down', cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
