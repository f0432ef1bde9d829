import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AmbiguousOutcome, Refused, ScreentestError, Unavailable } from '../../domain/errors.ts';
import { formatSize, type VideoSpec } from '../../domain/video.ts';
import {
  ContentExpired,
  isKeyRefused,
  type JobStatus,
  type ProviderJob,
  RateLimited,
  type VideoProvider,
} from '../../providers/video-provider.ts';
import type { FaultInput } from '../../simulator/faults.ts';
import type { Ledger } from '../../simulator/ledger.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { never, rejection } from './odd-server.ts';

/** An adapter, and the simulated provider that it talks to. */
export interface Stage {
  readonly provider: VideoProvider;
  readonly simulator: Simulator;
}

/** What a provider's own ways do not allow; each is left out of the suite, or asserted the other way round. */
export interface Peculiarities {
  /** The provider says when a file is gone for good, so that it is told from one that is not there yet. */
  readonly tellsExpiry?: boolean;
  /** What all orders have in common; the simulator must sell it. */
  readonly video?: VideoSpec;
}

const SMALL_VIDEO: VideoSpec = { model: 'sora-2', seconds: 1, width: 64, height: 64 };

/** Milliseconds; long enough for a busy machine, and nothing here takes as long where all is well. */
const PATIENCE = 10_000;

/**
 * What every adapter must do, whatever its provider is like: held against the simulator, whose ledger is the truth
 * about requests, jobs and charges. What a capability says decides which of two behaviours is right.
 * @param start a simulator with these options beside the adapter's own, and the adapter before it
 */
export function conformsToThePort(
  name: string,
  start: (options: SimulatorOptions) => Promise<Stage>,
  { tellsExpiry = true, video = SMALL_VIDEO }: Peculiarities = {},
): void {
  describe(`${name}, as a video provider`, () => {
    let simulator: Simulator;
    let provider: VideoProvider;
    /** Its files are gone as soon as they are there. */
    let forgetful: Stage;
    beforeAll(async () => {
      const render = { baseSeconds: 0, perVideoSecond: 0, jitter: 0 };
      [{ simulator, provider }, forgetful] = await Promise.all([
        start({ render }),
        start({ render, expiresAfterSeconds: 0 }),
      ]);
    });
    afterAll(() => Promise.all([simulator.stop(), forgetful.simulator.stop()]));

    let orders = 0;
    /** Each order has a prompt of its own, so that a fault can be meant for its job alone. */
    function anOrder() {
      orders += 1;
      return { prompt: `cup number ${orders}.`, ...video };
    }

    async function ledger(of = simulator): Promise<Ledger> {
      const answer: Ledger = JSON.parse(await (await fetch(`${of.adminUrl}/ledger`)).text());
      return answer;
    }

    async function entriesOf(prompt: string) {
      return (await ledger()).jobs.filter((job) => job.prompt === prompt);
    }

    async function addFaults(...faults: FaultInput[]): Promise<void> {
      const body = JSON.stringify({ faults });
      const { ok } = await fetch(`${simulator.adminUrl}/faults`, { method: 'POST', body });
      expect(ok).toBe(true);
    }

    async function statusOf(id: string, of = provider): Promise<JobStatus | undefined> {
      return (await of.status([id], never())).get(id);
    }

    async function until(
      id: string,
      wanted: (job: ProviderJob) => boolean,
      of = provider,
    ): Promise<ProviderJob> {
      const giveUpAt = Date.now() + PATIENCE;
      for (;;) {
        const job = await statusOf(id, of);
        if (job !== undefined && job !== 'gone' && wanted(job)) return job;
        if (Date.now() > giveUpAt) throw new Error(`the job ${id} is still ${JSON.stringify(job)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const isCompleted = ({ status }: ProviderJob) => status === 'completed';

    async function completedJob(order = anOrder()): Promise<ProviderJob> {
      const job = await provider.submit(order, crypto.randomUUID());
      return until(job.id, isCompleted);
    }

    /** One that will not be over before the test is. */
    async function runningJob(): Promise<{ job: ProviderJob; prompt: string }> {
      const order = anOrder();
      await addFaults({ on: 'job', does: 'stall', atProgress: 50, match: { prompt: order.prompt } });
      const job = await provider.submit(order, crypto.randomUUID());
      return { job, prompt: order.prompt };
    }

    describe('ordering', () => {
      test('an order is one request, becomes one job, and its file is a video', async () => {
        const order = anOrder();
        const before = await ledger();
        const job = await provider.submit(order, crypto.randomUUID());
        expect(['queued', 'running', 'completed']).toContain(job.status);
        const done = await until(job.id, isCompleted);
        expect(done.id).toBe(job.id);
        expect(done.error).toBeUndefined();
        const { body, contentType } = await provider.content(job.id, never());
        const bytes = await read(body);
        expect(bytes.subarray(4, 8).toString('latin1')).toBe('ftyp');
        expect([undefined, 'video/mp4']).toContain(contentType);
        const after = await ledger();
        expect(after.postsReceived - before.postsReceived).toBe(1);
        expect(after.byPrompt[order.prompt]).toEqual({ posts: 1, jobs: 1 });
      });

      const refusedByModeration: FaultInput = {
        on: 'create',
        does: 'answer',
        status: 400,
        code: 'moderation_blocked',
        message: 'Your request was blocked by our moderation system.',
      };
      test.each<[string, FaultInput, new (...parts: never[]) => Error, number]>([
        ['refused by moderation', refusedByModeration, Refused, 0],
        ['refused its key', { on: 'create', does: 'answer', status: 401 }, Refused, 0],
        ['told to slow down', tooMany, RateLimited, 0],
        ['answered with 408', { on: 'create', does: 'answer', status: 408 }, AmbiguousOutcome, 0],
        ['answered with 409', { on: 'create', does: 'answer', status: 409 }, AmbiguousOutcome, 0],
        ['answered with 500', { on: 'create', does: 'answer', status: 500 }, AmbiguousOutcome, 0],
        ['made, and answered with 500', madeAll({ does: 'answer', status: 500 }), AmbiguousOutcome, 1],
        ['answered with 502', { on: 'create', does: 'answer', status: 502 }, AmbiguousOutcome, 0],
        ['made, and answered with 504', madeAll({ does: 'answer', status: 504 }), AmbiguousOutcome, 1],
        ['cut off', { on: 'create', does: 'drop' }, AmbiguousOutcome, 0],
        ['made, and cut off', madeAll({ does: 'drop' }), AmbiguousOutcome, 1],
      ])(
        'an order that is %s is sent once, and its error says what is known',
        async (_, fault, kind, jobs) => {
          const order = anOrder();
          await addFaults(fault);
          const before = await ledger();
          const error = await rejection(provider.submit(order, crypto.randomUUID()));
          expect(error).toBeInstanceOf(kind);
          expect(error instanceof ScreentestError && error.mayBeRetried).toBe(kind === RateLimited);
          const after = await ledger();
          expect(after.postsReceived - before.postsReceived).toBe(1);
          expect(after.jobsCreated - before.jobsCreated).toBe(jobs);
        },
      );

      test('a key that is refused is told from an order that is', async () => {
        await addFaults({ on: 'create', does: 'answer', status: 401 });
        expect(isKeyRefused(await rejection(provider.submit(anOrder(), 'a')))).toBe(true);
        await addFaults(refusedByModeration);
        const error = await rejection(provider.submit(anOrder(), 'b'));
        expect(isKeyRefused(error)).toBe(false);
        expect(error).toMatchObject({ message: expect.stringContaining('blocked by our moderation') });
      });

      test('how long to wait is passed on as the provider said it', async () => {
        await addFaults(tooMany);
        const error = await rejection(provider.submit(anOrder(), crypto.randomUUID()));
        expect(error).toMatchObject({ retryAfterSeconds: 7 });
      });

      test('an order to an address where nobody answers never arrived', async () => {
        const gone = await start({});
        await gone.simulator.stop();
        const error = await rejection(gone.provider.submit(anOrder(), crypto.randomUUID()));
        expect(error).toBeInstanceOf(Unavailable);
      });

      test('an order sent twice under one key makes one job exactly where the provider is said to honour keys', async () => {
        const order = anOrder();
        const key = crypto.randomUUID();
        await addFaults({ on: 'create', does: 'drop', created: true, match: { prompt: order.prompt } });
        await rejection(provider.submit(order, key));
        const job = await provider.submit(order, key);
        const jobs = await entriesOf(order.prompt);
        expect(jobs).toHaveLength(provider.capabilities.honoursIdempotencyKeys ? 1 : 2);
        expect(await statusOf(job.id)).not.toBe('gone');
      });
    });

    describe('waiting', () => {
      test('a job that fails says why', async () => {
        const order = anOrder();
        await addFaults({
          on: 'job',
          does: 'fail',
          atProgress: 10,
          code: 'moderation_blocked',
          message: 'The video shows what it must not.',
          match: { prompt: order.prompt },
        });
        const { id } = await provider.submit(order, crypto.randomUUID());
        const failed = await until(id, ({ status }) => status === 'failed');
        expect(failed.error).toMatchObject({ message: expect.stringContaining('shows what it must not') });
        expect(await provider.cancel(id)).toBe('failed');
      });

      test('a job that goes on is neither done nor failed', async () => {
        const { job } = await runningJob();
        const seen = await until(job.id, ({ status }) => status === 'running');
        expect(seen.error).toBeUndefined();
      });

      test('many jobs are asked for together, and one that is unknown is gone', async () => {
        const done = await completedJob();
        const ids = [done.id];
        for (let more = 0; more < 4; more++) ids.push((await runningJob()).job.id);
        const unknown = `${done.id.slice(0, -4)}0000`;
        const found = await provider.status([...ids, unknown], never());
        expect([...found.keys()].toSorted()).toEqual([...ids, unknown].toSorted());
        expect(found.get(done.id)).toMatchObject({ status: 'completed' });
        expect(found.get(unknown)).toBe('gone');
      });

      test("one job's trouble is not the others'", async () => {
        const well = await completedJob();
        const order = anOrder();
        const troubled = await provider.submit(order, crypto.randomUUID());
        await addFaults({ on: 'retrieve', does: 'answer', status: 500, match: { prompt: order.prompt } });
        const found = await provider.status([well.id, troubled.id], never());
        expect(found.get(well.id)).toMatchObject({ status: 'completed' });
        expect(found.has(troubled.id)).toBe(false);
        expect(await statusOf(troubled.id)).toBeDefined();
      });

      test.each<[string, FaultInput, (error: unknown) => boolean]>([
        ['is away', { on: 'retrieve', does: 'answer', status: 503 }, isUnavailable],
        ['drops the connection', { on: 'retrieve', does: 'drop' }, isUnavailable],
        ['asks to slow down', { on: 'retrieve', does: 'answer', status: 429 }, isRateLimited],
        ['refuses the key', { on: 'retrieve', does: 'answer', status: 401 }, isKeyRefused],
      ])('a provider that %s says nothing about a job', async (_, fault, isKind) => {
        const { id } = await completedJob();
        await addFaults(fault);
        const error = await rejection(provider.status([id], never()));
        expect(isKind(error)).toBe(true);
        expect(await statusOf(id)).toMatchObject({ status: 'completed' });
      });

      test('asking ends with its signal', async () => {
        const { id } = await completedJob();
        await addFaults({ on: 'retrieve', does: 'hang', milliseconds: PATIENCE });
        const began = Date.now();
        await rejection(provider.status([id], AbortSignal.timeout(100)));
        expect(Date.now() - began).toBeLessThan(PATIENCE / 2);
      });
    });

    describe('fetching', () => {
      test('a file is handed on as it arrives', async () => {
        const { id } = await completedJob();
        await addFaults({ on: 'content', does: 'trickle', bytesPerSecond: 200 });
        const began = Date.now();
        const { body } = await provider.content(id, never());
        for await (const chunk of body) {
          expect(chunk.byteLength).toBeGreaterThan(0);
          break;
        }
        // At this pace the whole of it takes longer than a test may.
        expect(Date.now() - began).toBeLessThan(PATIENCE / 2);
      });

      test('its label is passed on, in lower case and without parameters', async () => {
        const { id } = await completedJob();
        await addFaults({ on: 'content', does: 'relabel', contentType: 'Video/WebM; codecs=vp9' });
        const { body, contentType } = await provider.content(id, never());
        for await (const _ of body) break;
        expect(contentType).toBe('video/webm');
      });

      test('a file that lags behind its job is not there yet, and comes', async () => {
        const { id } = await completedJob();
        await addFaults({ on: 'content', does: 'missing' });
        const error = await rejection(provider.content(id, never()));
        expect(error).toBeInstanceOf(Refused);
        expect(error).not.toBeInstanceOf(ContentExpired);
        const { body } = await provider.content(id, never());
        for await (const chunk of body) {
          expect(chunk.byteLength).toBeGreaterThan(0);
          break;
        }
      });

      test('a job that is not done has no file yet', async () => {
        const { job } = await runningJob();
        const error = await rejection(provider.content(job.id, never()));
        expect(error).toBeInstanceOf(Refused);
        expect(error).not.toBeInstanceOf(ContentExpired);
      });

      test('a provider that is away, or refuses the key, does not decide about a file', async () => {
        const { id } = await completedJob();
        await addFaults({ on: 'content', does: 'answer', status: 503 });
        expect(await rejection(provider.content(id, never()))).toBeInstanceOf(Unavailable);
        await addFaults({ on: 'content', does: 'answer', status: 401 });
        expect(isKeyRefused(await rejection(provider.content(id, never())))).toBe(true);
      });

      test(`a file that the provider has removed is ${tellsExpiry ? 'expired' : 'not there'}`, async () => {
        const { id } = await forgetful.provider.submit(anOrder(), crypto.randomUUID());
        await until(id, isCompleted, forgetful.provider);
        const error = await rejection(forgetful.provider.content(id, never()));
        expect(error).toBeInstanceOf(tellsExpiry ? ContentExpired : Refused);
      });
    });

    describe('stopping', () => {
      test('a running job is stopped where the provider is said to stop jobs, and left alone where not', async () => {
        const { job, prompt } = await runningJob();
        const outcome = await provider.cancel(job.id);
        const [entry] = await entriesOf(prompt);
        if (provider.capabilities.cancelsJobs) {
          expect(outcome).toBe('stopped');
          expect(entry).toMatchObject({ status: 'deleted', billedMicroUsd: 0 });
          expect([undefined, 'gone', 'failed']).toContain(await finalWord(job.id));
        } else {
          expect(outcome).toBe('unknown');
          expect(entry).toMatchObject({ status: 'in_progress' });
        }
      });

      async function finalWord(id: string): Promise<string | undefined> {
        const status = await statusOf(id);
        return typeof status === 'string' ? status : status?.status;
      }

      test('a completed video is never deleted', async () => {
        const order = anOrder();
        const { id } = await completedJob(order);
        expect(await provider.cancel(id)).toBe('completed');
        expect(await entriesOf(order.prompt)).toMatchObject([{ status: 'completed' }]);
        const { body } = await provider.content(id, never());
        expect((await read(body)).length).toBeGreaterThan(0);
      });

      test('of an unknown job nothing is said', async () => {
        const { id } = await completedJob();
        expect(await provider.cancel(`${id.slice(0, -4)}0000`)).toBe('unknown');
      });
    });

    test('a completed video is deleted for good where there is a way, and what is not there counts as deleted', async () => {
      if (provider.erase === undefined) return;
      const order = anOrder();
      const { id } = await completedJob(order);
      const isDeleted = await provider.erase(id);
      const isGone = (await finalStatus(id)) === 'gone';
      expect(isDeleted).toBe(isGone);
      expect(await entriesOf(order.prompt)).toMatchObject([{ status: isDeleted ? 'deleted' : 'completed' }]);
      expect(await provider.erase(id)).toBe(isDeleted);
    });

    const finalStatus = (id: string) => statusOf(id).catch(() => undefined);

    describe('finding a job whose id was lost', () => {
      test('it is in the list where the provider is said to have one', async () => {
        const order = anOrder();
        const since = new Date(Date.now() - 2000);
        await addFaults({ on: 'create', does: 'drop', created: true, match: { prompt: order.prompt } });
        await rejection(provider.submit(order, crypto.randomUUID()));
        const found = await provider.jobsSince(since);
        if (provider.capabilities.listsJobs) {
          const mine = found.filter(({ prompt }) => prompt === order.prompt);
          const { model } = video;
          expect(mine).toMatchObject([{ model, size: formatSize(video), createdAt: expect.any(Date) }]);
          expect(await provider.jobsSince(new Date(Date.now() + 60_000))).toEqual([]);
        } else {
          expect(found).toEqual([]);
        }
      });
    });
  });
}

const tooMany: FaultInput = { on: 'create', does: 'answer', status: 429, retryAfterSeconds: 7 };

/** The job is made all the same. */
function madeAll(fault: { does: 'answer'; status: number } | { does: 'drop' }): FaultInput {
  return { on: 'create', created: true, ...fault };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Unavailable && !(error instanceof RateLimited);
}

function isRateLimited(error: unknown): boolean {
  return error instanceof RateLimited;
}

async function read(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
