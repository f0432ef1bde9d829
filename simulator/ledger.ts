import { type MicroUsd, microUsd, sumUsd } from '../domain/money.ts';
import { formatSize } from '../domain/video.ts';
import { type Job, type JobState, type JobStore, stateOf } from './jobs.ts';

/** How many creates arrived, and how many jobs they made: 'created once' is `jobs` being 1. */
export interface Count {
  readonly posts: number;
  readonly jobs: number;
}

export interface LedgerEntry {
  readonly id: string;
  readonly prompt: string;
  readonly model: string;
  readonly seconds: number;
  readonly size: string;
  readonly status: JobState['status'] | 'deleted';
  readonly idempotencyKey: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
  readonly billedSeconds: number;
  readonly billedMicroUsd: MicroUsd;
}

/** What the provider knows, and its customer can't see: the truth that tests hold the product's own books against. */
export interface Ledger {
  readonly postsReceived: number;
  readonly jobsCreated: number;
  /** Creates answered with an earlier job because of their key. */
  readonly replays: number;
  readonly billedSeconds: number;
  readonly billedMicroUsd: MicroUsd;
  readonly billedUsd: number;
  readonly byPrompt: Readonly<Record<string, Count>>;
  readonly byIdempotencyKey: Readonly<Record<string, Count>>;
  readonly jobs: readonly LedgerEntry[];
}

export interface Bookkeeper {
  /** @returns the ordinal of this create, from 1 */
  received(): number;
  /** Once its body is understood; a request may be refused or fail after this. */
  understood(prompt: string, idempotencyKey: string | undefined): void;
  replayed(): void;
  ledger(now: number): Ledger;
}

export function createBookkeeper(jobs: JobStore): Bookkeeper {
  let postsReceived = 0;
  let replays = 0;
  const postsByPrompt = new Map<string, number>();
  const postsByKey = new Map<string, number>();
  return {
    received() {
      postsReceived += 1;
      return postsReceived;
    },
    understood(prompt, idempotencyKey) {
      increment(postsByPrompt, prompt);
      if (idempotencyKey !== undefined) increment(postsByKey, idempotencyKey);
    },
    replayed() {
      replays += 1;
    },
    ledger(now) {
      const entries = jobs.all().map((job) => entryOf(job, now));
      const billedMicroUsd = sumUsd(entries.map((entry) => entry.billedMicroUsd));
      return {
        postsReceived,
        jobsCreated: entries.length,
        replays,
        billedSeconds: entries.reduce((sum, entry) => sum + entry.billedSeconds, 0),
        billedMicroUsd,
        billedUsd: billedMicroUsd / 1_000_000,
        byPrompt: countsOf(postsByPrompt, entries, (entry) => entry.prompt),
        byIdempotencyKey: countsOf(postsByKey, entries, (entry) => entry.idempotencyKey),
        jobs: entries,
      };
    },
  };
}

/** Charged when it is completed; deleted before that, it costs nothing; a failed one only where its fault says so. */
function entryOf(job: Job, now: number): LedgerEntry {
  const { deletedAt, outlivesDeletion } = job;
  const state = stateOf(job, outlivesDeletion ? now : Math.min(now, deletedAt ?? now));
  const isBilled =
    state.status === 'completed' ||
    (state.status === 'failed' && job.ending?.does === 'fail' && job.ending.billed);
  return {
    id: job.id,
    prompt: job.prompt,
    model: job.model,
    seconds: job.seconds,
    size: formatSize(job),
    status: deletedAt === undefined ? state.status : 'deleted',
    idempotencyKey: job.idempotencyKey ?? null,
    createdAtMs: job.createdAt,
    billedSeconds: isBilled ? job.billedSeconds : 0,
    billedMicroUsd: isBilled ? job.price : microUsd(0),
  };
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function countsOf(
  posts: ReadonlyMap<string, number>,
  entries: readonly LedgerEntry[],
  keyOf: (entry: LedgerEntry) => string | null,
): Record<string, Count> {
  const jobs = new Map<string, number>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key !== null) increment(jobs, key);
  }
  return Object.fromEntries(
    [...posts].map(([key, count]) => [key, { posts: count, jobs: jobs.get(key) ?? 0 }]),
  );
}
