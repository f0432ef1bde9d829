import { randomUUID } from 'node:crypto';
import type { Database } from '../database/client.ts';
import { writeLatencies } from '../database/health/latencies.ts';
import type { QueryKind, QueryObserver } from '../database/measured-queries.ts';
import type { BucketCounts } from '../domain/latency.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Histogram } from '../telemetry/metrics.ts';
import { createSlowQueries } from './slow-queries.ts';

/** Milliseconds between two samples. */
const SAMPLE_EVERY_MS = 60_000;
const SLOWEST_KEPT = 10;

export interface QueryRecorder {
  readonly observe: QueryObserver;
  /**
   * Writes down every minute what was measured in it, so that `screentest doctor` knows it too.
   * @param database another one than is measured, or each sample would be measured itself
   */
  start(database: Database, logger: Logger): void;
  /** With a last sample. */
  stop(): Promise<void>;
}

/** Measures what this process asks of the database. */
export function createQueryRecorder(histogram: Histogram): QueryRecorder {
  const worker = randomUUID();
  const slow = createSlowQueries();
  const written: Record<QueryKind, BucketCounts> = { read: [], write: [] };
  let timer: NodeJS.Timeout | undefined;
  let write = async () => {};

  /** How many more than at the last sample. */
  function sinceLast(kind: QueryKind): BucketCounts {
    const now = histogram.counts(LABELS[kind]);
    const before = new Map(written[kind]);
    written[kind] = now;
    return now.map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]);
  }

  return {
    observe(sql, kind, seconds) {
      histogram.observe(seconds, LABELS[kind]);
      slow.add(sql, seconds);
    },
    start(database, logger) {
      write = async () => {
        const latencies = { read: sinceLast('read'), write: sinceLast('write') };
        const isIdle = [...latencies.read, ...latencies.write].every(([, count]) => count === 0);
        if (isIdle) return;
        await writeLatencies(database, { worker, latencies, slowest: slow.take(SLOWEST_KEPT) }).catch(
          (error: unknown) => {
            logger.debug({ reason: String(error) }, 'a sample of query latencies was not written');
          },
        );
      };
      timer = setInterval(() => void write(), SAMPLE_EVERY_MS);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await write();
    },
  };
}

const LABELS = { read: { kind: 'read' }, write: { kind: 'write' } } as const;
