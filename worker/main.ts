import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { readWorkerSettings } from '../config/environment.ts';
import { checkDatabase, createDatabase } from '../database/client.ts';
import { createJobPoller } from '../providers/job-poller.ts';
import { createOpenAICompatibleProvider } from '../providers/openai-compatible.ts';
import { createLocalStore } from '../storage/local-store.ts';
import { createLogger } from '../telemetry/logger.ts';
import { readTemporalSettings, temporalUnavailable } from '../temporal/connection.ts';
import { openHealthPort } from './health.ts';
import { temporalLogger } from './temporal-logger.ts';
import { createWorkers } from './workers.ts';

/** Activities of every queue may each hold a connection; more than these wait for one. */
const POOL_SIZE = 20;

/** The worker's parts list. Runs until it is told to stop, and finishes what it must not leave half-done. */
export async function runWorker(environment: NodeJS.ProcessEnv, onReady: () => void): Promise<void> {
  const settings = readWorkerSettings(environment);
  const temporal = readTemporalSettings(environment);
  const logger = createLogger(settings.LOG_LEVEL);
  Runtime.install({ logger: temporalLogger(logger), shutdownSignals: [] });

  const database = createDatabase(settings.DATABASE_URL, POOL_SIZE);
  await checkDatabase(database, settings.DATABASE_URL);
  const provider = createOpenAICompatibleProvider({
    baseUrl: settings.VIDEO_API_BASE_URL,
    apiKey: settings.VIDEO_API_KEY,
    honoursIdempotencyKeys: settings.VIDEO_API_HONOURS_IDEMPOTENCY_KEYS,
    cancelsJobs: settings.VIDEO_API_CANCELS_JOBS,
  });
  const connection = await NativeConnection.connect(temporal.connectionOptions).catch((error: unknown) => {
    throw temporalUnavailable(temporal.connectionOptions.address, error);
  });
  const workers = await createWorkers({
    connection,
    namespace: temporal.namespace,
    workflowBundlePath: builtBundle,
    submitsPerSecond: settings.VIDEO_API_SUBMITS_PER_SECOND,
    database,
    provider,
    providerAccount: settings.VIDEO_API_ACCOUNT,
    jobTimeoutMinutes: settings.VIDEO_JOB_TIMEOUT_MINUTES,
    poller: createJobPoller(provider),
    store: createLocalStore(settings.SCREENTEST_STORAGE_DIR),
  });
  const health =
    settings.SCREENTEST_HEALTH_PORT === undefined
      ? undefined
      : await openHealthPort(settings.SCREENTEST_HEALTH_HOST, settings.SCREENTEST_HEALTH_PORT, async () => {
          const idle = workers.find((worker) => worker.getState() !== 'RUNNING');
          if (idle !== undefined) return `a worker is ${idle.getState().toLowerCase()}`;
          return checkDatabase(database, settings.DATABASE_URL).then(
            () => undefined,
            (error: unknown) => String(error),
          );
        });

  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  try {
    const running = workers.map((worker) => worker.run());
    onReady();
    // One that fails takes the others down: half a worker would look alive and do nothing.
    await Promise.all(running.map((run) => run.finally(stop)));
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop);
    await health?.close();
    await connection.close();
    await database.$disconnect();
  }
}

/** Made by `npm run build` beside the compiled worker. */
const builtBundle = fileURLToPath(new URL('../workflows/bundle.js', import.meta.url));
