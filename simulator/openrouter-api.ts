import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { parseSize } from '../domain/video.ts';
import { ApiError } from './api-error.ts';
import { sendContent } from './content-api.ts';
import { checkKeyAfter, checkModel, receiveOrder, sufferOn } from './front-end.ts';
import { parseJson, readBody, sendJson } from './http.ts';
import { type Job, type JobOrder, type JobState, stateOf } from './jobs.ts';
import type { Provider } from './provider.ts';
import { expiresAt, findJob } from './videos-api.ts';

/** The same jobs, films, ledger and faults as OpenRouter's video API would tell of them (openrouter.ai/docs). */
export async function answerOpenRouter(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  try {
    checkKeyAfter('Bearer', request, provider.settings.apiKey);
    await answer(provider, request, response, path);
  } catch (error) {
    if (!(error instanceof ApiError) || response.headersSent) throw error;
    const { status, message, headers } = error;
    sendJson(response, status, { error: { code: status, message } }, headers);
  }
}

async function answer(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  if (path === '/videos' && request.method === 'POST') return submit(provider, request, response);
  const [, id, isContent] = /^\/videos\/([^/]+)(\/content)?$/.exec(path) ?? [];
  if (id === undefined || request.method !== 'GET') throw new ApiError({ status: 404, message: 'Not Found' });
  const job = findJob(provider, id);
  const origin = `http://${request.headers.host}/openrouter/api/v1`;
  if (isContent === undefined) {
    await sufferOn(provider, 'retrieve', job);
    sendJson(response, 200, jobOf(job, origin));
  } else {
    checkContent(provider, job);
    await sendContent(provider, response, id, 'video');
  }
}

async function submit(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const job = await receiveOrder(provider, async () => {
    const order = orderOf(parseJson(await readBody(request)));
    checkModel(provider, order.model);
    return order;
  });
  const { id, polling_url } = jobOf(job, `http://${request.headers.host}/openrouter/api/v1`);
  sendJson(response, 202, { id, polling_url, status: 'pending' });
}

const requestSchema = z.object({
  model: z.string().min(1),
  prompt: z.string().min(1),
  duration: z.number().int().min(1).max(60),
  size: z.string(),
});

function orderOf(body: unknown): JobOrder {
  const parsed = requestSchema.safeParse(body);
  const size = parseSize(parsed.data?.size ?? '');
  if (!parsed.success || size === undefined) {
    const message = parsed.success ? `size: '${parsed.data.size}'` : z.prettifyError(parsed.error);
    throw new ApiError({ status: 400, message });
  }
  const { model, prompt, duration } = parsed.data;
  return { model, prompt, seconds: duration, ...size };
}

const STATUS_WORDS: Readonly<Record<JobState['status'], string>> = {
  queued: 'pending',
  in_progress: 'in_progress',
  completed: 'completed',
  failed: 'failed',
};

function jobOf(job: Job, origin: string) {
  const state = stateOf(job, Date.now());
  const url = `${origin}/videos/${job.id}`;
  return {
    id: job.id,
    polling_url: url,
    status: STATUS_WORDS[state.status],
    ...(state.status === 'completed' && {
      generation_id: `gen-${job.id}`,
      unsigned_urls: [`${url}/content?index=0`],
      usage: { cost: job.price / 1_000_000, is_byok: false },
    }),
    ...(state.status === 'failed' && { error: `${state.error.code}: ${state.error.message}` }),
  };
}

/** Before it is there it is a conflict, and after its time it is gone: the only protocol here that tells the two apart. */
function checkContent({ settings }: Provider, job: Job): void {
  const now = Date.now();
  const state = stateOf(job, now);
  if (state.status !== 'completed') {
    throw new ApiError({ status: 409, message: `The video is ${STATUS_WORDS[state.status]}.` });
  }
  if (now / 1000 >= expiresAt(state.completedAt, settings.expiresAfterSeconds)) {
    throw new ApiError({ status: 410, message: 'The video has expired.' });
  }
}
