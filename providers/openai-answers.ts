import { errorIn, jsonIn } from './error-words.ts';
import { fetchWithin } from './fetch-file.ts';
import { isFailedJob } from './openai-jobs.ts';

/** Answers that may not have a body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/**
 * Fetches for the `openai` package, which understands errors in one form alone and drops the words of every other:
 * `{"error": {"message", "code", …}}`. They are brought into that form here.
 * @param apiKey blotted out in an error's words: some servers repeat it
 * @param fetchFile for where an answer redirects to
 */
export async function fetchReadably(
  apiKey: string,
  fetchFile: typeof fetch,
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const response = await fetchWithin(fetchFile, input, init);
  const { ok, status, statusText } = response;
  if (ok || WITHOUT_BODY.has(status)) return response;
  const text = (await response.text()).replaceAll(apiKey, '…');
  const answer = jsonIn(text);
  const headers = new Headers(response.headers);
  // They tell of the body as it was.
  for (const name of ['content-length', 'content-encoding']) headers.delete(name);
  // vLLM-Omni tells of a job that failed with the status of its error: 400 for a guardrail, 500 for the engine.
  if (init?.method?.toUpperCase() === 'GET' && isFailedJob(answer)) return Response.json(answer, { headers });
  const error = errorIn(answer) ?? { message: text };
  return new Response(JSON.stringify({ error }), { status, statusText, headers });
}
