import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { valueFor } from './answer-schema.ts';
import { ApiError, invalid } from './api-error.ts';
import type { ChatFault, Fault } from './faults.ts';
import { parseJson, readBody, sendJson } from './http.ts';
import type { Provider } from './provider.ts';
import { suffer } from './suffer.ts';

/** `POST /v1/chat/completions` and `GET /v1/models`: a language model that knows a few sentences, and how to fail. */

/** A chat that arrived, for whoever counts them. */
export interface Chat {
  readonly model: string;
  /** All that was said to it. */
  readonly prompt: string;
  /** What it answered with, or undefined for an error, or no answer. */
  readonly answered: 'text' | 'refusal' | undefined;
  readonly usage: Usage;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

const NOTHING: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1),
  response_format: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text') }),
      z.looseObject({ type: z.literal('json_object') }),
      z.looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ schema: z.unknown() }) }),
    ])
    .optional(),
});
type ChatRequest = z.output<typeof requestSchema>;

export function listModels({ settings }: Provider, response: ServerResponse): void {
  const data = settings.textModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'simulator' }));
  sendJson(response, 200, { object: 'list', data });
}

export async function completeChat(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { faults, stopping, chats } = provider;
  const asked = readRequest(provider, parseJson(await readBody(request)));
  const prompt = asked.messages.map(({ content }) => content).join('\n');
  const entry: { -readonly [Key in keyof Chat]: Chat[Key] } = {
    model: asked.model,
    prompt,
    answered: undefined,
    usage: NOTHING,
  };
  const ordinal = chats.push(entry);
  const subject = { prompt, model: asked.model, ordinal, hasReference: false };
  const fault = faults.take((one: Fault): one is ChatFault => one.on === 'chat', subject);
  if (fault?.does === 'answer' || fault?.does === 'drop' || fault?.does === 'hang') {
    await suffer(fault, stopping);
  }
  const { content, refusal, finish } = answerOf(asked, prompt, fault);
  entry.answered = refusal === null ? 'text' : 'refusal';
  entry.usage = usageOf(prompt, content ?? refusal ?? '');
  sendJson(response, 200, {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: asked.model,
    choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', content, refusal } }],
    ...(fault?.does !== 'uncounted' && { usage: entry.usage }),
  });
}

function readRequest({ settings }: Provider, body: unknown): ChatRequest {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) throw new ApiError({ status: 400, message: z.prettifyError(parsed.error) });
  const { model, response_format: format } = parsed.data;
  if (!settings.textModels.includes(model)) {
    throw new ApiError({
      status: 404,
      message: `The model \`${model}\` does not exist or you do not have access to it.`,
      code: 'model_not_found',
    });
  }
  if (settings.textFormat !== 'json_schema' && format?.type === 'json_schema') {
    throw invalid('response_format', 'This model does not support response_format json_schema.');
  }
  if (settings.textFormat === 'none' && format?.type === 'json_object') {
    throw invalid('response_format', 'This model does not support response_format json_object.');
  }
  if ('max_tokens' in parsed.data && settings.wantsMaxCompletionTokens) {
    throw new ApiError({
      status: 400,
      message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
      param: 'max_tokens',
      code: 'unsupported_parameter',
    });
  }
  return parsed.data;
}

interface Answer {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly finish: 'stop' | 'length' | 'content_filter';
}

function answerOf(asked: ChatRequest, prompt: string, fault: ChatFault | undefined): Answer {
  const said = (content: string, finish: Answer['finish'] = 'stop') => ({ content, refusal: null, finish });
  const value = valueFor(schemaOf(asked), prompt);
  const text = JSON.stringify(value);
  switch (fault?.does) {
    case 'refuse':
      return fault.how === 'refusal'
        ? { content: null, refusal: fault.message, finish: 'stop' }
        : said('', 'content_filter');
    case 'cut':
      return said(text.slice(0, text.length / 2), 'length');
    case 'chatter':
      return said('Certainly! Which of these do you like best?');
    case 'misfit':
      return said(
        JSON.stringify({ ...Object.fromEntries(Object.entries(Object(value)).slice(1)), note: 'done' }),
      );
    case 'say':
      return said(
        JSON.stringify(value, (_, part: unknown) =>
          typeof part === 'string' ? part.replace(/\.$/, `, ${fault.words}.`) : part,
        ),
      );
    default:
      // A model that was not held to a format likes to explain itself.
      return said(asked.response_format === undefined ? `Here it is:\n\`\`\`json\n${text}\n\`\`\`` : text);
  }
}

/** As it was given; or, where the server takes none, as somebody wrote it on a line of the prompt. */
function schemaOf({ response_format: format, messages }: ChatRequest): unknown {
  if (format?.type === 'json_schema') return format.json_schema.schema;
  const lines = messages
    .flatMap(({ content }) => content.split('\n'))
    .filter((line) => line.startsWith('{"'));
  for (const line of lines.toReversed()) {
    try {
      return JSON.parse(line);
    } catch {
      // It only looked like it.
    }
  }
  return undefined;
}

/** About four characters a token, as with English text. */
function usageOf(prompt: string, answer: string): Usage {
  const count = (text: string) => Math.ceil(text.length / 4);
  const [prompt_tokens, completion_tokens] = [count(prompt), count(answer)];
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
