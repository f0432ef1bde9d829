import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ApiError } from './api-error.ts';
import { sendContent } from './content-api.ts';
import { checkKeyAfter, checkModel, receiveOrder, sufferOn } from './front-end.ts';
import { parseJson, readBody, sendJson } from './http.ts';
import { type Job, type JobOrder, type JobState, stateOf } from './jobs.ts';
import type { Provider } from './provider.ts';
import { findJob } from './videos-api.ts';

/**
 * The same jobs, films, ledger and faults as fal's queue would tell of them (fal.ai/docs, Inference API). A retrieve
 * fault befalls the status, a delete fault the cancel, a content fault the file, whose link needs no key.
 */
export async function answerFal(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  try {
    await answer(provider, request, response, path);
  } catch (error) {
    if (!(error instanceof ApiError) || response.headersSent) throw error;
    sendJson(response, error.status, { detail: error.message }, error.headers);
  }
}

async function answer(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const [, file] = /^\/files\/([^/]+)\.mp4$/.exec(path) ?? [];
  if (file !== undefined && request.method === 'GET') {
    return sendContent(provider, response, file, 'video');
  }
  checkKeyAfter('Key', request, provider.settings.apiKey);
  const [, app, id, act = ''] = /^\/([^/]+\/[^/]+)\/requests\/([^/]+)(\/status|\/cancel)?$/.exec(path) ?? [];
  if (app === undefined || id === undefined) {
    if (request.method === 'POST') return submit(provider, request, response, path.slice(1));
  } else {
    const job = findJob(provider, id);
    if (!`${job.model}/`.startsWith(`${app}/`)) throw new ApiError({ status: 404, message: 'Not found' });
    const base = `http://${request.headers.host}/fal`;
    switch (`${request.method} ${act}`) {
      case 'GET /status':
        return sendStatus(provider, response, job, `${base}/${app}/requests/${id}`);
      case 'GET ':
        return sendResult(response, job, `${base}/files/${id}.mp4`);
      case 'PUT /cancel':
        return cancel(provider, response, job);
    }
  }
  throw new ApiError({ status: 405, message: 'Method Not Allowed' });
}

async function submit(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  model: string,
): Promise<void> {
  const job = await receiveOrder(provider, async () => {
    checkModel(provider, model);
    return orderOf(model, parseJson(await readBody(request)));
  });
  const [owner, alias] = model.split('/');
  const base = `http://${request.headers.host}/fal/${owner}/${alias}/requests/${job.id}`;
  sendJson(response, 200, { ...queued(job, base), queue_position: 0 });
}

const SIZES = {
  '720p': [1280, 720],
  '1080p': [1920, 1080],
  '1440p': [2560, 1440],
  '2160p': [3840, 2160],
  '4k': [3840, 2160],
} as const;

const inputSchema = z.object({
  prompt: z.string().min(1),
  /** Each model has its own form: `8s`, `"8"` or 8. */
  duration: z.union([z.number().int().min(1).max(60), z.string().regex(/^[1-9]\d?s?$/)]),
  aspect_ratio: z.enum(['16:9', '9:16']),
  resolution: z.enum(['720p', '1080p', '1440p', '2160p', '4k']),
});

function orderOf(model: string, body: unknown): JobOrder {
  const parsed = inputSchema.safeParse(body);
  if (!parsed.success) throw new ApiError({ status: 422, message: z.prettifyError(parsed.error) });
  const { prompt, duration, aspect_ratio, resolution } = parsed.data;
  const [long, short] = SIZES[resolution];
  const [width, height] = aspect_ratio === '16:9' ? [long, short] : [short, long];
  return { model, prompt, seconds: Number.parseInt(String(duration), 10), width, height };
}

function queued(job: Job, base: string) {
  return {
    status: 'IN_QUEUE',
    request_id: job.id,
    response_url: base,
    status_url: `${base}/status`,
    cancel_url: `${base}/cancel`,
  };
}

const STATUS_WORDS: Readonly<Record<JobState['status'], string>> = {
  queued: 'IN_QUEUE',
  in_progress: 'IN_PROGRESS',
  completed: 'COMPLETED',
  // What failed is completed as well; whether its status says so depends on what failed.
  failed: 'COMPLETED',
};

async function sendStatus(
  provider: Provider,
  response: ServerResponse,
  job: Job,
  base: string,
): Promise<void> {
  await sufferOn(provider, 'retrieve', job);
  const state = stateOf(job, Date.now());
  const failure = platformFailure(state);
  const isOver = state.status === 'completed' || state.status === 'failed';
  sendJson(response, isOver ? 200 : 202, {
    ...queued(job, base),
    status: STATUS_WORDS[state.status],
    ...(failure && { error: failure.message, error_type: failure.code }),
  });
}

function sendResult(response: ServerResponse, job: Job, link: string): void {
  const state = stateOf(job, Date.now());
  const failure = platformFailure(state);
  if (failure !== undefined) {
    sendJson(response, 500, { detail: failure.message, error_type: failure.code });
  } else if (state.status === 'failed') {
    const { code, message } = state.error;
    sendJson(response, 422, { detail: [{ loc: ['body', 'prompt'], msg: message, type: code }] });
  } else if (state.status === 'completed') {
    sendJson(response, 200, { video: { url: link, content_type: 'video/mp4', file_name: 'video.mp4' } });
  } else {
    sendJson(response, 400, { detail: 'Request is still in progress' });
  }
}

/** A failure of the platform is told in the status; one of the model, such as a refused prompt, in its result alone. */
function platformFailure(state: JobState) {
  return state.status === 'failed' && state.error.code === 'internal_error' ? state.error : undefined;
}

/** What waits is removed, and not charged; what runs is told, and goes on all the same. */
async function cancel(provider: Provider, response: ServerResponse, job: Job): Promise<void> {
  await sufferOn(provider, 'delete', job);
  const now = Date.now();
  switch (stateOf(job, now).status) {
    case 'queued':
      job.deletedAt = now;
      return sendJson(response, 200, { status: 'OK' });
    case 'in_progress':
      return sendJson(response, 202, { status: 'CANCELLATION_REQUESTED' });
    default:
      return sendJson(response, 400, { status: 'ALREADY_COMPLETED' });
  }
}
