import type { APIError } from 'openai';
import { z } from 'zod';
import { messageOf } from '../shared/error-words.ts';
import type { ProviderJob } from '../video-provider.ts';

/** Some servers count in milliseconds: as seconds that would be in the year 5138 or later. */
const MILLISECONDS_FROM = 100_000_000_000;

/** Seconds or milliseconds since 1970, as a number or in digits, or ISO text; in UTC where it names no zone. */
const instant = z.union([z.number(), z.string().min(1)]).transform((time, context) => {
  const count = Number(time);
  const at = Number.isNaN(count) ? isoInstant(String(time)) : new Date(count * scaleOf(count));
  if (!Number.isNaN(at.getTime())) return at;
  context.addIssue('not an instant');
  return z.NEVER;
});

function scaleOf(count: number): number {
  return count >= MILLISECONDS_FROM ? 1 : 1000;
}

function isoInstant(text: string): Date {
  return new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text.replace(' ', 'T')}Z`);
}

/** A number, or `42%`. */
const percent = z
  .union([z.number(), z.string().transform((text) => Number.parseFloat(text))])
  .refine((progress) => progress >= 0 && progress <= 100);
const code = z.union([z.string(), z.number().transform(String)]).nullish();

/** How servers of the protocol tell of a job, in all their dialects. */
const jobSchema = z.object({
  id: z.union([z.string().min(1), z.number().transform(String)]),
  status: z.string(),
  // What only informs is left out where it has another form.
  progress: percent.nullish().catch(undefined),
  error: z
    .union([
      z.string().transform((message) => ({ code: undefined, message })),
      z.object({ code: code.catch(undefined), message: z.string().nullish() }),
    ])
    .nullish()
    .catch(undefined),
  created_at: instant.nullish().catch(undefined),
  prompt: z.string().nullish().catch(undefined),
  model: z.string().nullish().catch(undefined),
  size: z.string().nullish().catch(undefined),
});

/** Words for a status that servers of the protocol use, besides the protocol's own four. */
const STATUS_WORDS: Readonly<Record<string, ProviderJob['status']>> = {
  queued: 'queued',
  submitted: 'queued',
  pending: 'queued',
  not_start: 'queued',
  created: 'queued',
  preparing: 'queued',
  in_progress: 'running',
  processing: 'running',
  running: 'running',
  generating: 'running',
  completed: 'completed',
  complete: 'completed',
  succeeded: 'completed',
  success: 'completed',
  finished: 'completed',
  failed: 'failed',
  failure: 'failed',
  fail: 'failed',
  error: 'failed',
  cancelled: 'failed',
  canceled: 'failed',
  expired: 'failed',
};

/** A word nobody knows is a job that isn't done yet; its own deadline ends it. */
function statusOf(word: string): ProviderJob['status'] {
  return STATUS_WORDS[word.toLowerCase()] ?? 'running';
}

/** A job from an answer. @throws TypeError for an answer that is none. */
export function readJob(answer: unknown): ProviderJob {
  // What is no JSON comes as text.
  if (typeof answer === 'string') {
    throw new TypeError('the answer is a page, not a job: is VIDEO_API_BASE_URL up to and including /v1?');
  }
  const { data: job, error } = jobSchema.safeParse(answer);
  if (job === undefined) throw new TypeError(`the answer is no job: ${z.prettifyError(error)}`);
  return {
    id: job.id,
    status: statusOf(job.status),
    progress: job.progress ?? undefined,
    error:
      job.error == null
        ? undefined
        : { code: job.error.code ?? 'unknown', message: job.error.message ?? 'no reason was given' },
    createdAt: job.created_at ?? undefined,
    // An order goes as a form, in which a line ends in CR LF whatever it was: so the server has it, and tells it.
    prompt: job.prompt?.replaceAll('\r\n', '\n'),
    model: job.model ?? undefined,
    size: job.size ?? undefined,
    pollAfterMs: undefined,
    cost: undefined,
  };
}

/** A list may hold jobs of other programs, in forms that aren't ours to understand. */
export function readableJobs(answers: readonly unknown[]): ProviderJob[] {
  return answers.filter((answer) => jobSchema.safeParse(answer).success).map(readJob);
}

export function isFailedJob(answer: unknown): boolean {
  const { data } = jobSchema.safeParse(answer);
  return data !== undefined && statusOf(data.status) === 'failed';
}

/** A server that says no when asked about a job means that the job is over, as some do after moderation. */
export function refusedJob(id: string, error: APIError): ProviderJob {
  const code = error.code ?? String(error.status);
  return { ...readJob({ id, status: 'failed' }), error: { code: String(code), message: messageOf(error) } };
}

const deletionSchema = z.union([
  z.object({ deleted: z.literal(true) }),
  // SGLang gives back the job.
  z.object({ status: z.enum(['deleted', 'cancelled', 'canceled']) }),
]);

export function wasDeleted(answer: unknown): boolean {
  return deletionSchema.safeParse(answer).success;
}

const fileSchema = z.object({
  expires_at: instant.nullish().catch(undefined),
  video_url: z.string().nullish().catch(undefined),
  url: z.string().nullish().catch(undefined),
  metadata: z.object({ url: z.string() }).nullish().catch(undefined),
});

/** What a job tells of its file: until when it is kept, and a link to it where the server has one. */
export interface FileFacts {
  readonly expiresAt: Date | undefined;
  readonly link: string | undefined;
}

/** @throws ZodError for an answer that is no object */
export function readFileFacts(answer: unknown): FileFacts {
  const { expires_at, video_url, url, metadata } = fileSchema.parse(answer);
  return {
    // Zero, at some servers, is a time that nobody has set.
    expiresAt: expires_at == null || expires_at.getTime() === 0 ? undefined : expires_at,
    link: video_url || url || metadata?.url || undefined,
  };
}
