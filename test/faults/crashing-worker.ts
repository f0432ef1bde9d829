import { Client } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { readWorkerSettings } from '../../config/environment.ts';
import { defaultMonthlyCap, readPrices } from '../../config/prices.ts';
import { createDatabase } from '../../database/client.ts';
import { pricingOf } from '../../domain/prices.ts';
import { chooseProvider } from '../../providers/choose-provider.ts';
import { createJobPoller } from '../../providers/job-poller.ts';
import { createSubmitPacer } from '../../providers/submit-pacer.ts';
import { bind } from '../../recovery/binding.ts';
import { createDatabaseGuard } from '../../recovery/guard.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { readTemporalSettings } from '../../temporal/connection.ts';
import { temporalLogger } from '../../worker/temporal-logger.ts';
import { createWorkers } from '../../worker/workers.ts';
import { crashPoint } from './crash-points.ts';
import { crashingAt, crashingDatabase, crashingProvider, crashingStore } from './crashing.ts';

/**
 * The worker's parts, as `screentest worker` puts them together, in wrappings that kill or freeze the process.
 * Environment, beside the worker's own: CRASH_AT, CRASH_BY (a signal), WORKFLOW_BUNDLE, SUBMISSION_TIMING (JSON).
 */
const settings = readWorkerSettings(process.env);
const temporal = readTemporalSettings(process.env);
const signal = process.env.CRASH_BY === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL';
const reached = crashingAt(crashPoint(process.env.CRASH_AT), signal);

Runtime.install({ logger: temporalLogger(createLogger(settings.LOG_LEVEL)), shutdownSignals: [] });

/** So many that no order waits. */
const SUBMITS_PER_MINUTE = 6000;

/** The simulator's own books: only they tell whether an order has arrived. */
async function isMade(prompt: string): Promise<boolean> {
  const response = await fetch((settings.VIDEO_API_BASE_URL ?? '').replace(/\/v1$/, '/_simulator/ledger'));
  const ledger: { jobs: { prompt: string }[] } = JSON.parse(await response.text());
  return ledger.jobs.some((job) => job.prompt === prompt);
}

const provider = crashingProvider(await chooseProvider(settings), reached, isMade);
const connection = await NativeConnection.connect(temporal.connectionOptions);
const { namespace } = temporal;
const database = crashingDatabase(createDatabase(settings.DATABASE_URL, 20), reached);
const bond = await bind(database, new Client({ connection, namespace }));
const workers = await createWorkers({
  connection,
  namespace,
  guard: createDatabaseGuard(database, bond),
  workflowBundlePath: process.env.WORKFLOW_BUNDLE ?? '',
  submitsPerMinute: SUBMITS_PER_MINUTE,
  pacer: createSubmitPacer(SUBMITS_PER_MINUTE),
  database,
  provider,
  providerAccount: settings.VIDEO_API_ACCOUNT,
  pricing: pricingOf(provider.name, await readPrices(settings)),
  defaultMonthlyCap: defaultMonthlyCap(settings),
  trustedOrigins: new Set(),
  jobTimeoutMinutes: settings.VIDEO_JOB_TIMEOUT_MINUTES,
  poller: createJobPoller(provider),
  store: crashingStore(createLocalStore(settings.SCREENTEST_STORAGE_DIR ?? ''), reached),
  timing: JSON.parse(process.env.SUBMISSION_TIMING ?? ''),
});
process.stdout.write('the worker is ready\n');
await Promise.all(workers.map((worker) => worker.run()));
