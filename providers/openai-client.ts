import OpenAI from 'openai';
import type { Dialect } from './dialects.ts';
import { fetchReadably } from './openai-answers.ts';

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
    fetch: (input, init) => fetchReadably(apiKey, fetchFile, input, init),
  });
}
