import type { Database } from '../database/client.ts';
import { type Intent, recordPolls, recordRunning } from '../database/intents.ts';
import type { JobWatcher } from '../providers/job-poller.ts';
import type { ProviderJob } from '../providers/video-provider.ts';
import { type ProviderTrouble, troubleOf } from './heartbeat.ts';

/** What a person sees of a job that is waited for, and what the next attempt goes on from. */
export interface JobDetails extends Partial<Omit<ProviderTrouble, 'status'>> {
  readonly status: string;
  /** 0 to 100, where the provider reports it. */
  readonly progress?: number | undefined;
  /** ISO 8601: since when the progress is what it is. */
  readonly progressSince?: string | undefined;
  /** How often the provider was asked about the job, by all attempts. */
  readonly polls: number;
  /** ISO 8601. */
  readonly lastPolledAt?: string | undefined;
}

/**
 * How far a job is and how often it was asked about. Told with each heartbeat, and recorded when a wait ends: a write
 * a poll would be a write a second for each open job. A worker that is killed leaves its heartbeat to the next attempt.
 */
export class JobProgress implements JobWatcher {
  private details: JobDetails;
  private isRunning: boolean;
  private recordingRunning: Promise<void> | undefined;
  private readonly database: Database;
  private readonly intent: Intent;
  private readonly tell: (details: JobDetails) => void;

  /** @param earlier the heartbeat that an earlier attempt left, if there is one */
  constructor(database: Database, intent: Intent, earlier: unknown, tell: (details: JobDetails) => void) {
    const left = readDetails(earlier);
    const known = { progress: left?.progress, progressSince: left?.progressSince };
    const polls = Math.max(intent.polls, left?.polls ?? 0);
    this.details = { status: 'waiting', ...known, polls, lastPolledAt: left?.lastPolledAt };
    this.isRunning = intent.jobStatus === 'processing';
    this.database = database;
    this.intent = intent;
    this.tell = tell;
    tell(this.details);
  }

  asked(): void {
    const { polls } = this.details;
    this.change({ ...this.details, polls: polls + 1, lastPolledAt: new Date().toISOString() });
  }

  seen({ status, progress }: ProviderJob): void {
    const { polls, lastPolledAt, ...before } = this.details;
    const isSame = progress === before.progress && before.progressSince !== undefined;
    const progressSince = isSame ? before.progressSince : new Date().toISOString();
    this.change({ status, progress, progressSince, polls, lastPolledAt });
    if (status === 'running') this.running();
  }

  troubled(trouble: unknown, againInMs: number): void {
    this.change({ ...this.details, ...troubleOf(trouble, againInMs) });
  }

  downloading(): void {
    const { polls, lastPolledAt } = this.details;
    this.change({ status: 'downloading', polls, lastPolledAt });
  }

  /**
   * Why the job counts as stuck: it reported progress, and has not for so long. One that reports none, or waits in a
   * queue, can't be told from one that works, and has only its deadline.
   */
  stuckFor(limitMs: number): string | undefined {
    const { status, progress, progressSince } = this.details;
    if (status !== 'running' || progressSince === undefined) return undefined;
    if (progress === undefined || progress <= 0 || progress >= 100) return undefined;
    if (Date.now() - Date.parse(progressSince) < limitMs) return undefined;
    return `no progress beyond ${progress}% since ${progressSince}`;
  }

  /** Repeating it changes nothing. @returns how often the job was asked about in all */
  async record(): Promise<number> {
    const { polls, lastPolledAt } = this.details;
    await this.recordingRunning;
    if (lastPolledAt !== undefined) {
      await recordPolls(this.database, this.intent.id, polls, new Date(lastPolledAt));
    }
    return polls;
  }

  /** One write a job. Where it fails, the next answer brings another try. */
  private running(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.recordingRunning = recordRunning(this.database, this.intent.id).catch(() => {
      this.isRunning = false;
    });
  }

  private change(details: JobDetails): void {
    this.details = details;
    this.tell(details);
  }
}

/** Of what a heartbeat holds, whatever wrote it, what can be used. */
function readDetails(details: unknown): Omit<JobDetails, 'status'> | undefined {
  if (typeof details !== 'object' || details === null || !('polls' in details)) return undefined;
  const { polls } = details;
  if (typeof polls !== 'number' || !Number.isInteger(polls) || polls < 0) return undefined;
  return {
    polls,
    ...('progress' in details && typeof details.progress === 'number' && { progress: details.progress }),
    ...('progressSince' in details && isInstant(details.progressSince)
      ? { progressSince: details.progressSince }
      : {}),
    ...('lastPolledAt' in details && isInstant(details.lastPolledAt)
      ? { lastPolledAt: details.lastPolledAt }
      : {}),
  };
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
