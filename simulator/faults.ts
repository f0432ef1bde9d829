import { z } from 'zod';
import { webhookFaultSchema } from './webhook-faults.ts';

const milliseconds = z.number().int().min(0);
const httpStatus = z.number().int().min(400).max(599);

/** Which jobs or requests it is for; all that is given must hold, and nothing given means every one. */
export const faultMatch = z
  .strictObject({
    /** A part of the prompt. */
    prompt: z.string().min(1).optional(),
    model: z.string().min(1).optional(),
    /** The nth create that reached the simulator, from 1; or the nth chat. */
    ordinal: z.number().int().min(1).optional(),
    /** Whether the create carries a reference picture. */
    reference: z.boolean().optional(),
  })
  .prefault({});

/** How often it applies: to so many requests (or jobs, where it is on a job), then no more. */
const common = {
  name: z.string().optional(),
  match: faultMatch,
  times: z.union([z.number().int().min(1), z.literal('always')]).default(1),
  /** Whether `times` counts for each prompt by itself. */
  each: z.boolean().default(false),
};

/** The request is answered with an error, in OpenAI's shape. */
const answer = {
  ...common,
  does: z.literal('answer'),
  status: httpStatus,
  code: z.string().nullable().default(null),
  /** `{key}` stands for the API key that was sent: some servers repeat it in their errors. */
  message: z.string().default('The simulator was told to answer so.'),
  type: z.string().default('server_error'),
  retryAfterSeconds: z.number().min(0).optional(),
};
/** The connection is closed without an answer. */
const drop = { ...common, does: z.literal('drop') };
/** It is done at once, and answered late. */
const hang = { ...common, does: z.literal('hang'), milliseconds };
const created = {
  /** Whether the job is made all the same: the case in which nobody can tell whether it was paid for. */
  created: z.boolean().default(false),
};

const createFault = z.discriminatedUnion('does', [
  z.strictObject({ on: z.literal('create'), ...answer, ...created }),
  z.strictObject({ on: z.literal('create'), ...drop, ...created }),
  z.strictObject({ on: z.literal('create'), ...hang }),
]);

const requestName = z.enum(['list', 'delete']);
const requestFault = z.discriminatedUnion('does', [
  z.strictObject({ on: requestName, ...answer }),
  z.strictObject({ on: requestName, ...drop }),
  z.strictObject({ on: requestName, ...hang }),
]);

const retrieveFault = z.discriminatedUnion('does', [
  z.strictObject({ on: z.literal('retrieve'), ...answer }),
  z.strictObject({ on: z.literal('retrieve'), ...drop }),
  z.strictObject({ on: z.literal('retrieve'), ...hang }),
  /** Another server behind the same address answers, with a job of its own under that job's id. */
  z.strictObject({
    on: z.literal('retrieve'),
    ...common,
    does: z.literal('misroute'),
    status: z.enum(['completed', 'failed']),
  }),
]);

const jobFault = z.discriminatedUnion('does', [
  /** Ends `failed`; `atProgress` 100 is a refusal after the whole rendering. */
  z.strictObject({
    on: z.literal('job'),
    ...common,
    does: z.literal('fail'),
    code: z.string().default('internal_error'),
    message: z.string().default('The video could not be generated.'),
    atProgress: z.number().min(0).max(100).default(50),
    /** Whether it is charged all the same. */
    billed: z.boolean().default(false),
  }),
  /** Never finishes; `atProgress` 0 stays queued. */
  z.strictObject({
    on: z.literal('job'),
    ...common,
    does: z.literal('stall'),
    atProgress: z.number().min(0).max(99).default(50),
  }),
  z.strictObject({
    on: z.literal('job'),
    ...common,
    does: z.literal('slow'),
    factor: z.number().min(1),
  }),
  /** The film is of another length or size than was ordered; its price is the order's. */
  z.strictObject({
    on: z.literal('job'),
    ...common,
    does: z.literal('misrender'),
    seconds: z.number().int().min(1).max(60).optional(),
    size: z
      .string()
      .regex(/^\d+x\d+$/)
      .optional(),
  }),
  /** It exists, but the list does not show it. */
  z.strictObject({ on: z.literal('job'), ...common, does: z.literal('hide') }),
  /** It is completed and charged in its time; its status is never told beyond `atProgress`. */
  z.strictObject({
    on: z.literal('job'),
    ...common,
    does: z.literal('conceal'),
    atProgress: z.number().min(0).max(99).default(50),
  }),
  /** Its file is gone the moment that it is completed. */
  z.strictObject({ on: z.literal('job'), ...common, does: z.literal('expire') }),
  /** Deleting it is confirmed, and does not stop it: it is charged once its time is over. */
  z.strictObject({ on: z.literal('job'), ...common, does: z.literal('outlive') }),
]);

const contentFault = z.discriminatedUnion('does', [
  z.strictObject({ on: z.literal('content'), ...answer }),
  z.strictObject({ on: z.literal('content'), ...drop }),
  z.strictObject({ on: z.literal('content'), ...hang }),
  /** 404 although the job is completed; for so long after its completion, where that is given. */
  z.strictObject({
    on: z.literal('content'),
    ...common,
    does: z.literal('missing'),
    forMilliseconds: milliseconds.optional(),
  }),
  /** An error page with status 200. */
  z.strictObject({ on: z.literal('content'), ...common, does: z.literal('page') }),
  z.strictObject({ on: z.literal('content'), ...common, does: z.literal('empty') }),
  /** Only a share of the bytes: declared as such, or with the whole length declared and the connection closed. */
  z.strictObject({
    on: z.literal('content'),
    ...common,
    does: z.literal('truncate'),
    keepShare: z.number().min(0).max(1).default(0.5),
    declares: z.enum(['kept', 'whole']).default('kept'),
  }),
  /** A share of the bytes, and then nothing: neither more nor an end. */
  z.strictObject({
    on: z.literal('content'),
    ...common,
    does: z.literal('freeze'),
    keepShare: z.number().min(0).max(1).default(0.5),
  }),
  /** An MP4 whose index (the `moov` box) was never written. */
  z.strictObject({ on: z.literal('content'), ...common, does: z.literal('unindex') }),
  /** As many bytes as the file has, and none of them its own. */
  z.strictObject({ on: z.literal('content'), ...common, does: z.literal('garble') }),
  z.strictObject({
    on: z.literal('content'),
    ...common,
    does: z.literal('trickle'),
    bytesPerSecond: z.number().int().min(1),
  }),
  /** The right bytes under another content type. */
  z.strictObject({
    on: z.literal('content'),
    ...common,
    does: z.literal('relabel'),
    contentType: z.string(),
  }),
  /** The bytes of the first other job instead of its own. */
  z.strictObject({ on: z.literal('content'), ...common, does: z.literal('duplicate') }),
]);

const chatFault = z.discriminatedUnion('does', [
  z.strictObject({ on: z.literal('chat'), ...answer }),
  z.strictObject({ on: z.literal('chat'), ...drop }),
  z.strictObject({ on: z.literal('chat'), ...hang }),
  /** The model says that it won't; or a filter stops its answer. */
  z.strictObject({
    on: z.literal('chat'),
    ...common,
    does: z.literal('refuse'),
    how: z.enum(['refusal', 'content_filter']).default('refusal'),
    message: z.string().default("I'm sorry, I can't help with that."),
  }),
  /** An answer that ends in the middle, since it has as many tokens as it may. */
  z.strictObject({ on: z.literal('chat'), ...common, does: z.literal('cut') }),
  /** Text that is no JSON. */
  z.strictObject({ on: z.literal('chat'), ...common, does: z.literal('chatter') }),
  /** JSON of another shape than was asked for: a field is missing, and there is one that nobody wanted. */
  z.strictObject({ on: z.literal('chat'), ...common, does: z.literal('misfit') }),
  /** The right shape, with these words in every text. */
  z.strictObject({ on: z.literal('chat'), ...common, does: z.literal('say'), words: z.string().min(1) }),
  /** No count of tokens. */
  z.strictObject({ on: z.literal('chat'), ...common, does: z.literal('uncounted') }),
]);

const webhookFault = webhookFaultSchema(common);

export const faultSchema = z.discriminatedUnion('on', [
  createFault,
  requestFault,
  retrieveFault,
  jobFault,
  contentFault,
  chatFault,
  webhookFault,
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type CreateFault = z.output<typeof createFault>;
export type RetrieveFault = z.output<typeof retrieveFault>;
/** What can befall any request about a job. */
export type RequestFault = z.output<typeof requestFault> | Exclude<RetrieveFault, { does: 'misroute' }>;
export type JobFault = z.output<typeof jobFault>;
export type ChatFault = z.output<typeof chatFault>;
export type ContentFault = z.output<typeof contentFault>;

export interface FaultSubject {
  readonly prompt: string;
  readonly model: string;
  readonly ordinal: number;
  /** Whether the create carried a reference picture. */
  readonly hasReference: boolean;
}

export interface FaultPlan {
  add(faults: readonly Fault[]): void;
  clear(): void;
  /** Every fault with the number of times it has applied. */
  list(): readonly { readonly fault: Fault; readonly applied: number }[];
  /**
   * The first fault that fits and is not used up; it is counted as applied.
   * @param subject undefined for a request that is about no one job, which only a fault without a match fits
   */
  take<Kind extends Fault>(
    isKind: (fault: Fault) => fault is Kind,
    subject: FaultSubject | undefined,
  ): Kind | undefined;
}

export function createFaultPlan(initial: readonly Fault[]): FaultPlan {
  let entries = initial.map(newEntry);
  return {
    add(faults) {
      entries.push(...faults.map(newEntry));
    },
    clear() {
      entries = [];
    },
    list: () => entries.map(({ fault, applied }) => ({ fault, applied })),
    take(isKind, subject) {
      for (const entry of entries) {
        const { fault } = entry;
        if (isUsedUp(entry, subject) || !isKind(fault) || !fits(fault, subject)) continue;
        entry.applied += 1;
        if (subject !== undefined) {
          entry.appliedTo.set(subject.prompt, (entry.appliedTo.get(subject.prompt) ?? 0) + 1);
        }
        return fault;
      }
      return undefined;
    },
  };
}

interface Entry {
  readonly fault: Fault;
  applied: number;
  /** By prompt. */
  readonly appliedTo: Map<string, number>;
}

function newEntry(fault: Fault): Entry {
  return { fault, applied: 0, appliedTo: new Map() };
}

function isUsedUp({ fault, applied, appliedTo }: Entry, subject: FaultSubject | undefined): boolean {
  if (fault.times === 'always') return false;
  const count = fault.each && subject !== undefined ? (appliedTo.get(subject.prompt) ?? 0) : applied;
  return count >= fault.times;
}

function fits({ match }: Fault, subject: FaultSubject | undefined): boolean {
  if (subject === undefined) return Object.values(match).every((value) => value === undefined);
  return (
    (match.prompt === undefined || subject.prompt.includes(match.prompt)) &&
    (match.model === undefined || subject.model === match.model) &&
    (match.ordinal === undefined || subject.ordinal === match.ordinal) &&
    (match.reference === undefined || subject.hasReference === match.reference)
  );
}
