import type { APIError } from 'openai';
import { z } from 'zod';
import { messageOf } from './openai-errors.ts';
import type { ProviderJob } from './video-provider.ts';

/** How servers of the protocol tell of a job, in all their dialects. */
const jobSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  // What only informs is left out where it has another form.
  progress: z.number().nullish().catch(undefined),
  error: z
    .union([
      z.string().transform((message) => ({ code: undefined, message })),
      z.object({ code: z.coerce.string().nullish(), message: z.string().nullish() }),
    ])
    .nullish()
    .catch(undefined),
  created_at: z.number().nullish().catch(undefined),
  prompt: z.string().nullish().catch(undefined),
  model: z.string().nullish().catch(undefined),
  size: z.string().nullish().catch(undefined),
});

/** Words for a status that servers of the protocol use, besides the protocol's own four. */
const STATUS_WORDS: Readonly<Record<string, ProviderJob['status']>> = {
  queued: 'queued',
  submitted: 'queued',
  pending: 'queued',
  in_progress: 'running',
  processing: 'running',
  running: 'running',
  completed: 'completed',
  succeeded: 'completed',
  success: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
  canceled: 'failed',
};

/** Some servers count `created_at` in milliseconds: as seconds that would be in the year 5138 or later. */
const MILLISECONDS_FROM = 100_000_000_000;

/** A job from an answer. @throws ZodError for an answer that is none. */
export function readJob(answer: unknown): ProviderJob {
  const job = jobSchema.parse(answer);
  return {
    id: job.id,
    // A word nobody knows is a job that isn't done yet; its own deadline ends it.
    status: STATUS_WORDS[job.status.toLowerCase()] ?? 'running',
    progress: job.progress ?? undefined,
    error:
      job.error == null
        ? undefined
        : { code: job.error.code ?? 'unknown', message: job.error.message ?? 'no reason was given' },
    createdAt: job.created_at == null ? undefined : instantOf(job.created_at),
    prompt: job.prompt ?? undefined,
    model: job.model ?? undefined,
    size: job.size ?? undefined,
    pollAfterMs: undefined,
    cost: undefined,
  };
}

function instantOf(createdAt: number): Date {
  return new Date(createdAt >= MILLISECONDS_FROM ? createdAt : createdAt * 1000);
}

/** A list may hold jobs of other programs, in forms that aren't ours to understand. */
export function readableJobs(answers: readonly unknown[]): ProviderJob[] {
  return answers.filter((answer) => jobSchema.safeParse(answer).success).map(readJob);
}

/** A server that says no when asked about a job means that the job is over, as some do after moderation. */
export function refusedJob(id: string, error: APIError): ProviderJob {
  const code = error.code ?? String(error.status);
  return { ...readJob({ id, status: 'failed' }), error: { code, message: messageOf(error) } };
}
