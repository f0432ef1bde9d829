import type { FaultName } from '../../simulator/fault-catalogue.ts';

/** The systems that meet the faults: which provider, and how the workers are set. */
export type WorldName = keyof typeof WORLDS;

/** As the worker's own, but quick. */
const TIMING = { sendWithinMs: 5000, answerWithinMs: 1000, lookAgainMs: 200, looks: 3 };
/** Four seconds, in minutes. */
const SHORT_TIME = 4 / 60;

export const WORLDS = {
  usual: { timing: TIMING },
  alone: { timing: TIMING },
  'no list': { timing: TIMING, simulator: { listsJobs: false } },
  'keys honoured': {
    timing: TIMING,
    honoursIdempotencyKeys: true,
    simulator: { honoursIdempotencyKeys: true },
  },
  'keys promised in vain': { timing: TIMING, honoursIdempotencyKeys: true },
  'short time': { timing: TIMING, jobTimeoutMinutes: SHORT_TIME },
  'short time, nothing stopped': {
    timing: TIMING,
    jobTimeoutMinutes: SHORT_TIME,
    cancelsJobs: false,
    simulator: { deleteCancelsRunning: false },
  },
} as const;

export const WORLDS_IN_WORDS: Readonly<Record<WorldName, { title: string; text: string }>> = {
  usual: {
    title: 'A provider as the published service was',
    text: 'It ignores `Idempotency-Key`, lists its jobs, and its running jobs can be stopped.',
  },
  alone: {
    title: 'The same provider, with one group alone',
    text: 'So that the other job is one of the same group.',
  },
  'no list': {
    title: 'A gateway without a list',
    text: 'Jobs are asked for one by one, and none can be found whose id was lost.',
  },
  'keys honoured': {
    title: 'A provider that honours `Idempotency-Key`',
    text: 'An order that is sent again under its key makes no second job (`VIDEO_API_HONOURS_IDEMPOTENCY_KEYS=true`).',
  },
  'keys promised in vain': {
    title: 'A provider that is said to honour `Idempotency-Key`, and does not',
    text: 'Why the setting is off unless the provider promises it.',
  },
  'short time': {
    title: 'Jobs that take too long, at a provider that stops them',
    text: 'With `VIDEO_JOB_TIMEOUT_MINUTES` at a few seconds and `VIDEO_API_CANCELS_JOBS=true`.',
  },
  'short time, nothing stopped': {
    title: 'Jobs that take too long, at a provider that can’t stop them',
    text: 'With `VIDEO_JOB_TIMEOUT_MINUTES` at a few seconds.',
  },
};

/** What becomes of an order that meets a fault, in a group whose other orders meet none. */
export interface Outcome {
  readonly fault: FaultName;
  /** `usual` where it is left out. */
  readonly world?: WorldName;
  /** How often the video is ordered: 2 where it is ordered anew by itself, after a job that was stopped. 1 unless told. */
  readonly orders?: 1 | 2;
  /** How many jobs the provider makes of it. */
  readonly jobs: 0 | 1 | 2;
  /** How many videos the provider charges for. */
  readonly billed: 0 | 1 | 2;
  /** What our book says of each order's reservation; `open` while a person has to settle it. */
  readonly book: 'charged' | 'released' | 'open';
  /** Where the book is not what the provider charges: why it can't be, or must not be. */
  readonly because?: string;
  readonly ends: 'completed' | 'failed' | 'held';
  /** In what status says about it, these words; nothing is said about a video that is there. */
  readonly told: readonly string[];
  /** In what the Web UI shows while it waits. */
  readonly meanwhile?: string;
}

const NOTHING: readonly string[] = [];

/** Every fault that the product can meet. What is not an order's own fault is in `test/faults/` under its own name. */
export const OUTCOMES: readonly Outcome[] = [
  // The order
  {
    fault: 'refused-prompt',
    jobs: 0,
    billed: 0,
    book: 'released',
    ends: 'failed',
    told: ['said no', 'blocked by our moderation'],
  },
  {
    fault: 'dropped-before-creation',
    jobs: 0,
    billed: 0,
    book: 'open',
    because: 'nobody can know that no job was made; a person looks, and says so',
    ends: 'held',
    told: ['may or may not have been charged', 'screentest jobs adopt', '--accept-possible-charge'],
  },
  {
    fault: 'dropped-before-creation',
    world: 'keys honoured',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
  },
  {
    fault: 'dropped-after-creation',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
  },
  {
    fault: 'dropped-after-creation',
    world: 'keys honoured',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
  },
  {
    fault: 'dropped-after-creation',
    world: 'no list',
    jobs: 1,
    billed: 1,
    book: 'open',
    because: 'without a list nobody can find the job; a person looks, and says so',
    ends: 'held',
    told: ['may or may not have been charged'],
  },
  {
    fault: 'dropped-after-creation',
    world: 'keys promised in vain',
    jobs: 2,
    billed: 2,
    book: 'charged',
    because:
      'the setting promises that a key makes one job, and the provider breaks it: so it is off by default',
    ends: 'completed',
    told: NOTHING,
  },
  { fault: 'late-answer', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  { fault: 'retry-bills-twice', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  {
    fault: 'retry-bills-twice',
    world: 'keys honoured',
    jobs: 1,
    billed: 1,
    book: 'open',
    because: 'every answer was an error, so that the job’s id never came; a person settles it',
    ends: 'held',
    told: ['may or may not have been charged', 'same key'],
  },
  {
    fault: 'runaway-bill',
    jobs: 1,
    billed: 1,
    book: 'open',
    because:
      'the job is in no list; the reservation stays until a person settles it, and nothing more is sent',
    ends: 'held',
    told: ['may or may not have been charged'],
  },
  {
    fault: 'key-refused',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
    meanwhile: 'refused the key (401',
  },
  { fault: 'concurrency-limit', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },

  // The job
  {
    fault: 'stuck-queued',
    world: 'short time',
    orders: 2,
    jobs: 2,
    billed: 0,
    book: 'released',
    ends: 'failed',
    told: ['did not finish the job in time', 'stopped, and is not charged'],
  },
  {
    fault: 'stuck-in-progress',
    world: 'short time',
    orders: 2,
    jobs: 2,
    billed: 0,
    book: 'released',
    ends: 'failed',
    told: ['did not finish the job in time', 'stopped, and is not charged'],
  },
  {
    fault: 'stuck-in-progress',
    world: 'short time, nothing stopped',
    jobs: 1,
    billed: 0,
    book: 'charged',
    because: 'nobody confirmed that the job was stopped, so it counts as charged',
    ends: 'failed',
    told: ['did not finish the job in time', 'counts as charged'],
  },
  {
    fault: 'done-upstream',
    world: 'short time',
    orders: 2,
    jobs: 2,
    billed: 2,
    book: 'released',
    because: 'the provider confirmed that it stopped a running job; only its invoice tells otherwise',
    ends: 'failed',
    told: ['did not finish the job in time', 'stopped, and is not charged'],
  },
  {
    fault: 'done-upstream',
    world: 'short time, nothing stopped',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['did not finish the job in time', 'counts as charged'],
  },
  {
    fault: 'delete-does-not-stop',
    world: 'short time',
    orders: 2,
    jobs: 2,
    billed: 2,
    book: 'released',
    because: 'the provider confirmed that it stopped the job; only its invoice tells otherwise',
    ends: 'failed',
    told: ['did not finish the job in time', 'stopped, and is not charged'],
  },
  {
    fault: 'delete-does-not-stop',
    world: 'short time, nothing stopped',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['did not finish the job in time', 'counts as charged'],
  },
  {
    fault: 'job-fails',
    jobs: 1,
    billed: 0,
    book: 'released',
    ends: 'failed',
    told: ['failed to make the video', 'internal_error'],
  },
  {
    fault: 'moderation-after-render',
    jobs: 1,
    billed: 0,
    book: 'released',
    ends: 'failed',
    told: ['failed to make the video', 'moderation'],
  },
  {
    fault: 'moderation-after-render-charged',
    jobs: 1,
    billed: 1,
    book: 'released',
    because:
      'the protocol says that the job failed, and nothing of a charge; only the invoice tells otherwise',
    ends: 'failed',
    told: ['failed to make the video', 'moderation'],
  },
  {
    fault: 'status-outage',
    world: 'no list',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
  },
  {
    fault: 'status-unknown',
    world: 'no list',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
  },
  {
    fault: 'status-of-another-job',
    world: 'no list',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'completed',
    told: NOTHING,
  },

  // The file
  { fault: 'content-late', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  {
    fault: 'expired-link',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['expired before it was fetched', 'retry the variant'],
  },
  {
    fault: 'done-but-empty',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['not what was ordered', 'no bytes'],
  },
  {
    fault: 'page-not-video',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['not what was ordered', 'HTML'],
  },
  { fault: 'page-once', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  {
    fault: 'wrong-bytes',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['not what was ordered', 'MP4'],
  },
  {
    fault: 'no-moov',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['not what was ordered', 'moov'],
  },
  {
    fault: 'cut-file',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['not what was ordered'],
  },
  { fault: 'cut-body', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  { fault: 'frozen-body', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  { fault: 'slow-body', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  {
    fault: 'wrong-duration',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['it plays 3 s, ordered were 1 s', 'kept as'],
  },
  {
    fault: 'wrong-size',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['96x64', 'ordered was 128x72', 'kept as'],
  },
  { fault: 'wrong-content-type', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
  {
    fault: 'file-of-another-job',
    world: 'alone',
    jobs: 1,
    billed: 1,
    book: 'charged',
    ends: 'failed',
    told: ['not what was ordered', 'the same as those of'],
  },
  // Never met: no order carries a reference picture.
  { fault: 'reference-size', jobs: 1, billed: 1, book: 'charged', ends: 'completed', told: NOTHING },
];
