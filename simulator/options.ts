import { z } from 'zod';
import { DIALECTS } from '../domain/dialects.ts';
import { chaosSchema } from './chaos.ts';
import { namedFaultSchema } from './fault-catalogue.ts';
import { faultSchema } from './faults.ts';
import { PUBLISHED_PRICES } from './prices.ts';
import { webhooksSchema } from './webhooks.ts';

const seconds = z.number().min(0);

/** Everything that can be set about a simulated provider; each has a default that fits a demo. */
export const optionsSchema = z.strictObject({
  /** 0 takes a free one. */
  port: z.number().int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  /** The one key that is accepted; any that is not empty where it is left out. */
  apiKey: z.string().min(1).optional(),
  /** How long a job takes: base + perVideoSecond * length, then up to `jitter` (a share) more or less. */
  render: z
    .strictObject({
      baseSeconds: seconds.default(0.5),
      perVideoSecond: seconds.default(0.25),
      jitter: z.number().min(0).max(1).default(0.2),
    })
    .prefault({}),
  /** Decides the jitter. Job ids are random, so that two simulators never give the same one. */
  seed: z.union([z.string(), z.number()]).default('simulator'),
  prices: z.record(z.string(), z.record(z.string(), z.number().min(0))).default(PUBLISHED_PRICES),
  /** A shorter video is billed as one of so many seconds, as some providers do. */
  billsAtLeastSeconds: z.number().int().min(0).default(0),
  /** Take only the lengths and sizes that the real service took, for the models it had. */
  strict: z.boolean().default(false),
  /** The real service ignored `Idempotency-Key`. */
  honoursIdempotencyKeys: z.boolean().default(false),
  /** Send `openai-poll-after-ms` with jobs that are not finished. */
  sendsPollHint: z.boolean().default(true),
  /** How answers are worded; what can be done is the same in each, but for a list that some have not. */
  dialect: z.enum(DIALECTS).default('openai'),
  /** Some gateways have no list; left out, the dialect's own way. */
  listsJobs: z.boolean().optional(),
  /** The real service deleted finished jobs only. */
  deleteCancelsRunning: z.boolean().default(true),
  /** Unfinished jobs at a time; one more is refused with 429. */
  maxRunning: z.number().int().min(1).optional(),
  /** Creates in any 60 seconds; one more is refused with 429. The published tiers: 25, 50, 125, 200, 375. */
  createsPerMinute: z.number().int().min(1).optional(),
  /** After this, content is gone. */
  expiresAfterSeconds: seconds.default(3600),
  /** Films really made for one length and size before they are shown again in turn. */
  mostDifferentFilms: z.number().int().min(1).default(32),
  /** Language models that there are, beside those for videos. */
  textModels: z.array(z.string().min(1)).default(['simulated-writer']),
  /** The one key for them; the same as for videos where it is left out. */
  textApiKey: z.string().min(1).optional(),
  /** The strictest form of answers that can be asked for. */
  textFormat: z.enum(['json_schema', 'json_object', 'none']).default('json_schema'),
  /** Refuse the older name for the most tokens, as OpenAI's newer models do. */
  wantsMaxCompletionTokens: z.boolean().default(false),
  faults: z.array(faultSchema).default([]),
  /** Left out: jobs end without a word. */
  webhooks: webhooksSchema.optional(),
  /** Of the catalogue. */
  namedFaults: z.array(namedFaultSchema).default([]),
  /** Faults by lot. */
  chaos: chaosSchema.optional(),
});

export type SimulatorOptions = z.input<typeof optionsSchema>;
export type SimulatorSettings = z.output<typeof optionsSchema>;
