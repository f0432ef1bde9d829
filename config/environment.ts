import { z } from 'zod';
import { DIALECTS } from '../domain/dialects.ts';
import { BadInput } from '../domain/errors.ts';
import { isUsd, USD_ALLOWED } from '../domain/money.ts';
import { DEFAULT_RETENTION } from '../domain/retention.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const BASE_URL_FORM = 'an http(s) address, up to and including /v1';
const PORT_FORM = 'a port, 1 to 65535';
const S3_ENDPOINT_FORM = 'an http(s) address without a user or password in it';

/** A number above 0, up to `most`. */
function positive(most: number, unit: string) {
  const error = `a number of ${unit}, above 0 and up to ${most}`;
  return z.coerce.number({ error }).positive({ error }).max(most, { error });
}

/** Text that must be there. */
function text(what: string) {
  return z.string({ error: what }).min(1, { error: what });
}

/** Left out, what is known of the provider holds. */
const optionalFlag = z
  .enum(['true', 'false'], { error: 'true or false' })
  .transform((text) => text === 'true')
  .optional();
const port = z.coerce
  .number({ error: PORT_FORM })
  .int({ error: PORT_FORM })
  .min(1, { error: PORT_FORM })
  .max(65_535, { error: PORT_FORM });

/**
 * Everything that is set from outside, as environment variables. `docs/configuration.md` lists them; a test
 * holds the two equal. Temporal's connection has its own profiles and variables (`temporal/connection.ts`).
 */
const databaseSettings = z.object({
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'an address such as postgresql://user:password@host:5432/name',
  }),
});

const personSettings = z.object({
  /** Who acts, when a command does not say so. */
  SCREENTEST_USER: z.email({ error: 'an e-mail address' }).optional(),
});

const VIDEO_PROVIDERS = ['openai-compatible', 'fal', 'openrouter', 'manual'] as const;
type VideoProviderName = (typeof VIDEO_PROVIDERS)[number];
const DEFAULT_PROVIDER: VideoProviderName = 'openai-compatible';

const providerSettings = z.object({
  /** Who makes the videos; docs/providers.md tells what each needs. */
  VIDEO_PROVIDER: z
    .enum(VIDEO_PROVIDERS, { error: `one of ${VIDEO_PROVIDERS.join(', ')}` })
    .default(DEFAULT_PROVIDER),
  VIDEO_API_BASE_URL: z.url({ protocol: /^https?$/, error: BASE_URL_FORM }).optional(),
  VIDEO_API_KEY: z.string().optional(),
  /** How a server of the `/v1/videos` protocol speaks it; what it can do by default is the dialect's. */
  VIDEO_API_DIALECT: z.enum(DIALECTS, { error: `one of ${DIALECTS.join(', ')}` }).default('openai'),
  /** A create sent twice under one Idempotency-Key makes one job there. */
  VIDEO_API_HONOURS_IDEMPOTENCY_KEYS: optionalFlag,
  /** Deleting a running job stops it, and its charge. */
  VIDEO_API_CANCELS_JOBS: optionalFlag,
});

const perMillionTokens = z.coerce
  .number({ error: USD_ALLOWED })
  .refine(isUsd, { error: USD_ALLOWED })
  .optional();

/** A language model that words levels where a brief asks for it: docs/writer.md. All of the first five, or none. */
const textSettings = z.object({
  TEXT_API_BASE_URL: z.url({ protocol: /^https?$/, error: BASE_URL_FORM }).optional(),
  TEXT_API_KEY: z.string().optional(),
  TEXT_MODEL: z.string().max(200, { error: 'the name of a model, of up to 200 characters' }).optional(),
  TEXT_USD_PER_MILLION_INPUT_TOKENS: perMillionTokens,
  TEXT_USD_PER_MILLION_OUTPUT_TOKENS: perMillionTokens,
  /** US dollars that a group may spend on words; a brief may ask for less. */
  TEXT_BUDGET_USD: z.coerce.number({ error: USD_ALLOWED }).refine(isUsd, { error: USD_ALLOWED }).default(0.5),
  /** Seconds that an answer may take. */
  TEXT_TIMEOUT_SECONDS: positive(600, 'seconds').default(60),
});

const accountSettings = z.object({
  /** Names the account that is charged; each has a task queue, and so a rate limit, of its own. */
  VIDEO_API_ACCOUNT: z
    .string()
    .regex(/^[a-z0-9-]{1,50}$/, { error: 'up to 50 of a-z, 0-9 and -' })
    .default('default'),
});

const moneySettings = z.object({
  /** Prices that take the place of the published ones: for orders and estimates alike. */
  SCREENTEST_PRICES_FILE: z.string().optional(),
  /** US dollars a calendar month (UTC), for each venture that has set no budget of its own. Left out: no limit. */
  SCREENTEST_MONTHLY_CAP_USD: z.coerce
    .number({ error: USD_ALLOWED })
    .refine(isUsd, { error: USD_ALLOWED })
    .optional(),
});

const storageSettings = z.object({
  /** A folder on this machine, or else a bucket. */
  SCREENTEST_STORAGE_DIR: text('a folder for the videos').optional(),
  SCREENTEST_STORAGE_S3_BUCKET: text('the name of a bucket').optional(),
  /** Left out: Amazon's own. */
  SCREENTEST_STORAGE_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: S3_ENDPOINT_FORM })
    .refine((address) => !address.includes('@'), { error: S3_ENDPOINT_FORM })
    .optional(),
  SCREENTEST_STORAGE_S3_REGION: z.string().default('us-east-1'),
  SCREENTEST_STORAGE_S3_PREFIX: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+)*$/, {
      error: 'a path such as screentest/videos, of letters, digits, . _ - and /',
    })
    .default(''),
  SCREENTEST_STORAGE_S3_PATH_STYLE: optionalFlag.default(false),
});

const RETENTION_FORM = 'a whole number of months from 1 to 600';
const months = z.coerce
  .number({ error: RETENTION_FORM })
  .int({ error: RETENTION_FORM })
  .min(1, { error: RETENTION_FORM })
  .max(600, { error: RETENTION_FORM });
const VIDEO_DAYS_FORM = 'a whole number of days from 1 to 20000';
const videoDays = z.coerce
  .number({ error: VIDEO_DAYS_FORM })
  .int({ error: VIDEO_DAYS_FORM })
  .min(1, { error: VIDEO_DAYS_FORM })
  .max(20_000, { error: VIDEO_DAYS_FORM })
  .optional();

/** How long things are kept: docs/retention.md. */
const retentionSettings = z.object({
  /** Months after its end until a campaign is archived, and a month of metrics leaves the live tables. */
  SCREENTEST_ARCHIVE_AFTER_MONTHS: months.default(DEFAULT_RETENTION.archiveAfterMonths),
  /** Months until a campaign is dropped, and a month of metrics is exported and dropped. */
  SCREENTEST_DROP_AFTER_MONTHS: months.default(DEFAULT_RETENTION.dropAfterMonths),
  /** Days after a campaign's end until a video that did not win is removed. Left out: it goes with its campaign. */
  SCREENTEST_LOSING_VIDEO_DAYS: videoDays,
  /** Likewise for the winner's. */
  SCREENTEST_WINNING_VIDEO_DAYS: videoDays,
});

const backupSettings = z.object({
  /** Where backups of the database and its log are kept. Left out: none are taken from here. */
  SCREENTEST_BACKUP_DIR: text('a folder for the backups').optional(),
  /** Days back within which every moment can be restored. */
  SCREENTEST_BACKUP_KEEP_DAYS: positive(3650, 'days').default(30),
});

const SOURCES_FORM = 'http(s) addresses of servers without a path, separated by commas';
const origins = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((parts) => parts.every((part) => isOrigin(part)), { error: SOURCES_FORM })
  .transform((parts) => parts.map((part) => new URL(part).origin));

const workerSettings = z.object({
  /** Creates a minute that the account may send, as the provider publishes it. */
  VIDEO_API_SUBMITS_PER_MINUTE: positive(60_000, 'creates a minute').optional(),
  /** Minutes after which a job that did not finish is given up. */
  VIDEO_JOB_TIMEOUT_MINUTES: positive(600, 'minutes').default(30),
  /** Minutes without progress after which a running job is given up. Left out: only the whole time counts. */
  VIDEO_JOB_STALL_MINUTES: positive(600, 'minutes').optional(),
  /** With what the provider signs its webhooks. Left out: none are taken. */
  VIDEO_API_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{22,}={0,2}$/, {
      error: 'whsec_ and the base64 of 16 bytes or more, as the provider shows it',
    })
    .optional(),
  /** Draws thumbnails; `none` does without. */
  SCREENTEST_FFMPEG: z.string().default('ffmpeg'),
  /** Servers that a video may be fetched from although they are not on the public internet. */
  SCREENTEST_VIDEO_SOURCES: origins,
  /** Where /healthz and /metrics answer and webhooks are taken. Left out: no port. */
  SCREENTEST_HTTP_PORT: port.optional(),
  SCREENTEST_HTTP_HOST: z.string().default('127.0.0.1'),
  /** Where Temporal's SDK serves metrics of its own. Left out: it keeps none. */
  SCREENTEST_TEMPORAL_METRICS_PORT: port.optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }).default('info'),
});

export type DatabaseSettings = z.output<typeof databaseSettings>;
export type PersonSettings = z.output<typeof personSettings>;
export type AccountSettings = z.output<typeof accountSettings>;
export type MoneySettings = z.output<typeof moneySettings>;
export type StorageSettings = z.output<typeof storageSettings>;
export type RetentionSettings = z.output<typeof retentionSettings>;
export type BackupSettings = z.output<typeof backupSettings>;
export type WorkerSettings = z.output<typeof allWorkerSettings>;

/** What decides where a new group's videos come from. */
const startSettings = accountSettings.extend({ VIDEO_PROVIDER: providerSettings.shape.VIDEO_PROVIDER });

type Environment = Readonly<Record<string, string | undefined>>;

const allWorkerSettings = databaseSettings
  .extend(providerSettings.shape)
  .extend(textSettings.shape)
  .extend(accountSettings.shape)
  .extend(moneySettings.shape)
  .extend(storageSettings.shape)
  .extend(retentionSettings.shape)
  .extend(backupSettings.shape)
  .extend(workerSettings.shape);

export const readDatabaseSettings = reader(databaseSettings);
export const readPersonSettings = reader(personSettings);
export const readAccountSettings = reader(accountSettings);
export const readStartSettings = reader(startSettings);
export const readStorageSettings = reader(storageSettings, storageProblems);
export const readBackupSettings = reader(backupSettings);
export const readWorkerSettings = reader(allWorkerSettings, (set) => [
  ...providerProblems(set),
  ...textProblems(set),
  ...storageProblems(set),
  ...retentionProblems(set),
]);
export const readTextSettings = reader(textSettings, textProblems);
export const readRetentionSettings = reader(retentionSettings, retentionProblems);
export const readMoneySettings = reader(moneySettings);
/** Of these, what an estimate needs. */
export const readPricingSettings = reader(
  moneySettings.extend({ VIDEO_PROVIDER: providerSettings.shape.VIDEO_PROVIDER }),
);

/** Every variable's name, for the documentation's test. */
export const SETTING_NAMES = [
  ...Object.keys(allWorkerSettings.shape),
  ...Object.keys(personSettings.shape),
].toSorted();

function isOrigin(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { pathname, search, hash, username } = new URL(text);
  return pathname === '/' && search + hash + username === '';
}

/** What a provider needs; everything else about it has a default, or is ignored. */
const NEEDED_BY: Readonly<Record<VideoProviderName, readonly (keyof typeof NEEDED_FORMS)[]>> = {
  'openai-compatible': ['VIDEO_API_BASE_URL', 'VIDEO_API_KEY'],
  fal: ['VIDEO_API_KEY'],
  openrouter: ['VIDEO_API_KEY'],
  manual: [],
};
const NEEDED_FORMS = {
  VIDEO_API_BASE_URL: BASE_URL_FORM,
  VIDEO_API_KEY: 'the key for the video API',
} as const;

/** Promises of servers of the `/v1/videos` protocol, on which money rests; the others are known not to keep them. */
const PROMISES = ['VIDEO_API_HONOURS_IDEMPOTENCY_KEYS', 'VIDEO_API_CANCELS_JOBS'] as const;

interface Problem {
  readonly name: string;
  readonly allowed: string;
}

function providerProblems(set: Environment): readonly Problem[] {
  const { VIDEO_PROVIDER = DEFAULT_PROVIDER } = set;
  const provider = VIDEO_PROVIDERS.find((name) => name === VIDEO_PROVIDER);
  if (provider === undefined) return [];
  const missing = NEEDED_BY[provider].filter((name) => set[name] === undefined);
  const broken = provider === DEFAULT_PROVIDER ? [] : PROMISES.filter((name) => set[name] === 'true');
  return [
    ...missing.map((name) => ({ name, allowed: NEEDED_FORMS[name] })),
    ...broken.map((name) => ({ name, allowed: `false, since VIDEO_PROVIDER is ${provider}` })),
  ];
}

/** What a language model needs, with its prices: what is spent on words is counted. */
const NEEDED_TO_WRITE = {
  TEXT_API_BASE_URL: BASE_URL_FORM,
  TEXT_API_KEY: 'the key for the language model; any text where its server wants none',
  TEXT_MODEL: 'the name of a model',
  TEXT_USD_PER_MILLION_INPUT_TOKENS: `${USD_ALLOWED}; 0 where it costs nothing`,
  TEXT_USD_PER_MILLION_OUTPUT_TOKENS: `${USD_ALLOWED}; 0 where it costs nothing`,
} as const;

function textProblems(set: Environment): readonly Problem[] {
  const missing = Object.entries(NEEDED_TO_WRITE).filter(([name]) => set[name] === undefined);
  if (missing.length === Object.keys(NEEDED_TO_WRITE).length) return [];
  return missing.map(([name, form]) => ({ name, allowed: `${form}, beside the other settings of TEXT_` }));
}

/** Videos in two places, or in none, would be a guess of ours. */
function storageProblems(set: Environment): readonly Problem[] {
  const { SCREENTEST_STORAGE_DIR: folder, SCREENTEST_STORAGE_S3_BUCKET: bucket } = set;
  const one = 'exactly one of SCREENTEST_STORAGE_DIR (a folder) and SCREENTEST_STORAGE_S3_BUCKET (a bucket)';
  if ((folder === undefined) === (bucket === undefined)) {
    return [{ name: 'SCREENTEST_STORAGE_DIR', allowed: one }];
  }
  if (bucket !== undefined) return [];
  const lone = Object.keys(set).filter((name) => name.startsWith('SCREENTEST_STORAGE_S3_'));
  return lone.map((name) => ({ name, allowed: 'only beside SCREENTEST_STORAGE_S3_BUCKET' }));
}

/** Nothing is dropped that was not archived. */
function retentionProblems(set: Environment): readonly Problem[] {
  const parsed = retentionSettings.safeParse(set);
  if (!parsed.success) return [];
  const { SCREENTEST_ARCHIVE_AFTER_MONTHS: archived, SCREENTEST_DROP_AFTER_MONTHS: dropped } = parsed.data;
  if (dropped > archived) return [];
  const allowed = `more than SCREENTEST_ARCHIVE_AFTER_MONTHS, which is ${archived}`;
  return [{ name: 'SCREENTEST_DROP_AFTER_MONTHS', allowed }];
}

/**
 * An empty variable counts as one that is not set: that is how container files leave one out.
 * @param problemsOf what is wrong with settings together, where each by itself may be well
 */
function reader<Schema extends z.ZodObject>(
  schema: Schema,
  problemsOf: (set: Environment) => readonly Problem[] = () => [],
): (environment: Environment) => z.output<Schema> {
  const order = Object.keys(schema.shape);
  return (environment) => {
    const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
    const parsed = schema.safeParse(set);
    const ofEach = (parsed.error?.issues ?? []).map((issue) => ({
      name: String(issue.path[0]),
      allowed: issue.message,
    }));
    const problems = [...ofEach, ...problemsOf(set)];
    if (parsed.success && problems.length === 0) return parsed.data;
    const lines = problems
      .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
      .map(({ name, allowed }) => `  ${name}: given ${shown(name, environment[name])}; allowed: ${allowed}`);
    throw new BadInput({
      code: 'SETTING_INVALID',
      given: `These settings are missing or can't be used:\n${lines.join('\n')}`,
      fix: 'set them in the environment; docs/configuration.md lists them all',
    });
  };
}

/** Keys, secrets and the passwords in addresses are never shown. */
function shown(name: string, value: string | undefined): string {
  if (value === undefined || value === '') return 'nothing';
  return /_(KEY|SECRET)$/.test(name) || name === 'DATABASE_URL'
    ? 'a value that is not shown'
    : JSON.stringify(value.replace(/\/\/[^/@]*@/, '//…@'));
}
