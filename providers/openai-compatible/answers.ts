import { errorIn, jsonIn } from '../shared/error-words.ts';
import { isFailedJob } from './jobs.ts';

/** Answers that may not have a body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Fetches for the `openai` package, which understands errors in one form alone and drops the words of every other:
 * `{"error": {"message", "code", …}}`. They are brought into that form here.
 */
export function readably(send: typeof fetch): typeof fetch {
  return async (input, init) => readable(await send(input, init), init?.method);
}

async function readable(response: Response, method: string | undefined): Promise<Response> {
  const { ok, status, statusText } = response;
  if (ok || WITHOUT_BODY.has(status)) return response;
  const text = await response.text();
  const answer = jsonIn(text);
  const headers = new Headers(response.headers);
  // They tell of the body as it was.
  for (const name of ['content-length', 'content-encoding']) headers.delete(name);
  // vLLM-Omni tells of a job that failed with the status of its error: 400 for a guardrail, 500 for the engine.
  if (method?.toUpperCase() === 'GET' && isFailedJob(answer)) return Response.json(answer, { headers });
  const error = errorIn(answer) ?? { message: text };
  return new Response(JSON.stringify({ error }), { status, statusText, headers });
}
