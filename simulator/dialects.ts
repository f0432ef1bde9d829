import type { IncomingMessage } from 'node:http';
import type { DialectName } from '../domain/dialects.ts';
import type { MicroUsd } from '../domain/money.ts';
import type { ApiError } from './api-error.ts';

/** A job as the plain protocol shows it. */
export interface Video {
  readonly id: string;
  readonly object: 'video';
  readonly status: 'queued' | 'in_progress' | 'completed' | 'failed';
  /** Seconds since the epoch, like the two others. */
  readonly created_at: number;
  readonly completed_at: number | null;
  readonly expires_at: number | null;
  readonly progress: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly model: string;
  readonly prompt: string;
  readonly seconds: string;
  readonly size: string;
  readonly remixed_from_video_id: null;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How a server of the protocol words what it says; what it does is the same in all of them. */
export interface SpokenDialect {
  /** Where requests carry the key. */
  keyOf(request: IncomingMessage): string | undefined;
  /** What a job is called outside, and back. */
  idOf(id: string): string;
  innerIdOf(id: string): string;
  /** @param origin of this server, for the links that some give */
  job(video: Video, origin: string): unknown;
  /** Of the answer to a question about this job. */
  statusOf(video: Video): number;
  list(videos: readonly Video[], hasMore: boolean): unknown;
  error(error: ApiError, path: string): Answer;
  orderHeaders(price: MicroUsd): Readonly<Record<string, string>>;
  readonly listsJobs: boolean;
  /** Jobs have a link to their file, below `/v1/files`, instead of the protocol's own address for it. */
  readonly linksFiles: boolean;
}

const PLAIN: SpokenDialect = {
  keyOf: (request) => /^Bearer (.*\S)/.exec(request.headers.authorization ?? '')?.[1],
  idOf: (id) => id,
  innerIdOf: (id) => id,
  job: (video) => video,
  statusOf: () => 200,
  list: pageOf,
  error: ({ status, body }) => ({ status, body }),
  orderHeaders: () => ({}),
  listsJobs: true,
  linksFiles: false,
};

function pageOf(videos: readonly { readonly id: string }[], hasMore: boolean) {
  return {
    object: 'list',
    data: videos,
    first_id: videos[0]?.id ?? null,
    last_id: videos.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

const AZURE: SpokenDialect = {
  ...PLAIN,
  keyOf: (request) => textOf(request.headers['api-key']),
  error: ({ status, message, body }) => ({
    status,
    body: { error: { ...body.error, code: body.error.code ?? String(status), message } },
  }),
};

/** A deployment's name may hold anything; this one has the id need escaping in a path. */
const LITELLM_ID = /^litellm:custom_llm_provider:openai;model_id:tea\?~\?;video_id:(.*)$/s;

const LITELLM: SpokenDialect = {
  ...PLAIN,
  idOf: (id) =>
    `video_${Buffer.from(`litellm:custom_llm_provider:openai;model_id:tea?~?;video_id:${id}`).toString('base64')}`,
  innerIdOf: (id) => LITELLM_ID.exec(Buffer.from(id.slice('video_'.length), 'base64').toString())?.[1] ?? id,
  job: ({ prompt, ...video }) => ({ ...video, usage: { duration_seconds: Number(video.seconds) } }),
  error: ({ status, message, body }) => ({
    status,
    body: { error: { ...body.error, code: String(status), message: `litellm.APIError: ${message}` } },
  }),
  orderHeaders: (price) => ({ 'x-litellm-response-cost': String(price / 1_000_000) }),
  listsJobs: false,
};

const NEW_API_STATUS = {
  queued: 'NOT_START',
  in_progress: 'IN_PROGRESS',
  completed: 'SUCCESS',
  failed: 'FAILURE',
} as const;

const NEW_API: SpokenDialect = {
  ...PLAIN,
  idOf: (id) => id.replace('video_', 'task_'),
  innerIdOf: (id) => id.replace('task_', 'video_'),
  job: ({ prompt, ...video }, origin) => ({
    ...video,
    task_id: video.id,
    status: NEW_API_STATUS[video.status],
    progress: `${video.progress}%`,
    created_at: video.created_at * 1000,
    error: video.error?.message ?? null,
    ...(video.status === 'completed' && { video_url: `${origin}/v1/files/${video.id}` }),
  }),
  error({ status, message, body: { error } }, path) {
    const isUnknownJob = status === 404 && error.code === 'not_found' && !path.startsWith('/v1/files');
    return isUnknownJob
      ? { status: 400, body: { code: 'task_not_exist', message: 'task_not_exist', data: null } }
      : { status, body: { code: error.code ?? error.type, message, data: null } };
  },
  listsJobs: false,
  linksFiles: true,
};

const SGLANG: SpokenDialect = {
  ...PLAIN,
  idOf: uuidOf,
  innerIdOf: (id) => `video_${id.replaceAll('-', '')}`,
  job: sglangJob,
  list: (videos) => ({ object: 'list', data: videos.map(sglangJob) }),
  error: ({ status, message }) => ({ status, body: { detail: message } }),
};

function sglangJob({ prompt, expires_at, error, ...video }: Video) {
  return { ...video, error: error && { message: error.message }, quality: 'standard', url: null };
}

/** As many digits as there are, in a UUID's groups and one more. */
function uuidOf(id: string): string {
  return id.replace('video_', '').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const VLLM_OMNI: SpokenDialect = {
  ...PLAIN,
  idOf: (id) => id.replace('video_', 'video_gen_'),
  innerIdOf: (id) => id.replace('video_gen_', 'video_'),
  job: vllmJob,
  statusOf: (video) => vllmJob(video).error?.code ?? 200,
  list: (videos, hasMore) => pageOf(videos.map(vllmJob), hasMore),
  error: ({ status, message, body: { error } }) => ({
    status,
    body:
      status === 422
        ? { detail: [{ type: error.type, loc: ['body', error.param], msg: message }] }
        : { detail: message },
  }),
};

function vllmJob(video: Video) {
  const { error } = video;
  const code = error?.code.startsWith('moderation') ? 400 : 500;
  return { ...video, expires_at: null, error: error && { code, message: error.message } };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header.trim() !== '' ? header : undefined;
}

export const SPOKEN_DIALECTS: Readonly<Record<DialectName, SpokenDialect>> = {
  openai: PLAIN,
  azure: AZURE,
  litellm: LITELLM,
  'new-api': NEW_API,
  sglang: SGLANG,
  'vllm-omni': VLLM_OMNI,
};
