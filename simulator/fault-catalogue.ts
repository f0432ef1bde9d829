import { z } from 'zod';
import { type Fault, type FaultInput, faultMatch, faultSchema } from './faults.ts';
import type { Limits } from './limits.ts';

/** A way in which video APIs fail, under a name. */
interface Described {
  /** What happens in the world, in a sentence. */
  readonly happens: string;
}

/** Played by faults: for one order, or for all. */
interface PlayedByFaults extends Described {
  readonly faults: readonly FaultInput[];
}

/** Played by what the whole account may do. */
interface PlayedByLimits extends Described {
  readonly limits: Limits;
}

/** Not the video API's doing, so nothing here plays it. */
interface PlayedElsewhere extends Described {
  readonly elsewhere: string;
}

type Entry = PlayedByFaults | PlayedByLimits | PlayedElsewhere;

const ALWAYS = { times: 'always' } as const;

function rateTier(createsPerMinute: number): PlayedByLimits {
  return {
    happens: `The account may create ${createsPerMinute} jobs in a minute, as one of the published tiers; one more is refused with 429.`,
    limits: { createsPerMinute },
  };
}

/**
 * How video APIs are known to fail. Where a fault has `times`, it counts for each order by itself, so that without a
 * match every order meets it.
 */
export const FAULT_CATALOGUE = {
  'refused-prompt': {
    happens: 'Moderation refuses the prompt before a job is made.',
    faults: [
      {
        on: 'create',
        does: 'answer',
        status: 400,
        code: 'moderation_blocked',
        message: 'This prompt was blocked by our moderation system.',
        type: 'image_generation_user_error',
        ...ALWAYS,
      },
    ],
  },
  'dropped-before-creation': {
    happens: 'The connection breaks while the order is sent, and no job is made.',
    faults: [{ on: 'create', does: 'drop' }],
  },
  'dropped-after-creation': {
    happens: 'The job is made, and the connection breaks before its id is told.',
    faults: [{ on: 'create', does: 'drop', created: true }],
  },
  'retry-bills-twice': {
    happens: 'The job is made and the answer is an error; each repetition makes, and charges, another job.',
    faults: [{ on: 'create', does: 'answer', status: 500, created: true, ...ALWAYS }],
  },
  'runaway-bill': {
    happens:
      'Every order is answered with an error, makes a job that is charged, and is missing from the list.',
    faults: [
      { on: 'create', does: 'answer', status: 500, created: true, ...ALWAYS },
      { on: 'job', does: 'hide', ...ALWAYS },
    ],
  },
  'late-answer': {
    happens: 'The job is made at once, and the answer to its creation takes ten minutes.',
    faults: [{ on: 'create', does: 'hang', milliseconds: 600_000 }],
  },
  'key-refused': {
    happens: 'The key is refused for a while, and the error repeats it.',
    faults: [
      {
        on: 'create',
        does: 'answer',
        status: 401,
        code: 'invalid_api_key',
        message: 'Incorrect API key provided: {key}.',
        type: 'invalid_request_error',
        times: 2,
      },
    ],
  },
  'concurrency-limit': {
    happens: 'Too many jobs are running: creates are refused with 429 until some are done.',
    faults: [
      {
        on: 'create',
        does: 'answer',
        status: 429,
        code: 'rate_limit_exceeded',
        message: 'Too many concurrent tasks.',
        type: 'requests',
        retryAfterSeconds: 0.3,
        times: 3,
      },
    ],
  },
  'rate-tier-25': rateTier(25),
  'rate-tier-50': rateTier(50),
  'rate-tier-125': rateTier(125),
  'rate-tier-200': rateTier(200),
  'rate-tier-375': rateTier(375),
  'stuck-queued': {
    happens: 'The job never leaves the queue.',
    faults: [{ on: 'job', does: 'stall', atProgress: 0, ...ALWAYS }],
  },
  'stuck-in-progress': {
    happens: 'The job stops half-way and stays in progress for ever.',
    faults: [{ on: 'job', does: 'stall', atProgress: 50, ...ALWAYS }],
  },
  'done-upstream': {
    happens: 'The job is done and charged, and the gateway goes on saying that it is in progress.',
    faults: [{ on: 'job', does: 'conceal', atProgress: 50, ...ALWAYS }],
  },
  'delete-does-not-stop': {
    happens: 'The job is slow; deleting it is confirmed, and it goes on and is charged all the same.',
    faults: [
      { on: 'job', does: 'slow', factor: 30, ...ALWAYS },
      { on: 'job', does: 'outlive', ...ALWAYS },
    ],
  },
  'job-fails': {
    happens: 'The job fails half-way, and costs nothing.',
    faults: [{ on: 'job', does: 'fail', atProgress: 50, ...ALWAYS }],
  },
  'moderation-after-render': {
    happens: 'The whole video is rendered, then moderation refuses it; it costs nothing.',
    faults: [
      {
        on: 'job',
        does: 'fail',
        code: 'moderation_blocked',
        message: 'Your request was blocked by our moderation system.',
        atProgress: 100,
        ...ALWAYS,
      },
    ],
  },
  'moderation-after-render-charged': {
    happens: 'The whole video is rendered, then moderation refuses it; it is charged.',
    faults: [
      {
        on: 'job',
        does: 'fail',
        code: 'moderation_blocked',
        message: 'Your request was blocked by our moderation system.',
        atProgress: 100,
        billed: true,
        ...ALWAYS,
      },
    ],
  },
  'status-outage': {
    happens: 'Asking about the job is answered with 503 for a while.',
    faults: [{ on: 'retrieve', does: 'answer', status: 503, times: 4 }],
  },
  'status-unknown': {
    happens: 'Asked about the job, another server behind the same address answers, and knows no such job.',
    faults: [
      {
        on: 'retrieve',
        does: 'answer',
        status: 404,
        code: 'not_found',
        message: 'Video not found.',
        times: 3,
      },
    ],
  },
  'status-of-another-job': {
    happens:
      'Asked about the job, another server behind the same address answers with a failed job of its own.',
    faults: [{ on: 'retrieve', does: 'misroute', status: 'failed', times: 2 }],
  },
  'content-late': {
    happens: 'The job is completed, and its file answers 404 for a while.',
    faults: [{ on: 'content', does: 'missing', times: 2 }],
  },
  'expired-link': {
    happens: 'The job is completed, and its file has expired before anybody fetched it.',
    faults: [{ on: 'job', does: 'expire', ...ALWAYS }],
  },
  'done-but-empty': {
    happens: 'The job is completed, and its file has no bytes.',
    faults: [{ on: 'content', does: 'empty', ...ALWAYS }],
  },
  'page-not-video': {
    happens: 'The file is answered with 200 and an error page.',
    faults: [{ on: 'content', does: 'page', ...ALWAYS }],
  },
  'page-once': {
    happens: 'The file is answered with an error page once, and is there when it is asked for again.',
    faults: [{ on: 'content', does: 'page' }],
  },
  'wrong-bytes': {
    happens: 'The file has the right size and label, and its bytes are noise.',
    faults: [{ on: 'content', does: 'garble', ...ALWAYS }],
  },
  'no-moov': {
    happens: 'The file is an MP4 whose index was never written, so that nothing can play it.',
    faults: [{ on: 'content', does: 'unindex', ...ALWAYS }],
  },
  'cut-file': {
    happens: 'The file ends half-way, and its declared length agrees.',
    faults: [{ on: 'content', does: 'truncate', declares: 'kept', ...ALWAYS }],
  },
  'cut-body': {
    happens: 'The connection breaks half-way through the file, twice.',
    faults: [{ on: 'content', does: 'truncate', declares: 'whole', times: 2 }],
  },
  'frozen-body': {
    happens: 'Half of the file arrives, then nothing more, and the connection stays open.',
    faults: [{ on: 'content', does: 'freeze' }],
  },
  'slow-body': {
    happens: 'The file arrives at a trickle.',
    faults: [{ on: 'content', does: 'trickle', bytesPerSecond: 2000 }],
  },
  'wrong-duration': {
    happens: 'The video has another length than was ordered.',
    faults: [{ on: 'job', does: 'misrender', seconds: 3, ...ALWAYS }],
  },
  'wrong-size': {
    happens: 'The video has another size than was ordered.',
    faults: [{ on: 'job', does: 'misrender', size: '96x64', ...ALWAYS }],
  },
  'wrong-content-type': {
    happens: 'The video is labelled application/octet-stream.',
    faults: [{ on: 'content', does: 'relabel', contentType: 'application/octet-stream', ...ALWAYS }],
  },
  'file-of-another-job': {
    happens: "The file is another job's.",
    faults: [
      { on: 'content', does: 'duplicate', ...ALWAYS },
      // The other one is fetched before.
      { on: 'job', does: 'slow', factor: 5, ...ALWAYS },
    ],
  },
  'reference-size': {
    happens: 'A reference picture whose size is not the video’s is refused.',
    faults: [
      {
        on: 'create',
        does: 'answer',
        status: 400,
        code: 'invalid_value',
        message: 'Inpaint image must match the requested width and height.',
        match: { reference: true },
        ...ALWAYS,
      },
    ],
  },
  'webhook-twice': {
    happens: 'The same message that the job is over arrives twice.',
    faults: [{ on: 'webhook', does: 'repeat', ...ALWAYS }],
  },
  'webhook-out-of-order': {
    happens: 'The message that the job is over arrives after the next one about another job.',
    faults: [{ on: 'webhook', does: 'overtaken', ...ALWAYS }],
  },
  'webhook-early': {
    happens: 'A message says that the job is completed the moment that it is made.',
    faults: [{ on: 'webhook', does: 'early', ...ALWAYS }],
  },
  'webhook-lost': {
    happens: 'No message tells that the job is over.',
    faults: [{ on: 'webhook', does: 'lose', ...ALWAYS }],
  },
  'webhook-forged': {
    happens: 'The message that the job is over is signed with another secret.',
    faults: [{ on: 'webhook', does: 'forge', ...ALWAYS }],
  },
  'webhook-replayed': {
    happens: 'The message that the job is over was signed an hour ago.',
    faults: [{ on: 'webhook', does: 'stale', ...ALWAYS }],
  },
  'frozen-worker': {
    happens: 'A worker is frozen between taking an order and sending it, and wakes long after.',
    elsewhere: 'it is stopped with SIGSTOP and woken with SIGCONT by the test of killed workers',
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type FaultName = keyof typeof FAULT_CATALOGUE;

export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULT_CATALOGUE).filter(isFaultName);

/** Those that can strike one order by itself. */
export const ORDER_FAULTS: readonly FaultName[] = FAULT_NAMES.filter(
  (name) => 'faults' in FAULT_CATALOGUE[name],
);

/** All that the simulator plays. */
export const faultName = z.enum(FAULT_NAMES.filter((name) => !('elsewhere' in FAULT_CATALOGUE[name])));

export const namedFaultSchema = z.strictObject({ name: faultName, match: faultMatch });

export type NamedFault = z.output<typeof namedFaultSchema>;

/** What plays the named fault for the orders that match; nothing where a limit of the account plays it. */
export function faultsOf({ name, match }: NamedFault): readonly Fault[] {
  const entry: Entry = FAULT_CATALOGUE[name];
  if (!('faults' in entry)) return [];
  return entry.faults.map((fault) =>
    faultSchema.parse({ ...fault, name, each: true, match: { ...fault.match, ...match } }),
  );
}

/** What the account may do under the named fault. */
export function limitsOf({ name }: NamedFault): Limits {
  const entry: Entry = FAULT_CATALOGUE[name];
  return 'limits' in entry ? entry.limits : {};
}

function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(FAULT_CATALOGUE, text);
}
