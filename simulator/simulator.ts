import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { BadInput, Unavailable } from '../domain/errors.ts';
import { answerAdmin } from './admin-api.ts';
import { ApiError } from './api-error.ts';
import { createChaos } from './chaos.ts';
import { completeChat, listModels } from './chat-api.ts';
import { sendContent } from './content-api.ts';
import { SPOKEN_DIALECTS, type SpokenDialect } from './dialects.ts';
import { answerFal } from './fal-api.ts';
import { faultsOf, limitsOf } from './fault-catalogue.ts';
import { createFaultPlan } from './faults.ts';
import { createFilmLibrary } from './film/film-library.ts';
import { sendJson } from './http.ts';
import { createJobStore } from './jobs.ts';
import { createBookkeeper } from './ledger.ts';
import { createLimits } from './limits.ts';
import { answerOpenRouter } from './openrouter-api.ts';
import { optionsSchema, type SimulatorOptions, type SimulatorSettings } from './options.ts';
import type { Provider } from './provider.ts';
import { ConnectionDropped } from './suffer.ts';
import { createVideo, deleteVideo, listVideos, retrieveVideo } from './videos-api.ts';
import { createWebhooks } from './webhooks.ts';

/** Where the same jobs are reached in other protocols. */
const FAL = '/fal';
const OPENROUTER = '/openrouter/api/v1';
/** The language model beside the video API; all servers speak this the same way. */
const CHAT = '/v1/chat/completions';
const MODELS = '/v1/models';

export interface Simulator {
  /** The base URL that a client of the protocol is given; ends in `/v1`. */
  readonly url: string;
  /** The same as fal's queue. */
  readonly falUrl: string;
  /** The same as OpenRouter's video API; ends in `/v1`. */
  readonly openRouterUrl: string;
  /** `prices`, `ledger` and `faults` are below it. */
  readonly adminUrl: string;
  readonly port: number;
  /** Closes every connection at once; what was running is gone. */
  stop(): Promise<void>;
}

/**
 * A video API as the Sora protocol describes it, with films that are made here, prices, a ledger and faults.
 * @throws BadInput for an option that is not allowed, Unavailable where it can't listen
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = parseOptions(options);
  const stopping = new AbortController();
  const jobs = createJobStore();
  const films = createFilmLibrary(settings.mostDifferentFilms);
  const faults = createFaultPlan([...settings.faults, ...settings.namedFaults.flatMap(faultsOf)]);
  const webhooks = createWebhooks(settings.webhooks, faults, stopping.signal);
  const provider: Provider = {
    settings,
    jobs,
    films,
    faults,
    chaos: createChaos(settings.chaos),
    books: createBookkeeper(jobs),
    limits: createLimits(Object.assign({ ...settings }, ...settings.namedFaults.map(limitsOf))),
    webhooks,
    chats: [],
    stopping: stopping.signal,
  };
  const server = createServer((request, response) => {
    const dialect = SPOKEN_DIALECTS[isForText(request) ? 'openai' : settings.dialect];
    answer(provider, dialect, request, response).catch((error: unknown) => fail(dialect, response, error));
  });
  const port = await listen(server, settings);
  const origin = `http://${settings.host}:${port}`;
  return {
    url: `${origin}/v1`,
    falUrl: origin + FAL,
    openRouterUrl: origin + OPENROUTER,
    adminUrl: `${origin}/_simulator`,
    port,
    async stop() {
      stopping.abort();
      webhooks.stop();
      films.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  provider: Provider,
  dialect: SpokenDialect,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  if (pathname === '/healthz') return sendJson(response, 200, { status: 'ok' });
  if (pathname.startsWith('/_simulator/')) {
    return await answerAdmin(provider, request, response, pathname.slice('/_simulator'.length));
  }
  if (pathname.startsWith(FAL))
    return await answerFal(provider, request, response, pathname.slice(FAL.length));
  if (pathname.startsWith(OPENROUTER)) {
    return await answerOpenRouter(provider, request, response, pathname.slice(OPENROUTER.length));
  }
  const { apiKey, textApiKey = apiKey } = provider.settings;
  checkKey(dialect.keyOf(request), isForText(request) ? textApiKey : apiKey);
  if (pathname === CHAT && request.method === 'POST') return await completeChat(provider, request, response);
  if (pathname === MODELS && request.method === 'GET') return listModels(provider, response);
  const [, escapedId, isContent] = /^\/v1\/videos(?:\/([^/]+)(\/content)?)?$/.exec(pathname) ?? [undefined];
  const id = escapedId === undefined ? undefined : decodeURIComponent(escapedId);
  const linkedId = dialect.linksFiles ? /^\/v1\/files\/([^/]+)$/.exec(pathname)?.[1] : undefined;
  if (pathname === '/v1/videos') {
    if (request.method === 'POST') return await createVideo(provider, request, response);
    if (request.method === 'GET') return await listVideos(provider, response, searchParams);
  } else if (linkedId !== undefined) {
    if (request.method === 'GET') return await sendContent(provider, response, linkedId, 'video');
  } else if (id !== undefined && isContent !== undefined && !dialect.linksFiles) {
    const variant = searchParams.get('variant') ?? 'video';
    if (request.method === 'GET') return await sendContent(provider, response, id, variant);
  } else if (id !== undefined && isContent === undefined) {
    if (request.method === 'GET') return await retrieveVideo(provider, response, id);
    if (request.method === 'DELETE') return await deleteVideo(provider, response, id);
  }
  throw new ApiError({
    status: 404,
    message: `Invalid URL (${request.method} ${pathname})`,
    code: 'unknown_url',
  });
}

function isForText({ url = '/' }: IncomingMessage): boolean {
  const { pathname } = new URL(url, 'http://simulator');
  return pathname === CHAT || pathname === MODELS;
}

function fail(dialect: SpokenDialect, response: ServerResponse, error: unknown): void {
  if (error instanceof ConnectionDropped || response.headersSent) {
    response.socket?.destroy();
  } else if (error instanceof ApiError) {
    const said = error.saidTo(dialect.keyOf(response.req));
    const { status, body } = dialect.error(said, response.req.url ?? '/');
    sendJson(response, status, body, error.headers);
  } else {
    const { body } = new ApiError({ status: 500, message: String(error), type: 'server_error' });
    sendJson(response, 500, body);
  }
}

function checkKey(key: string | undefined, apiKey: string | undefined): void {
  if (key !== undefined && (apiKey === undefined || key === apiKey)) return;
  throw new ApiError({
    status: 401,
    message:
      key === undefined
        ? "You didn't provide an API key. Send it in an Authorization header: Bearer YOUR_KEY."
        : 'Incorrect API key provided.',
    code: key === undefined ? null : 'invalid_api_key',
  });
}

function parseOptions(options: SimulatorOptions): SimulatorSettings {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new BadInput({
    code: 'SIMULATOR_OPTIONS_INVALID',
    given: `the simulator's options are not understood:\n${z.prettifyError(parsed.error)}`,
  });
}

async function listen(server: Server, { host, port }: SimulatorSettings): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new Unavailable({
          code: 'SIMULATOR_CANNOT_LISTEN',
          given: `the simulator can't listen on ${host}:${port} (${cause.message})`,
          fix: 'choose another port, or 0 for a free one',
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
