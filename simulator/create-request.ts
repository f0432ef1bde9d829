import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { parseSize } from '../domain/video.ts';
import { ApiError, invalid } from './api-error.ts';
import { parseJson, readBody } from './http.ts';
import type { JobOrder } from './jobs.ts';
import type { SimulatorSettings } from './options.ts';
import { PUBLISHED_SECONDS, PUBLISHED_SIZES } from './prices.ts';

/** The field of a reference picture. */
const REFERENCE = 'input_reference';
const LONGEST_SECONDS = 60;
const SMALLEST_SIDE = 16;
const LARGEST_SIDE = 4096;

/** The protocol's defaults; what else is sent (reference pictures) is taken and not used. */
const fieldsSchema = z.object({
  prompt: z.string().min(1).max(32_000),
  model: z.string().min(1).default('sora-2'),
  /** A string in the protocol; some clients send a number. */
  seconds: z.union([z.string(), z.number()]).transform(String).default('4'),
  size: z.string().default('720x1280'),
});

/** @throws ApiError 400, as the service words it, for a body that is not understood */
export async function readCreateRequest(
  request: IncomingMessage,
  settings: Pick<SimulatorSettings, 'prices' | 'strict'>,
): Promise<JobOrder> {
  const fields = await readFields(request);
  const parsed = fieldsSchema.safeParse(fields);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(issue?.path.join('.') ?? '', `Invalid value: ${issue?.message ?? 'unknown'}.`);
  }
  const { prompt, model, size, seconds } = parsed.data;
  if (!Object.hasOwn(settings.prices, model)) {
    throw new ApiError({
      status: 400,
      message: `The model '${model}' does not exist. Supported models are: ${Object.keys(settings.prices).join(', ')}.`,
      param: 'model',
      code: 'model_not_found',
    });
  }
  return {
    prompt,
    model,
    seconds: readSeconds(seconds, settings),
    ...readSize(size, model, settings),
    hasReference: typeof fields === 'object' && fields !== null && REFERENCE in fields,
  };
}

async function readFields(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  const body = await readBody(request);
  if (!type.startsWith('multipart/form-data')) return parseJson(body);
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    return Object.fromEntries(
      [...form].filter(([name, value]) => name === REFERENCE || typeof value === 'string'),
    );
  } catch {
    throw new ApiError({ status: 400, message: 'We could not parse the multipart body of your request.' });
  }
}

function readSeconds(text: string, { strict }: Pick<SimulatorSettings, 'strict'>): number {
  const seconds = /^[1-9]\d?$/.test(text) ? Number(text) : Number.NaN;
  if (strict && !PUBLISHED_SECONDS.includes(seconds)) {
    throw invalid(
      'seconds',
      `Invalid value: '${text}'. Supported values are: ${PUBLISHED_SECONDS.join(', ')}.`,
    );
  }
  if (!(seconds <= LONGEST_SECONDS)) {
    throw invalid(
      'seconds',
      `Invalid value: '${text}'. Supported are whole seconds from 1 to ${LONGEST_SECONDS}.`,
    );
  }
  return seconds;
}

function readSize(
  text: string,
  model: string,
  { strict, prices }: Pick<SimulatorSettings, 'strict' | 'prices'>,
) {
  const published = strict ? PUBLISHED_SIZES[model] : undefined;
  const isSold = prices[model]?.['*'] !== undefined || prices[model]?.[text] !== undefined;
  if ((published !== undefined && !published.includes(text)) || !isSold) {
    const supported = published ?? Object.keys(prices[model] ?? {});
    throw invalid('size', `Invalid value: '${text}'. Supported values are: ${supported.join(', ')}.`);
  }
  const size = parseSize(text);
  if (size === undefined || ![size.width, size.height].every(isEncodable)) {
    throw invalid(
      'size',
      `Invalid value: '${text}'. Supported are WIDTHxHEIGHT, both even and from ${SMALLEST_SIDE} to ${LARGEST_SIDE}.`,
    );
  }
  return size;
}

function isEncodable(side: number): boolean {
  return side % 2 === 0 && side >= SMALLEST_SIDE && side <= LARGEST_SIDE;
}
