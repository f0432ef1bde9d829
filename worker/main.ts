import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { readWorkerSettings, type WorkerSettings } from '../config/environment.ts';
import { defaultMonthlyCap, readPrices } from '../config/prices.ts';
import { retentionRules } from '../config/retention.ts';
import { checkDatabase, createDatabase, type Database } from '../database/client.ts';
import { newestJobDurations } from '../database/job-durations.ts';
import { BadInput, PreconditionFailed } from '../domain/errors.ts';
import { pricingOf } from '../domain/prices.ts';
import { rehearseReplay } from '../privacy/rehearse-replay.ts';
import { chooseProvider } from '../providers/choose-provider.ts';
import { createJobPoller, type JobPoller } from '../providers/job-poller.ts';
import { createSubmitPacer } from '../providers/submit-pacer.ts';
import { chooseWriter } from '../providers/text/choose-text-model.ts';
import type { VideoProvider } from '../providers/video-provider.ts';
import { backupDuty } from '../recovery/backup/duty.ts';
import { backupHealth } from '../recovery/backup/health.ts';
import { bind } from '../recovery/binding.ts';
import { createDatabaseGuard } from '../recovery/guard.ts';
import { chooseStore } from '../storage/choose-store.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import {
  connectTemporalClient,
  readTemporalSettings,
  type TemporalSettings,
  temporalUnavailable,
} from '../temporal/connection.ts';
import { BACKUP_GAUGES, createBackupMetrics } from './backup-metrics.ts';
import { DATABASE_GAUGES } from './database-gauges.ts';
import { createDatabaseMetrics } from './database-metrics.ts';
import { healthRoute } from './health.ts';
import { openHttpPort, type Route } from './http-port.ts';
import { metricsRoute } from './metrics-route.ts';
import { createQueryRecorder } from './query-recorder.ts';
import { temporalLogger } from './temporal-logger.ts';
import { webhookRoute } from './webhooks.ts';
import { createWorkerMetrics } from './worker-metrics.ts';
import { createWorkers, type WorkersOptions } from './workers.ts';

/** Activities of every queue may each hold a connection; more than these wait for one. */
const POOL_SIZE = 20;

/** Monitoring has connections of its own: it works when the others are taken, and never takes more than these. */
const MONITORING_POOL_SIZE = 2;

/** The lowest that was published for the video API. */
const DEFAULT_SUBMITS_PER_MINUTE = 25;

/** How fast orders are sent, for measurements that try it otherwise than by the settings. */
export type SubmitRate = Pick<WorkersOptions, 'submitsPerMinute' | 'pacer'>;

/**
 * The worker's parts list. Runs until it is told to stop, and finishes what it must not leave half-done.
 * @throws BadInput for a setting; Unavailable within ten seconds when Postgres or Temporal does not answer;
 *   PreconditionFailed without a built bundle, when its port is in use, where no video can be ordered, or where the
 *   database and the namespace belong to others or the database was restored
 */
export async function runWorker(
  environment: NodeJS.ProcessEnv,
  onReady: () => void,
  rate?: SubmitRate,
): Promise<void> {
  const settings = readWorkerSettings(environment);
  const temporal = readTemporalSettings(environment);
  const logger = createLogger(settings.LOG_LEVEL);
  installRuntime(settings, logger);

  const closers: (() => unknown)[] = [];
  try {
    const workers = await buildWorkers(settings, temporal, logger, closers, rate);
    await runUntilStopped(workers, onReady);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function buildWorkers(
  settings: WorkerSettings,
  temporal: TemporalSettings,
  logger: Logger,
  closers: (() => unknown)[],
  rate: SubmitRate | undefined,
): Promise<readonly Worker[]> {
  const metrics = createMetrics();
  const measured = createWorkerMetrics(metrics);
  const recorder = createQueryRecorder(measured.queries);
  const database = createDatabase(settings.DATABASE_URL, POOL_SIZE, recorder.observe);
  closers.push(() => database.$disconnect());
  await checkDatabase(database, settings.DATABASE_URL);
  const connection = await connectWorker(temporal);
  closers.push(() => connection.close());
  const client = new Client({ connection, namespace: temporal.namespace });
  const guard = createDatabaseGuard(database, await bind(database, client), client);
  closers.push(guard.stop);
  const provider = measured.provider(await chooseProvider(settings));
  const poller = measured.poller(
    createJobPoller(provider, {
      pastDurations: (model) => newestJobDurations(database, provider.name, model),
    }),
  );
  const webhooks = webhookRoutes(settings, poller);
  await checkProvider(provider, logger);
  const submitRate = rate ?? publishedRate(settings, provider);
  measured.pacer(submitRate.pacer);
  const store = await chooseStore(settings);
  const workers = await createWorkers({
    guard,
    connection,
    namespace: temporal.namespace,
    workflowBundlePath: builtBundle,
    ...submitRate,
    observer: measured.activities,
    database,
    provider,
    writer: chooseWriter(settings),
    providerAccount: settings.VIDEO_API_ACCOUNT,
    pricing: pricingOf(provider.name, await readPrices(settings)),
    defaultMonthlyCap: defaultMonthlyCap(settings),
    jobTimeoutMinutes: settings.VIDEO_JOB_TIMEOUT_MINUTES,
    stallMinutes: settings.VIDEO_JOB_STALL_MINUTES,
    poller,
    store,
    retention: retentionRules(settings),
    backups: await backupDuty(settings, (url, empty) =>
      rehearseReplay(url, store, empty, (line) => logger.info(line)),
    ),
    ffmpeg: settings.SCREENTEST_FFMPEG === 'none' ? undefined : settings.SCREENTEST_FFMPEG,
    trustedOrigins: new Set([
      ...originsOf(settings.VIDEO_API_BASE_URL),
      ...settings.SCREENTEST_VIDEO_SOURCES,
    ]),
  });
  const monitoring = createDatabase(settings.DATABASE_URL, MONITORING_POOL_SIZE);
  closers.push(() => monitoring.$disconnect());
  recorder.start(monitoring, logger);
  closers.push(recorder.stop);
  metrics.declare([...DATABASE_GAUGES, ...BACKUP_GAUGES]);
  const health = healthRoute(() => problemOf(workers, database, settings.DATABASE_URL));
  const routes = {
    '/healthz': health,
    '/metrics': metricsRoute(metrics, [createDatabaseMetrics(monitoring), ...backupSources(settings)]),
    ...webhooks,
  };
  if (settings.SCREENTEST_HTTP_PORT !== undefined) {
    const http = await openHttpPort(settings.SCREENTEST_HTTP_HOST, settings.SCREENTEST_HTTP_PORT, routes);
    closers.push(http.close);
  }
  return workers;
}

/** Where this worker was told where backups are kept. */
function backupSources({ DATABASE_URL: databaseUrl, SCREENTEST_BACKUP_DIR: folder }: WorkerSettings) {
  return folder === undefined ? [] : [createBackupMetrics(() => backupHealth({ folder, databaseUrl }))];
}

/** The SDK's own metrics (slots, polls, latencies of tasks) are served by its core, on a port of their own. */
function installRuntime(settings: WorkerSettings, logger: Logger): void {
  const { SCREENTEST_TEMPORAL_METRICS_PORT: port, SCREENTEST_HTTP_HOST: host } = settings;
  const options = { logger: temporalLogger(logger), shutdownSignals: [] };
  if (port === undefined) {
    Runtime.install(options);
    return;
  }
  const bindAddress = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const units = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  try {
    Runtime.install({ ...options, telemetryOptions: { metrics: { prometheus: { bindAddress, ...units } } } });
  } catch (cause) {
    throw new PreconditionFailed({
      code: 'TEMPORAL_METRICS_PORT_UNAVAILABLE',
      given: `The port for Temporal's metrics, ${bindAddress}, can't be opened (${String(cause)})`,
      fix: 'set SCREENTEST_TEMPORAL_METRICS_PORT to a free port, or leave it out',
      cause,
    });
  }
}

function publishedRate(settings: WorkerSettings, provider: VideoProvider): SubmitRate {
  const submitsPerMinute =
    settings.VIDEO_API_SUBMITS_PER_MINUTE ??
    provider.capabilities.submitsPerMinute ??
    DEFAULT_SUBMITS_PER_MINUTE;
  return { submitsPerMinute, pacer: createSubmitPacer(submitsPerMinute) };
}

function originsOf(address: string | undefined): readonly string[] {
  return address === undefined ? [] : [new URL(address).origin];
}

/** A provider that is away, or refuses the key, is waited for; one that can make no videos would fail every order. */
async function checkProvider(provider: VideoProvider, logger: Logger): Promise<void> {
  try {
    await provider.check?.();
  } catch (error) {
    if (error instanceof PreconditionFailed) throw error;
    logger.warn(
      { reason: String(error) },
      'the video API does not say whether it makes videos; orders wait for it',
    );
  }
}

/** @throws BadInput where webhooks are wanted and nothing could receive them */
function webhookRoutes(settings: WorkerSettings, poller: JobPoller): Readonly<Record<string, Route>> {
  const { VIDEO_API_WEBHOOK_SECRET: secret, SCREENTEST_HTTP_PORT: port } = settings;
  if (secret === undefined) return {};
  if (port !== undefined) return { '/webhooks/video': webhookRoute(secret, poller.nudge) };
  throw new BadInput({
    code: 'SETTING_INVALID',
    given: 'VIDEO_API_WEBHOOK_SECRET is set, and SCREENTEST_HTTP_PORT is not: no webhook could be received',
    fix: 'set SCREENTEST_HTTP_PORT as well, or leave the secret out',
  });
}

/** The native connection may wait for ever where nobody answers; the client's gives up in time, so it goes first. */
async function connectWorker(temporal: TemporalSettings): Promise<NativeConnection> {
  const probe = await connectTemporalClient(temporal);
  await probe.connection.close();
  const { connectionOptions } = temporal;
  return NativeConnection.connect(connectionOptions).catch((error: unknown) => {
    throw temporalUnavailable(connectionOptions.address, error);
  });
}

/** One that fails takes the others down: half a worker would look alive and do nothing. */
async function runUntilStopped(workers: readonly Worker[], onReady: () => void): Promise<void> {
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const running = workers.map((worker) => worker.run().finally(stop));
  onReady();
  // All of them have ended before the connection is closed under them.
  const endings = await Promise.allSettled(running);
  process.off('SIGTERM', stop).off('SIGINT', stop);
  for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
}

async function problemOf(
  workers: readonly Worker[],
  database: Database,
  databaseUrl: string,
): Promise<string | undefined> {
  const idle = workers.find((worker) => worker.getState() !== 'RUNNING');
  if (idle !== undefined) return `a worker is ${idle.getState().toLowerCase()}`;
  return checkDatabase(database, databaseUrl).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

/** Made by `npm run build` beside the compiled worker. */
const builtBundle = fileURLToPath(new URL('../workflows/bundle.js', import.meta.url));
