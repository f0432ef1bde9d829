import { parentPort, workerData } from 'node:worker_threads';
import { createDatabase } from '../database/client.ts';
import { ingestObservations } from '../database/metric-ingest.ts';
import { groupId, variantId } from '../domain/ids.ts';
import { atPace } from './paced.ts';
import { BENCH_METRICS, BENCH_PLATFORMS, benchId, ROWS_A_DAY, VARIANTS_A_GROUP } from './state.ts';

/** Imports a day's rows of one group after another through the product's ingest, in a thread of its own beside the readers. */
export interface WriterOrder {
  readonly url: string;
  readonly rowsPerSecond: number;
  readonly seconds: number;
  /** Numbers of the groups that are being tested. */
  readonly groups: readonly number[];
}

export interface WriterReport {
  readonly rows: number;
  readonly seconds: number;
  /** Milliseconds of each import, from when it was due. */
  readonly latencies: readonly number[];
}

async function write(order: WriterOrder): Promise<WriterReport> {
  const database = createDatabase(order.url, 2);
  const everyMs = (ROWS_A_DAY / order.rowsPerSecond) * 1000;
  const count = Math.ceil((order.seconds * 1000) / everyMs);
  const startedAt = performance.now();
  try {
    const latencies = await atPace({ count, everyMs, atOnce: 2 }, async (number) => {
      const group = order.groups[number % order.groups.length] ?? 0;
      await ingestObservations(
        database,
        {
          groupId: groupId(benchId('group', group)),
          fileName: `bench-${number}.csv`,
          fileSha256: '0'.repeat(64),
          by: 'bench@example.com',
          skipped: 0,
        },
        rowsOf(group, new Date()),
      );
    });
    return { rows: count * ROWS_A_DAY, seconds: (performance.now() - startedAt) / 1000, latencies };
  } finally {
    await database.$disconnect();
  }
}

function rowsOf(group: number, recordedAt: Date) {
  return Array.from({ length: VARIANTS_A_GROUP }, (_, position) =>
    variantId(benchId('variant', group * VARIANTS_A_GROUP + position)),
  ).flatMap((id) =>
    BENCH_PLATFORMS.flatMap((platform) =>
      BENCH_METRICS.map((metric, at) => ({
        variantId: id,
        platform,
        ad: '',
        metric,
        value: String(1000 - at * 100 + (group % 100)),
        recordedAt,
      })),
    ),
  );
}

parentPort?.postMessage(await write(workerData));
