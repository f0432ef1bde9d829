import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { createWebhookVerifier, type WebhookProblem } from '../providers/standard-webhooks.ts';
import type { Route } from './http-port.ts';

/** An event names a job; nothing that is sent here needs more. */
const MOST_BODY_BYTES = 64 * 1024;

const eventSchema = z.object({ type: z.string(), data: z.unknown() });
const jobSchema = z.object({ id: z.string().min(1).max(255) });
const JOB_EVENTS: ReadonlySet<string> = new Set(['video.completed', 'video.failed']);

const REFUSALS = {
  malformed: [400, 'the headers webhook-id, webhook-timestamp and webhook-signature are needed'],
  'outside-window': [400, 'webhook-timestamp is more than 5 minutes off: check both clocks'],
  'wrong-signature': [401, 'no signature in webhook-signature is right for this body and our secret'],
  replayed: [409, 'this very message was received before'],
} as const satisfies Record<WebhookProblem, readonly [number, string]>;

/**
 * `POST /webhooks/video`: the provider says that a job is over. Believed only as far as that the job is asked about
 * at once, so that an event that is late, repeated, out of order or about a job of others changes nothing. Neither
 * body nor secret is ever logged.
 */
export function webhookRoute(secret: string, nudge: (jobId: string) => void): Route {
  const verifier = createWebhookVerifier(secret);
  return async (request, response) => {
    if (request.method !== 'POST') return answer(response, 405, 'only POST is allowed', { allow: 'POST' });
    const body = await readBody(request);
    if (body === undefined) {
      return answer(response, 413, `a body may have ${MOST_BODY_BYTES} bytes`, { connection: 'close' });
    }
    const verified = verifier.verify(request.headers, body, new Date());
    if (!verified.ok) {
      const [status, problem] = REFUSALS[verified.why];
      return answer(response, status, problem);
    }
    const event = eventSchema.safeParse(parseJson(body));
    if (!event.success) return answer(response, 400, 'the body must be JSON with "type" and "data"');
    // A sender may have events of other kinds for the same address.
    if (JOB_EVENTS.has(event.data.type)) {
      const job = jobSchema.safeParse(event.data.data);
      if (!job.success) return answer(response, 400, '"data.id" must be the id of a job');
      if (!verified.isRepeated) nudge(job.data.id);
    }
    response.writeHead(204).end();
  };
}

/** Undefined for one that is too large, of which no more is kept. @throws when the sender goes away */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
      else resolve(undefined);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function answer(
  response: ServerResponse,
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
}
