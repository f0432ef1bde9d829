import { z } from 'zod';
import { DIALECTS } from '../domain/dialects.ts';
import { BadInput } from '../domain/errors.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const PORT_FORM = 'a port, 1 to 65535';

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

const providerSettings = z.object({
  VIDEO_API_BASE_URL: z.url({ protocol: /^https?$/, error: 'an http(s) address, up to and including /v1' }),
  VIDEO_API_KEY: text('the key for the video API'),
  /** How that server speaks the protocol; what it can do by default is the dialect's. */
  VIDEO_API_DIALECT: z.enum(DIALECTS, { error: `one of ${DIALECTS.join(', ')}` }).default('openai'),
  /** A create sent twice under one Idempotency-Key makes one job there. */
  VIDEO_API_HONOURS_IDEMPOTENCY_KEYS: optionalFlag,
  /** Deleting a running job stops it, and its charge. */
  VIDEO_API_CANCELS_JOBS: optionalFlag,
});

const accountSettings = z.object({
  /** Names the account that is charged; each has a task queue, and so a rate limit, of its own. */
  VIDEO_API_ACCOUNT: z
    .string()
    .regex(/^[a-z0-9-]{1,50}$/, { error: 'up to 50 of a-z, 0-9 and -' })
    .default('default'),
});

const workerSettings = z.object({
  /** Submissions a second for the account; the provider's limit a minute divided by 60, with room to spare. */
  VIDEO_API_SUBMITS_PER_SECOND: positive(1000, 'submissions a second').default(5),
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
  SCREENTEST_STORAGE_DIR: text('a folder for the videos'),
  /** Where /healthz answers and webhooks are taken. Left out: no port. */
  SCREENTEST_HTTP_PORT: port.optional(),
  SCREENTEST_HTTP_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }).default('info'),
});

export type DatabaseSettings = z.output<typeof databaseSettings>;
export type PersonSettings = z.output<typeof personSettings>;
export type AccountSettings = z.output<typeof accountSettings>;
export type WorkerSettings = z.output<typeof allWorkerSettings>;

type Environment = Readonly<Record<string, string | undefined>>;

const allWorkerSettings = databaseSettings
  .extend(providerSettings.shape)
  .extend(accountSettings.shape)
  .extend(workerSettings.shape);

export const readDatabaseSettings = reader(databaseSettings);
export const readPersonSettings = reader(personSettings);
export const readAccountSettings = reader(accountSettings);
export const readWorkerSettings = reader(allWorkerSettings);

/** Every variable's name, for the documentation's test. */
export const SETTING_NAMES = [
  ...Object.keys(allWorkerSettings.shape),
  ...Object.keys(personSettings.shape),
].toSorted();

/** An empty variable counts as one that is not set: that is how container files leave one out. */
function reader<Schema extends z.ZodObject>(schema: Schema): (environment: Environment) => z.output<Schema> {
  return (environment) => {
    const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
    const parsed = schema.safeParse(set);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `  ${name}: given ${shown(name, environment[name])}; allowed: ${issue.message}`;
    });
    throw new BadInput({
      code: 'SETTING_INVALID',
      given: `These settings are missing or can't be used:\n${problems.join('\n')}`,
      fix: 'set them in the environment; docs/configuration.md lists them all',
    });
  };
}

/** Keys, secrets and addresses with passwords are never shown. */
function shown(name: string, value: string | undefined): string {
  if (value === undefined || value === '') return 'nothing';
  return /_(KEY|SECRET)$/.test(name) || name === 'DATABASE_URL'
    ? 'a value that is not shown'
    : JSON.stringify(value);
}
