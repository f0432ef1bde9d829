import OpenAI from 'openai';
import { fetchWithin } from '../shared/fetch-file.ts';
import { withoutSecret } from '../shared/without-secret.ts';
import { readably } from './answers.ts';
import type { Dialect } from './dialects.ts';

/** Milliseconds; of a video only its headers, since the timer stops there. */
export const ANSWER_TIMEOUT_MS = 30_000;

/** The package's client, as one dialect wants to be asked. It repeats nothing: whoever asks here asks again by itself. */
export function createClient(
  baseUrl: string,
  apiKey: string,
  dialect: Dialect,
  fetchFile: typeof fetch,
): OpenAI {
  const address = new URL(baseUrl);
  const defaultQuery = { ...dialect.query, ...Object.fromEntries(address.searchParams) };
  address.search = '';
  return new OpenAI({
    baseURL: address.href,
    apiKey,
    defaultHeaders: { ...dialect.keyHeaders(apiKey) },
    defaultQuery,
    timeout: ANSWER_TIMEOUT_MS,
    maxRetries: 0,
    fetch: readably(withoutSecret(apiKey, (input, init) => fetchWithin(fetchFile, input, init))),
  });
}
