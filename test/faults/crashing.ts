import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../database/client.ts';
import { isFinal, type VideoProvider } from '../../providers/video-provider.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import type { CrashPoint } from './crash-points.ts';

/**
 * Ends, or stops, this process when it reaches the point that it was told, the first time.
 * @param order its id or its idempotency key, where it is known
 */
export type Reached = (point: CrashPoint, order?: string) => Promise<void>;

export function crashingAt(chosen: CrashPoint, signal: NodeJS.Signals): Reached {
  let isDone = false;
  return async (point, order) => {
    if (point !== chosen || isDone) return;
    isDone = true;
    writeSync(process.stdout.fd, `${signal} ${point}: ${order ?? 'an order'}\n`);
    process.kill(process.pid, signal);
    // A process that is killed does nothing more, and one that was only stopped goes on from here.
    if (signal === 'SIGKILL') await new Promise(() => undefined);
  };
}

/** What a transaction has written, told once it is committed. */
type Written = 'intent' | 'job id' | 'video';

const COMMITTED: Readonly<Record<Written, CrashPoint>> = {
  intent: 'after the intent is written',
  'job id': 'after the job id is recorded',
  video: 'after the record',
};

export function crashingDatabase(database: Database, reached: Reached): Database {
  const writes = new AsyncLocalStorage<Set<Written>>();
  const wrapped = database.$extends({
    query: {
      videoGenerationJob: {
        createManyAndReturn({ args, query }) {
          writes.getStore()?.add('intent');
          return query(args);
        },
        async updateMany({ args, query }) {
          const { submissionState } = args.data;
          if (submissionState === 'accepted') {
            await reached('before the job id is recorded');
            writes.getStore()?.add('job id');
          }
          const result = await query(args);
          if (submissionState === 'claimed') {
            await reached('after the intent is claimed', String(args.where?.id));
          }
          return result;
        },
      },
      variantRendition: {
        upsert({ args, query }) {
          writes.getStore()?.add('video');
          return query(args);
        },
      },
    },
  });
  async function transaction(...args: unknown[]): Promise<unknown> {
    const written = new Set<Written>();
    const result = await writes.run(written, () => Reflect.apply(wrapped.$transaction, wrapped, args));
    for (const what of written) await reached(COMMITTED[what]);
    return result;
  }
  // Prisma gives an extended client a type of its own; it does all that the client did.
  const client = wrapped as unknown as Database;
  return new Proxy(client, {
    get: (target, name) => (name === '$transaction' ? transaction : Reflect.get(target, name)),
  });
}

/** @param isMade whether the provider has the job of this prompt */
export function crashingProvider(
  provider: VideoProvider,
  reached: Reached,
  isMade: (prompt: string) => Promise<boolean>,
): VideoProvider {
  return {
    ...provider,
    async submit(order, idempotencyKey) {
      await reached('before the order is sent', idempotencyKey);
      const answer = provider.submit(order, idempotencyKey);
      answer.catch(() => undefined); // nobody may be left to hear of it
      while (!(await Promise.race([isMade(order.prompt), answer.then(() => true)]))) await delay(10);
      await reached('after the order is sent, before its answer');
      const job = await answer;
      await reached('after the answer, before anything is done with it');
      return job;
    },
    async status(ids, signal) {
      const found = await provider.status(ids, signal);
      const jobs = [...found.values()].filter((job) => job !== 'gone');
      if (jobs.length > 0) await reached('after the job is asked about');
      if (jobs.some(isFinal)) await reached('after the job is seen to be done');
      return found;
    },
    async content(id, signal) {
      await reached('before the download');
      const content = await provider.content(id, signal);
      return { ...content, body: crashingBody(content.body, reached) };
    },
  };
}

async function* crashingBody(body: AsyncIterable<Uint8Array>, reached: Reached): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    await reached('in the middle of the download');
  }
}

export function crashingStore(store: VideoStore, reached: Reached): VideoStore {
  return {
    ...store,
    async receive(...args) {
      const received = await store.receive(...args);
      await reached('after the download, before the checks');
      return {
        ...received,
        async keep(...args) {
          await reached('after the checks, before the file is kept');
          const kept = await received.keep(...args);
          await reached('after the file is kept, before its record');
          return kept;
        },
      };
    },
  };
}
