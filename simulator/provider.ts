import { formatSize, parseSize } from '../domain/video.ts';
import { invalid } from './api-error.ts';
import type { Chaos } from './chaos.ts';
import type { Chat } from './chat-api.ts';
import type { Fault, FaultPlan, FaultSubject, JobFault } from './faults.ts';
import type { FilmLibrary, FilmOrder } from './film/film-library.ts';
import { type Job, type JobOrder, type JobStore, newJobId } from './jobs.ts';
import type { Bookkeeper } from './ledger.ts';
import type { CreateLimits } from './limits.ts';
import type { SimulatorSettings } from './options.ts';
import { priceOf } from './prices.ts';
import { randomOf } from './random.ts';
import type { Webhooks } from './webhooks.ts';

/** The parts that one simulated provider is made of. */
export interface Provider {
  readonly settings: SimulatorSettings;
  readonly jobs: JobStore;
  readonly faults: FaultPlan;
  readonly chaos: Chaos;
  readonly books: Bookkeeper;
  readonly films: FilmLibrary;
  readonly limits: CreateLimits;
  readonly webhooks: Webhooks;
  /** What the language model was asked, the newest last. */
  readonly chats: Chat[];
  /** Aborted when the server stops, so that nothing waits on. */
  readonly stopping: AbortSignal;
}

/** Makes the job and starts its film at once, so that it is there when the rendering time is over. */
export function startJob(
  { settings, jobs, faults, films, webhooks }: Provider,
  order: JobOrder,
  { ordinal, idempotencyKey }: { ordinal: number; idempotencyKey: string | undefined },
): Job {
  const subject: FaultSubject = { ...order, ordinal };
  const takes = (does: 'hide' | 'outlive' | 'expire') => faults.take(isJobFault(does), subject) !== undefined;
  const slow = faults.take(isJobFault('slow'), subject);
  const film = filmOf(order, faults.take(isJobFault('misrender'), subject));
  const id = newJobId();
  const job: Job = {
    ...order,
    id,
    ordinal,
    idempotencyKey,
    createdAt: Date.now(),
    renderMilliseconds: renderMilliseconds(settings, order.seconds, ordinal) * (slow?.factor ?? 1),
    ...billFor(settings, order),
    ending: faults.take(isJobFault('fail'), subject) ?? faults.take(isJobFault('stall'), subject),
    isListed: !takes('hide'),
    concealedAt: faults.take(isJobFault('conceal'), subject)?.atProgress,
    outlivesDeletion: takes('outlive'),
    expiresAfterSeconds: takes('expire') ? 0 : settings.expiresAfterSeconds,
    film: films.film({ ...film, key: filmKey({ ...order, id }) }),
    filmReadyAt: undefined,
    filmError: undefined,
    deletedAt: undefined,
  };
  job.film
    .catch((error: unknown) => {
      job.filmError = String(error);
    })
    .finally(() => {
      job.filmReadyAt = Date.now();
    });
  jobs.add(job);
  webhooks.follow(job);
  return job;
}

/** What makes a job's film its own. */
export function filmKey({ prompt, id }: { readonly prompt: string; readonly id: string }): string {
  return `${prompt}\n${id}`;
}

export function isJobFault<Does extends JobFault['does']>(does: Does) {
  return (fault: Fault): fault is Extract<JobFault, { does: Does }> =>
    fault.on === 'job' && fault.does === does;
}

function filmOf(
  order: JobOrder,
  misrender: Extract<JobFault, { does: 'misrender' }> | undefined,
): Omit<FilmOrder, 'key'> {
  const size = misrender?.size === undefined ? undefined : parseSize(misrender.size);
  return {
    seconds: misrender?.seconds ?? order.seconds,
    width: size?.width ?? order.width,
    height: size?.height ?? order.height,
  };
}

function renderMilliseconds({ render, seed }: SimulatorSettings, seconds: number, ordinal: number): number {
  const middle = render.baseSeconds + render.perVideoSecond * seconds;
  const swing = 1 + render.jitter * (2 * randomOf('render', seed, ordinal)() - 1);
  return middle * swing * 1000;
}

function billFor(
  { prices, billsAtLeastSeconds }: SimulatorSettings,
  order: JobOrder,
): Pick<Job, 'price' | 'billedSeconds'> {
  const size = formatSize(order);
  const billedSeconds = Math.max(billsAtLeastSeconds, order.seconds);
  const price = priceOf(prices, { ...order, size, seconds: billedSeconds });
  if (price === undefined) throw invalid('size', `No price for ${order.model} at ${size}.`);
  return { price, billedSeconds };
}
