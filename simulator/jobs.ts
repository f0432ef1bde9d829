import { randomBytes } from 'node:crypto';
import type { MicroUsd } from '../domain/money.ts';
import type { JobFault } from './faults.ts';

export interface JobOrder {
  readonly prompt: string;
  readonly model: string;
  /** A whole number. */
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  /** Whether it came with a reference picture, which is taken and not used. */
  readonly hasReference: boolean;
}

export interface Job extends JobOrder {
  readonly id: string;
  /** The nth create that reached the simulator. */
  readonly ordinal: number;
  readonly idempotencyKey: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly renderMilliseconds: number;
  /** What it costs once it is completed. */
  readonly price: MicroUsd;
  readonly billedSeconds: number;
  readonly ending: Extract<JobFault, { does: 'fail' | 'stall' }> | undefined;
  readonly isListed: boolean;
  /** The progress that it is never told to have passed; undefined where its status is told as it is. */
  readonly concealedAt: number | undefined;
  /** Whether deleting it does not stop it, nor its charge. */
  readonly outlivesDeletion: boolean;
  /** Its file is there for so long after its completion. */
  readonly expiresAfterSeconds: number;
  readonly film: Promise<Uint8Array>;
  /** When the file was there; a job is not completed before. */
  filmReadyAt: number | undefined;
  filmError: string | undefined;
  deletedAt: number | undefined;
}

export type JobState =
  | { readonly status: 'queued' | 'in_progress'; readonly progress: number; readonly remainingMs: number }
  | { readonly status: 'completed'; readonly progress: 100; readonly completedAt: number }
  | {
      readonly status: 'failed';
      readonly progress: number;
      readonly completedAt: number;
      readonly error: { readonly code: string; readonly message: string };
    };

/** The first part of its time a job waits in the queue. */
const QUEUED_SHARE = 0.1;
/** Shown while the time is over and the film is not; 100 is for what can be fetched. */
const ALMOST = 99;

/** A job's state is a function of the time, so there are no timers to keep and a thousand jobs cost nothing. */
export function stateOf(job: Job, now: number): JobState {
  const share = job.renderMilliseconds === 0 ? 1 : (now - job.createdAt) / job.renderMilliseconds;
  const progress = Math.max(0, Math.floor(((share - QUEUED_SHARE) / (1 - QUEUED_SHARE)) * 100));
  const { ending } = job;
  if (ending !== undefined && progress >= ending.atProgress) {
    if (ending.does === 'stall') return running(ending.atProgress, Number.POSITIVE_INFINITY);
    const reachedAt = QUEUED_SHARE + (1 - QUEUED_SHARE) * (ending.atProgress / 100);
    return {
      status: 'failed',
      progress: ending.atProgress,
      completedAt: job.createdAt + reachedAt * job.renderMilliseconds,
      error: { code: ending.code, message: ending.message },
    };
  }
  if (share < 1) return running(Math.min(ALMOST, progress), job.createdAt + job.renderMilliseconds - now);
  if (job.filmError !== undefined) {
    const error = { code: 'internal_error', message: job.filmError };
    return { status: 'failed', progress: ALMOST, completedAt: job.filmReadyAt ?? now, error };
  }
  if (job.filmReadyAt === undefined) return running(ALMOST, 0);
  const completedAt = Math.max(job.createdAt + job.renderMilliseconds, job.filmReadyAt);
  return { status: 'completed', progress: 100, completedAt };
}

/** What is told about a job, which is not always how it stands. */
export function toldStateOf(job: Job, now: number): JobState {
  const state = stateOf(job, now);
  const { concealedAt } = job;
  if (concealedAt === undefined || state.progress <= concealedAt) return state;
  return running(concealedAt, Number.POSITIVE_INFINITY);
}

function running(progress: number, remainingMs: number): JobState {
  return { status: progress === 0 ? 'queued' : 'in_progress', progress, remainingMs };
}

export function isFinished(job: Job, now: number): boolean {
  const { status } = stateOf(job, now);
  return status === 'completed' || status === 'failed';
}

export interface JobStore {
  add(job: Job): void;
  /** Undefined for a job that was deleted, too. */
  get(id: string): Job | undefined;
  withIdempotencyKey(key: string): Job | undefined;
  /** Those that are listed, newest first or oldest first; after a job, where its id is given and known. */
  walk(order: 'asc' | 'desc', after: string | undefined): Generator<Job>;
  /** Neither finished nor deleted. */
  countRunning(now: number): number;
  /** Deleted ones, too. */
  all(): readonly Job[];
}

export function createJobStore(): JobStore {
  const inOrder: Job[] = [];
  const positions = new Map<string, number>();
  const byKey = new Map<string, Job>();
  const running = new Set<Job>();
  return {
    add(job) {
      positions.set(job.id, inOrder.push(job) - 1);
      running.add(job);
      if (job.idempotencyKey !== undefined) byKey.set(job.idempotencyKey, job);
    },
    get(id) {
      const job = inOrder[positions.get(id) ?? -1];
      return job?.deletedAt === undefined ? job : undefined;
    },
    withIdempotencyKey: (key) => byKey.get(key),
    *walk(order, after) {
      const step = order === 'asc' ? 1 : -1;
      const position = after === undefined ? undefined : positions.get(after);
      const from = position === undefined ? (order === 'asc' ? 0 : inOrder.length - 1) : position + step;
      for (let at = from; at >= 0 && at < inOrder.length; at += step) {
        const job = inOrder[at];
        if (job?.deletedAt === undefined && job?.isListed === true) yield job;
      }
    },
    countRunning(now) {
      for (const job of running) {
        if (job.deletedAt !== undefined || isFinished(job, now)) running.delete(job);
      }
      return running.size;
    },
    all: () => inOrder,
  };
}

export function newJobId(): string {
  return `video_${randomBytes(24).toString('hex')}`;
}
