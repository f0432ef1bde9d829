import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';
import type { CreateFault, Fault, RequestFault } from './faults.ts';
import type { Job, JobOrder } from './jobs.ts';
import { type Provider, startJob } from './provider.ts';
import { suffer } from './suffer.ts';

/**
 * A create as every protocol without idempotency keys has it: into the books, past the faults and the limits. What
 * it returns is to be answered; what it throws is to be told in the protocol's own form.
 */
export async function receiveOrder(provider: Provider, readOrder: () => Promise<JobOrder>): Promise<Job> {
  const { jobs, faults, books, limits, stopping } = provider;
  const ordinal = books.received();
  const order = await readOrder();
  books.understood(order.prompt, undefined);
  const fault = faults.take(isOnCreate, { ...order, ordinal });
  // Ends here, with what the fault says.
  if (fault !== undefined && fault.does !== 'hang' && !fault.created) await suffer(fault, stopping);
  const now = Date.now();
  limits.admit(now, jobs.countRunning(now));
  const job = startJob(provider, order, { ordinal, idempotencyKey: undefined });
  await suffer(fault, stopping);
  return job;
}

/** What befalls a request about a job. */
export async function sufferOn(
  { faults, stopping }: Provider,
  request: RequestFault['on'],
  job: Job,
): Promise<void> {
  const isOnRequest = (fault: Fault): fault is RequestFault => fault.on === request;
  await suffer(faults.take(isOnRequest, job), stopping);
}

/** @throws ApiError 401 for a request without the key after this word, or with another than the one that is accepted */
export function checkKeyAfter(word: string, request: IncomingMessage, apiKey: string | undefined): void {
  const [scheme, key = ''] = (request.headers.authorization ?? '').split(/ +/);
  if (scheme === word && key !== '' && (apiKey === undefined || key === apiKey)) return;
  throw new ApiError({ status: 401, message: 'No key was sent, or one that is not known here.' });
}

/** @throws ApiError 404 for a model that has no price here */
export function checkModel({ settings }: Provider, model: string): void {
  if (Object.hasOwn(settings.prices, model)) return;
  const supported = Object.keys(settings.prices).join(', ');
  throw new ApiError({
    status: 404,
    message: `The model '${model}' does not exist. There are: ${supported}.`,
  });
}

function isOnCreate(fault: Fault): fault is CreateFault {
  return fault.on === 'create';
}
