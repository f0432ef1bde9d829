import { z } from 'zod';
import type { SaidText, TextRequest } from './text-model.ts';

/** An object with these keys, a text under each, and nothing else. */
function shapeOf({ keys }: Pick<TextRequest, 'keys'>) {
  return z.strictObject(Object.fromEntries(keys.map((key) => [key, z.string()])));
}

/** As JSON Schema: every key required and no other allowed, as strict structured outputs want it. */
export function jsonSchemaOf(request: Pick<TextRequest, 'keys'>): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(shapeOf(request));
  return schema;
}

export type ReadAnswer =
  | { readonly texts: Readonly<Record<string, string>> }
  | { readonly refusal: string }
  /** What is wrong with it, in words for whoever wrote it. */
  | { readonly problem: string };

/** What an answer says, checked; servers that promise structured outputs don't always keep to it. */
export function readTexts(request: Pick<TextRequest, 'keys'>, answer: SaidText): ReadAnswer {
  if (answer.refusal !== undefined) return { refusal: answer.refusal };
  if (answer.isCutOff) return { problem: 'it is too long, and was cut off' };
  const value = jsonIn(answer.content);
  if (value === undefined) return { problem: 'it is not JSON' };
  const parsed = shapeOf(request).safeParse(value);
  if (parsed.success) return { texts: parsed.data };
  return {
    problem: parsed.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; '),
  };
}

/** An answer as it was kept. @throws ZodError for anything else */
export function readKept(answer: unknown): SaidText {
  return z
    .object({ content: z.string(), refusal: z.string().optional(), isCutOff: z.boolean() })
    .parse(answer);
}

/** Many models put JSON into a fence of Markdown, or a sentence before it. */
function jsonIn(content: string): unknown {
  const [object] = /\{.*\}/s.exec(content) ?? [];
  try {
    return JSON.parse(object ?? '');
  } catch {
    return undefined;
  }
}
