import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatSize } from '../domain/video.ts';
import { ApiError, invalid } from './api-error.ts';
import { readCreateRequest } from './create-request.ts';
import { SPOKEN_DIALECTS, type Video } from './dialects.ts';
import type { CreateFault, Fault, RequestFault } from './faults.ts';
import { sendJson } from './http.ts';
import { isFinished, type Job, stateOf } from './jobs.ts';
import { type Provider, startJob } from './provider.ts';
import { suffer } from './suffer.ts';

const SHORTEST_POLL_MS = 50;
const LONGEST_POLL_MS = 2_000;
const DEFAULT_PAGE = 20;
const LARGEST_PAGE = 100;

export async function createVideo(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { settings, jobs, faults, books, limits, stopping } = provider;
  const ordinal = books.received();
  const order = await readCreateRequest(request, settings);
  const idempotencyKey = headerOf(request, 'idempotency-key');
  books.understood(order.prompt, idempotencyKey);

  const isCreateFault = (fault: Fault): fault is CreateFault => fault.on === 'create';
  const fault = faults.take(isCreateFault, { ...order, ordinal });
  const isCreated = fault === undefined || fault.does === 'hang' || fault.created;
  if (!isCreated) return await suffer(fault, stopping);

  const earlier =
    settings.honoursIdempotencyKeys && idempotencyKey !== undefined
      ? jobs.withIdempotencyKey(idempotencyKey)
      : undefined;
  if (earlier !== undefined) {
    refuseAnotherOrder(earlier, order);
    books.replayed();
    await suffer(fault, stopping);
    sendJob(provider, response, earlier, { headers: { 'idempotent-replayed': 'true' } });
    return;
  }
  const now = Date.now();
  limits.admit(now, jobs.countRunning(now));
  const job = startJob(provider, order, { ordinal, idempotencyKey });
  await suffer(fault, stopping);
  sendJob(provider, response, job, { headers: dialectOf(provider).orderHeaders(job.price) });
}

export async function retrieveVideo(provider: Provider, response: ServerResponse, id: string): Promise<void> {
  const job = findJob(provider, id);
  await suffer(provider.faults.take(isOn('retrieve'), job), provider.stopping);
  const status = dialectOf(provider).statusOf(videoOf(provider, job, Date.now()));
  sendJob(provider, response, job, { status });
}

export async function listVideos(
  provider: Provider,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { settings, jobs, faults, stopping } = provider;
  const dialect = dialectOf(provider);
  if (!(settings.listsJobs ?? dialect.listsJobs))
    throw new ApiError({ status: 405, message: 'Not allowed to GET on /v1/videos.' });
  await suffer(faults.take(isOn('list'), undefined), stopping);
  const limit = readLimit(query.get('limit'));
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid('order', `Invalid value: '${order}'.`);
  const lastSeen = query.get('after') ?? undefined;
  const after = lastSeen === undefined ? undefined : dialect.innerIdOf(lastSeen);
  if (after !== undefined && jobs.get(after) === undefined) {
    throw invalid('after', `No video found with id '${after}'.`);
  }
  const now = Date.now();
  const page: Job[] = [];
  let hasMore = false;
  for (const job of jobs.walk(order, after)) {
    hasMore = page.length === limit;
    if (hasMore) break;
    page.push(job);
  }
  const videos = page.map((job) => videoOf(provider, job, now));
  sendJson(response, 200, dialect.list(videos, hasMore));
}

/** A running job is cancelled by it, and costs nothing; or refused, and goes on, as at the real service. */
export async function deleteVideo(provider: Provider, response: ServerResponse, id: string): Promise<void> {
  const job = findJob(provider, id);
  await suffer(provider.faults.take(isOn('delete'), job), provider.stopping);
  const now = Date.now();
  if (!provider.settings.deleteCancelsRunning && !isFinished(job, now)) {
    throw new ApiError({
      status: 400,
      message: `Video '${id}' is still being generated and cannot be deleted.`,
      code: 'video_not_finished',
    });
  }
  job.deletedAt = now;
  sendJson(response, 200, { id, object: 'video.deleted', deleted: true });
}

/** @param id as it is called outside */
export function findJob(provider: Provider, id: string): Job {
  const job = provider.jobs.get(dialectOf(provider).innerIdOf(id));
  if (job !== undefined) return job;
  throw new ApiError({ status: 404, message: `Video with id '${id}' not found.`, code: 'not_found' });
}

/** Seconds since the epoch, as the protocol counts. */
export function expiresAt(completedAt: number, expiresAfterSeconds: number): number {
  return Math.floor(completedAt / 1000 + expiresAfterSeconds);
}

function dialectOf({ settings }: Provider) {
  return SPOKEN_DIALECTS[settings.dialect];
}

function sendJob(
  provider: Provider,
  response: ServerResponse,
  job: Job,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): void {
  const { settings } = provider;
  const now = Date.now();
  const state = stateOf(job, now);
  const hint =
    settings.sendsPollHint && 'remainingMs' in state
      ? { 'openai-poll-after-ms': String(pollAfterMs(state.remainingMs)) }
      : {};
  const origin = `http://${response.req.headers.host}`;
  const answer = dialectOf(provider).job(videoOf(provider, job, now), origin);
  sendJson(response, status, answer, { ...headers, ...hint });
}

/** A quarter of what is left: few polls while it is far off, and little lost at the end. */
function pollAfterMs(remainingMs: number): number {
  return Math.ceil(Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, remainingMs / 4)));
}

function videoOf(provider: Provider, job: Job, now: number): Video {
  const { expiresAfterSeconds } = provider.settings;
  const state = stateOf(job, now);
  const completedAt = 'completedAt' in state ? state.completedAt : undefined;
  return {
    id: dialectOf(provider).idOf(job.id),
    object: 'video',
    created_at: Math.floor(job.createdAt / 1000),
    completed_at: completedAt === undefined ? null : Math.floor(completedAt / 1000),
    expires_at: state.status === 'completed' ? expiresAt(state.completedAt, expiresAfterSeconds) : null,
    status: state.status,
    progress: state.progress,
    error: state.status === 'failed' ? state.error : null,
    model: job.model,
    prompt: job.prompt,
    seconds: String(job.seconds),
    size: formatSize(job),
    remixed_from_video_id: null,
  };
}

function refuseAnotherOrder(
  earlier: Job,
  order: Pick<Job, 'prompt' | 'model' | 'seconds' | 'width' | 'height'>,
): void {
  const fields = ['prompt', 'model', 'seconds', 'width', 'height'] as const;
  if (fields.every((field) => earlier[field] === order[field])) return;
  throw new ApiError({
    status: 409,
    message: 'This Idempotency-Key was used for another request.',
    type: 'idempotency_error',
    code: 'idempotency_key_reused',
  });
}

function isOn(request: RequestFault['on']) {
  return (fault: Fault): fault is RequestFault => fault.on === request;
}

function readLimit(text: string | null): number {
  if (text === null) return DEFAULT_PAGE;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_PAGE) return limit;
  throw invalid('limit', `Invalid value: '${text}'. Supported are 1 to ${LARGEST_PAGE}.`);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
