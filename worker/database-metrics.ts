import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Database } from '../database/client.ts';
import { claimSnapshot, readSnapshot, writeSnapshot } from '../database/health/snapshots.ts';
import type { Sample } from '../telemetry/metrics.ts';
import { FRESH_SECONDS, type LookKind, takeLooks } from './database-gauges.ts';

/** Milliseconds for which this process does not ask again, however often it is scraped. */
const ASK_EVERY_MS = 5000;
/** Milliseconds that a scrape waits; what is not there by then is in the next one. */
const WAIT_MS = 2000;
/** Milliseconds after which a question without an answer means that there is none; all looks together take less. */
const SILENT_AFTER_MS = 60_000;
/** Found by the daily schedule; nobody else looks for it. */
const DAILY = 'daily';

const storedSamples = z.array(
  z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    value: z.number(),
  }),
);

/**
 * What is known of the database, for a scrape. All workers share one look of each kind, which the first to find it too
 * old takes again; a scrape itself costs three small queries at most every few seconds, whoever scrapes and how often.
 */
export function createDatabaseMetrics(database: Database): () => Promise<readonly Sample[]> {
  /** Each as soon as it is there: one that waits does not hold up the others. */
  const known = new Map<string, readonly Sample[]>();
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      await Promise.all([
        shared(database, 'often').then((samples) => known.set('often', samples)),
        shared(database, 'seldom').then((samples) => known.set('seldom', samples)),
        stored(database, DAILY).then((samples) => known.set(DAILY, samples)),
      ]);
      known.set('answers', [{ name: ANSWERS, value: 1 }]);
    } catch {
      known.clear();
      known.set('answers', [{ name: ANSWERS, value: 0 }]);
    } finally {
      asking = undefined;
    }
  }

  return async () => {
    if (asking === undefined && performance.now() - askedAt > ASK_EVERY_MS) {
      askedAt = performance.now();
      asking = ask();
    }
    if (asking !== undefined) await Promise.race([asking, delay(WAIT_MS, undefined, { ref: false })]);
    const isSilent = asking !== undefined && performance.now() - askedAt > SILENT_AFTER_MS;
    if (isSilent) return [{ name: ANSWERS, value: 0 }];
    return [...known.values()].flat();
  };
}

const ANSWERS = 'screentest_database_answers';

async function shared(database: Database, kind: LookKind): Promise<readonly Sample[]> {
  const { gauges, ageSeconds } = await readSnapshot(database, kind);
  const isFresh = ageSeconds !== undefined && ageSeconds < FRESH_SECONDS[kind];
  if (isFresh || !(await claimSnapshot(database, kind))) {
    return [...storedSamples.parse(gauges), ageOf(kind, ageSeconds)];
  }
  const samples = await takeLooks(database, kind);
  await writeSnapshot(database, kind, samples);
  return [...samples, ageOf(kind, 0)];
}

/** As whoever takes it has left it. */
async function stored(database: Database, kind: string): Promise<readonly Sample[]> {
  const { gauges, ageSeconds } = await readSnapshot(database, kind);
  return ageSeconds === undefined ? [] : [...storedSamples.parse(gauges), ageOf(kind, ageSeconds)];
}

/** Before the first one there is no telling how long ago it was. */
function ageOf(kind: string, seconds: number | undefined): Sample {
  return { name: 'screentest_look_age_seconds', labels: { kind }, value: seconds ?? Number.NaN };
}
