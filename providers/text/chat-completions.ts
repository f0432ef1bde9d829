import OpenAI, { APIError, APIUserAbortError } from 'openai';
import { z } from 'zod';
import { PreconditionFailed, Refused, type ScreentestError, Unavailable } from '../../domain/errors.ts';
import type { TextPrice } from '../../domain/text-price.ts';
import { readably } from '../openai-compatible/answers.ts';
import { messageOf } from '../shared/error-words.ts';
import { failedToConnect } from '../shared/failed-to-connect.ts';
import { retryAfterSeconds } from '../shared/retry-after.ts';
import { withoutSecret } from '../shared/without-secret.ts';
import { jsonSchemaOf } from './structured-answer.ts';
import {
  AnswerLost,
  type TextAnswer,
  type TextModel,
  TextModelBusy,
  type TextRequest,
} from './text-model.ts';

export interface ChatCompletionsOptions {
  /** Up to and including `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly price: TextPrice;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
}

/** Milliseconds: the list of models is not long. */
const LOOK_WITHIN_MS = 5000;

const count = z.number().int().min(0);
const completion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish().catch(undefined),
});

/** How much a server understands; each is found out by asking, which costs nothing where it is refused. */
interface Manners {
  readonly format: 'json_schema' | 'json_object' | 'none';
  /** OpenAI's newer models refuse the older name; most other servers know no other. */
  readonly limit: 'max_tokens' | 'max_completion_tokens';
}

/** `POST /chat/completions`, as OpenAI's service and the many servers that do likewise have it. */
export function createChatCompletions(options: ChatCompletionsOptions): TextModel {
  const { baseUrl, apiKey, model, price, timeoutMs } = options;
  // It repeats nothing by itself: what may be repeated is decided where the money is counted.
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey,
    maxRetries: 0,
    timeout: timeoutMs,
    fetch: readably(withoutSecret(apiKey)),
  });
  let manners: Manners = { format: 'json_schema', limit: 'max_tokens' };

  async function answer(request: TextRequest, signal: AbortSignal): Promise<TextAnswer> {
    for (;;) {
      const asked = manners;
      try {
        const body = bodyOf(model, request, asked);
        // A signal of its own: the client leaves its listener on it.
        const own = AbortSignal.any([signal]);
        return readCompletion(await client.chat.completions.create(body, { signal: own }));
      } catch (error) {
        signal.throwIfAborted();
        const filtered = filteredBy(error);
        if (filtered !== undefined) return filtered;
        const simpler = simplerThan(asked, error);
        if (simpler === undefined) throw failure(error, options);
        manners = simpler;
      }
    }
  }

  async function check(): Promise<void> {
    const names = await client.models
      .list({ signal: AbortSignal.timeout(LOOK_WITHIN_MS) })
      .then(({ data }) => data.map(({ id }) => id))
      .catch((error: unknown) => {
        // A server may well have no list.
        if (error instanceof APIError && (error.status === 404 || error.status === 405)) return [model];
        throw failure(error, options);
      });
    if (names.includes(model)) return;
    throw new PreconditionFailed({
      code: 'TEXT_MODEL_UNKNOWN',
      given: `The language model "${model}" is not at ${baseUrl}`,
      allowed: names.length === 0 ? 'none: the list is empty' : names.slice(0, 20).join(', '),
      fix: 'set TEXT_MODEL to one of them',
    });
  }

  return { name: model, price, answer, check };
}

function bodyOf(
  model: string,
  { messages, keys, mostOutputTokens }: TextRequest,
  { format, limit }: Manners,
): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const schema = jsonSchemaOf({ keys });
  return {
    model,
    messages: [
      ...messages,
      // Without structured outputs the shape has to be asked for in words.
      ...(format === 'json_schema'
        ? []
        : [
            { role: 'system' as const, content: `The JSON Schema of the answer:\n${JSON.stringify(schema)}` },
          ]),
    ],
    ...(format === 'json_schema' && {
      response_format: { type: format, json_schema: { name: 'passages', strict: true, schema } },
    }),
    ...(format === 'json_object' && { response_format: { type: format } }),
    [limit]: mostOutputTokens,
  };
}

function readCompletion(value: unknown): TextAnswer {
  const parsed = completion.safeParse(value);
  const [choice] = parsed.data?.choices ?? [];
  if (!parsed.success || choice === undefined) throw new TypeError('what it answered is no chat completion');
  const { usage } = parsed.data;
  const { content, refusal } = choice.message;
  const isFiltered = choice.finish_reason === 'content_filter';
  return {
    content: content ?? '',
    refusal: refusal || (isFiltered ? 'its filter stopped the answer' : undefined),
    isCutOff: choice.finish_reason === 'length',
    usage: usage ? { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens } : undefined,
  };
}

/** Azure's filter, and gateways before it, refuse what they are asked with an error instead of an answer. */
function filteredBy(error: unknown): TextAnswer | undefined {
  if (!(error instanceof APIError) || error.status !== 400) return undefined;
  if (!/content_filter|content_policy|moderation/i.test(`${error.code} ${error.type}`)) return undefined;
  return {
    content: '',
    refusal: messageOf(error),
    isCutOff: false,
    usage: { inputTokens: 0, outputTokens: 0 },
  };
}

/** What to try where the server refused a part of the request by name; undefined where it refused something else. */
function simplerThan({ format, limit }: Manners, error: unknown): Manners | undefined {
  if (!(error instanceof APIError)) return undefined;
  const { status, param, message } = error;
  if (status !== 400 && status !== 422 && status !== 501) return undefined;
  const said = `${param ?? ''} ${message}`;
  if (limit === 'max_tokens' && /max_tokens/.test(said)) return { format, limit: 'max_completion_tokens' };
  if (format === 'none' || !/response_format|json_schema|json_object|structured output/i.test(said)) {
    return undefined;
  }
  return { format: format === 'json_schema' ? 'json_object' : 'none', limit };
}

/** An error is answered before anything is written, and not charged; without any answer nobody can tell. */
function failure(error: unknown, { baseUrl, model }: ChatCompletionsOptions): ScreentestError {
  const said = messageOf(error);
  const status = error instanceof APIError ? error.status : undefined;
  const cause = error;
  if (error instanceof APIUserAbortError || status === undefined) {
    if (!failedToConnect(error)) return new AnswerLost(baseUrl, said, cause);
  } else if (status === 429 && !/insufficient_quota/.test(String(codeOf(error)))) {
    return new TextModelBusy(retryAfterSeconds(headersOf(error)), said, cause);
  } else if (status < 500 && status !== 408 && status !== 409) {
    return new Refused({
      code: 'TEXT_MODEL_REFUSED',
      given: `The language model "${model}" at ${baseUrl} said no (${status}): ${said}`,
      fix: 'check TEXT_API_BASE_URL, TEXT_API_KEY and TEXT_MODEL',
      cause,
    });
  }
  return new Unavailable({
    code: 'TEXT_MODEL_UNAVAILABLE',
    given: `The language model at ${baseUrl} does not answer as it should (${said})`,
    fix: 'check that it runs, and TEXT_API_BASE_URL',
    cause,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof APIError ? error.code : undefined;
}

function headersOf(error: unknown): Headers | undefined {
  return error instanceof APIError ? error.headers : undefined;
}
