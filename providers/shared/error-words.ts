import { z } from 'zod';

/** Of a provider's own words, in characters: some answer with a whole web page. */
const LONGEST_MESSAGE = 500;
/** `{"detail": {"error": {"message": …}}}`, as a gateway passes on what it was told. */
const DEEPEST = 3;

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
export function errorIn(answer: unknown): z.output<typeof said> | undefined {
  for (let inner = answer, depth = 0; inner !== undefined && depth <= DEEPEST; depth++) {
    const form = said.safeParse(inner);
    if (form.success) return form.data;
    inner = wrapped.safeParse(inner).data;
  }
  return undefined;
}

/** Undefined for text that is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sentence in an error's body, or the body itself. */
export function saidIn(body: string): string {
  return errorIn(jsonIn(body))?.message ?? body;
}

/** What an error says, and what caused it. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return clipped(String(error));
  return clipped(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message);
}

export function clipped(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}
