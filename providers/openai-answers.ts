import { z } from 'zod';
import { isFailedJob } from './openai-jobs.ts';

/** Answers that may not have a body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/** `{"detail": {"error": {"message": …}}}`, as a gateway passes on what it was told. */
const DEEPEST = 3;

/**
 * Fetches for the `openai` package, which understands errors in one form alone and drops the words of every other:
 * `{"error": {"message", "code", …}}`. They are brought into that form here.
 * @param apiKey blotted out in an error's words: some servers repeat it
 */
export async function fetchReadably(
  apiKey: string,
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const response = await fetch(input, init);
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

const code = z.union([z.string(), z.number()]).nullish().catch(undefined);
const said = z.union([
  z.string().transform((message) => ({ message })),
  z.object({ message: z.string(), code, type: code, param: code }),
  // FastAPI: what is wrong with each field.
  z
    .array(z.object({ loc: z.array(z.union([z.string(), z.number()])).catch([]), msg: z.string() }))
    .min(1)
    .transform((fields) => ({
      message: fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '),
    })),
]);
const wrapped = z.union([
  z.object({ error: z.unknown() }).transform(({ error }) => error),
  z.object({ detail: z.unknown() }).transform(({ detail }) => detail),
]);

/** Undefined for an answer in no form that is known: it is shown as it is. */
function errorIn(answer: unknown): z.output<typeof said> | undefined {
  for (let inner = answer, depth = 0; inner !== undefined && depth <= DEEPEST; depth++) {
    const form = said.safeParse(inner);
    if (form.success) return form.data;
    inner = wrapped.safeParse(inner).data;
  }
  return undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
