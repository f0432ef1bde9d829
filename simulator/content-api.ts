import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiError, invalid } from './api-error.ts';
import type { ContentFault, Fault } from './faults.ts';
import { labelBox, withoutBox } from './film/film-library.ts';
import { sceneOf } from './film/scene.ts';
import { thumbnailOf } from './film/thumbnail.ts';
import { type Job, stateOf } from './jobs.ts';
import { filmKey, type Provider } from './provider.ts';
import { suffer } from './suffer.ts';
import { expiresAt, findJob } from './videos-api.ts';

const ERROR_PAGE =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>\n';
const TRICKLES_PER_SECOND = 10;

export async function sendContent(
  provider: Provider,
  response: ServerResponse,
  id: string,
  variant: string,
): Promise<void> {
  const job = findJob(provider, id);
  const now = Date.now();
  const state = stateOf(job, now);
  const completedAt = state.status === 'completed' ? state.completedAt : undefined;
  const fault = provider.faults.take(isContentFault(completedAt, now), job);
  if (fault !== undefined && isOnRequest(fault)) await suffer(fault, provider.stopping);
  if (completedAt === undefined || fault?.does === 'missing') {
    throw notFound(`The content of video '${id}' is not ready yet.`);
  }
  if (now / 1000 >= expiresAt(completedAt, job.expiresAfterSeconds)) {
    throw notFound(`The content of video '${id}' has expired.`);
  }
  switch (variant) {
    case 'video':
      return sendVideo(provider, response, job, fault);
    case 'thumbnail':
      return send(response, thumbnailOf(sceneOf(filmKey(job), job.width, job.height)), 'image/png');
    default:
      throw invalid('variant', `Invalid value: '${variant}'. Supported values are: 'video' and 'thumbnail'.`);
  }
}

async function sendVideo(
  provider: Provider,
  response: ServerResponse,
  job: Job,
  fault: ContentFault | undefined,
): Promise<void> {
  const bytes = await fileOf(fault?.does === 'duplicate' ? firstOther(provider, job) : job);
  switch (fault?.does) {
    case 'page':
      return send(response, Buffer.from(ERROR_PAGE), 'text/html; charset=utf-8');
    case 'empty':
      return send(response, Buffer.alloc(0), 'video/mp4');
    case 'relabel':
      return send(response, bytes, fault.contentType);
    case 'truncate': {
      const kept = bytes.subarray(0, Math.floor(bytes.length * fault.keepShare));
      return fault.declares === 'kept'
        ? send(response, kept, 'video/mp4')
        : sendAndHangUp(response, kept, bytes);
    }
    case 'unindex':
      return send(response, withoutBox(bytes, 'moov'), 'video/mp4');
    case 'garble':
      return send(response, Buffer.from(bytes.map((byte) => byte ^ 0xa5)), 'video/mp4');
    case 'freeze':
      return sendAndFreeze(response, bytes.subarray(0, Math.floor(bytes.length * fault.keepShare)), bytes);
    case 'trickle':
      return trickle(response, bytes, fault.bytesPerSecond, provider.stopping);
    default:
      return send(response, bytes, 'video/mp4');
  }
}

function firstOther({ jobs }: Provider, job: Job): Job {
  return jobs.all().find(({ id }) => id !== job.id) ?? job;
}

/** No two jobs have the same bytes, even where they show the same film. */
async function fileOf(job: Job): Promise<Buffer> {
  return Buffer.concat([await job.film, labelBox(job.id)]);
}

function send(response: ServerResponse, bytes: Buffer, contentType: string): void {
  response.writeHead(200, { 'content-type': contentType, 'content-length': String(bytes.length) });
  response.end(bytes);
}

/** The connection stays open until the client gives up or the simulator stops. */
function sendAndFreeze(response: ServerResponse, kept: Buffer, whole: Buffer): void {
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(whole.length) });
  response.write(kept);
}

function sendAndHangUp(response: ServerResponse, kept: Buffer, whole: Buffer): void {
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(whole.length) });
  response.write(kept, () => response.socket?.destroy());
}

async function trickle(
  response: ServerResponse,
  bytes: Buffer,
  bytesPerSecond: number,
  stopping: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(bytes.length) });
  const step = Math.max(1, Math.round(bytesPerSecond / TRICKLES_PER_SECOND));
  for (let sent = 0; sent < bytes.length && !response.destroyed; sent += step) {
    response.write(bytes.subarray(sent, sent + step));
    await wait(1000 / TRICKLES_PER_SECOND, undefined, { signal: stopping });
  }
  response.end();
}

/** A `missing` with a time is over so long after the completion, and then is not counted as applied. */
function isContentFault(completedAt: number | undefined, now: number) {
  return (fault: Fault): fault is ContentFault => {
    if (fault.on !== 'content') return false;
    if (fault.does !== 'missing' || fault.forMilliseconds === undefined || completedAt === undefined)
      return true;
    return now < completedAt + fault.forMilliseconds;
  };
}

function isOnRequest(
  fault: ContentFault,
): fault is Extract<ContentFault, { does: 'answer' | 'drop' | 'hang' }> {
  return fault.does === 'answer' || fault.does === 'drop' || fault.does === 'hang';
}

function notFound(message: string): ApiError {
  return new ApiError({ status: 404, message, code: 'not_found' });
}
