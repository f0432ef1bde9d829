import { randomUUID } from 'node:crypto';
import type OpenAI from 'openai';
import { APIError } from 'openai';
import { PreconditionFailed, type ScreentestError } from '../../domain/errors.ts';
import { messageOf } from '../shared/error-words.ts';
import { readError } from './errors.ts';
import { missingEndpoint, retiredEndpoint, retiredService } from './gone.ts';

/** Milliseconds: what does not answer by then is not known to be missing. */
const LOOK_WITHIN = 5000;

/**
 * Whether videos can be ordered at this address, without ordering one.
 * @throws PreconditionFailed where they certainly can't: the service was retired, or there is no `/videos`;
 *   Refused for the key, Unavailable while that can't be said
 */
export async function checkEndpoint(client: OpenAI, baseUrl: string): Promise<void> {
  const service = retiredService(baseUrl);
  if (service !== undefined) throw preconditionOf(retiredEndpoint(baseUrl, service));
  const list = await ask(client, '/videos?limit=1');
  if (list === 'json') return;
  if (list instanceof APIError) {
    // The path is known, and takes other methods.
    if (list.status === 405) return;
    if (list.status === 410) throw preconditionOf(retiredEndpoint(baseUrl, messageOf(list)));
    if (list.status === undefined || ![400, 404, 422, 501].includes(list.status))
      throw readError(list, baseUrl);
  }
  // A server may well have no list. If it has jobs, it speaks of one that it does not know otherwise than of
  // an address that it does not know.
  const id = randomUUID();
  const [job, nothing] = await Promise.all([ask(client, `/videos/${id}`), ask(client, `/${id}`)]);
  if (answerTo(job, id) !== answerTo(nothing, id)) return;
  const said = job instanceof Error ? messageOf(job) : 'a page that is no JSON';
  throw preconditionOf(missingEndpoint(baseUrl, said));
}

type Answer = 'json' | 'text' | APIError;

async function ask(client: OpenAI, path: string): Promise<Answer> {
  try {
    const answer: unknown = await client.get(path, { signal: AbortSignal.timeout(LOOK_WITHIN) });
    return typeof answer === 'string' ? 'text' : 'json';
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
}

/** What was answered, but for the address that was asked. */
function answerTo(answer: Answer, id: string): string {
  if (!(answer instanceof APIError)) return answer;
  return `${answer.status} ${answer.message.replaceAll(`videos/${id}`, id)}`;
}

function preconditionOf({ code, given, fix }: ScreentestError): PreconditionFailed {
  return new PreconditionFailed({ code, given, ...(fix !== undefined && { fix }) });
}
