import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { SubmissionTiming } from '../../activities/submission.ts';
import { ScreentestClient } from '../../client/screentest-client.ts';
import { registerSearchAttributes } from '../../client/setup.ts';
import { createDatabase, type Database } from '../../database/client.ts';
import { writeTemplates } from '../../database/templates.ts';
import { type BriefInput, parseBrief } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { createJobPoller } from '../../providers/job-poller.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { temporalLogger } from '../../worker/temporal-logger.ts';
import { createWorkers } from '../../worker/workers.ts';
import { type Overview, overview, workflowIdOf } from '../../workflows/messages.ts';
import { createTestDatabase } from './database.ts';

/** Made by `npm run build`, which `npm test` runs first: the very bundle that a worker runs. */
export const WORKFLOW_BUNDLE = resolve('dist/workflows/bundle.js');

Runtime.install({
  logger: temporalLogger(createLogger(process.env.LOG_LEVEL ?? 'silent')),
  shutdownSignals: [],
});

export interface RigOptions {
  readonly simulator?: SimulatorOptions;
  readonly timing?: SubmissionTiming;
  readonly honoursIdempotencyKeys?: boolean;
  readonly cancelsJobs?: boolean;
  readonly jobTimeoutMinutes?: number;
  /** False leaves it to the test to start workers: in this process, or as processes with `environment`. */
  readonly startsWorkers?: boolean;
}

/**
 * A whole system for one suite: a database, a Temporal namespace, a simulated video API and workers of its own,
 * on the run's real servers. `stop` replays every group it ran before it takes everything down.
 */
export interface Rig {
  readonly client: ScreentestClient;
  readonly temporal: Client;
  readonly database: Database;
  readonly simulator: Simulator;
  readonly storageFolder: string;
  /** What a `screentest` process needs to work on this rig. */
  readonly environment: NodeJS.ProcessEnv;
  startWorkers(): Promise<() => Promise<void>>;
  /** A small brief, with what the test changes of it. */
  start(changes?: Partial<BriefInput>): Promise<GroupId>;
  overview(id: GroupId): Promise<Overview>;
  /** Waits until the group's overview is as wanted. @throws with the last overview after `withinMs`. */
  until(id: GroupId, isAsWanted: (seen: Overview) => boolean, withinMs?: number): Promise<Overview>;
  stop(): Promise<void>;
}

export const ANA = 'ana@example.com';

const SMALL_BRIEF = {
  venture: 'Crema & Co',
  name: 'Espresso launch',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
  variants: 3,
  video: { model: 'sora-2', seconds: 1, size: '128x72' },
} as const satisfies BriefInput;

/** Quick enough that a test does not wait, slow enough to be polled. */
const QUICK_RENDER = { baseSeconds: 0.3, perVideoSecond: 0, jitter: 0 };

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const stops: (() => Promise<unknown>)[] = [];
  const testDatabase = await createTestDatabase({ migrated: true });
  stops.push(testDatabase.drop);
  const database = createDatabase(testDatabase.url, 20);
  stops.push(() => database.$disconnect());
  await writeTemplates(database);

  const address = required('SCREENTEST_TEST_TEMPORAL_ADDRESS');
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  stops.push(() => connection.close());
  await registerNamespace(connection, namespace);
  const nativeConnection = await NativeConnection.connect({ address });
  stops.push(() => nativeConnection.close());
  const temporal = new Client({ connection, namespace });

  const simulator = await startSimulator({ render: QUICK_RENDER, ...options.simulator });
  stops.push(simulator.stop);
  const storageFolder = await mkdtemp(join(tmpdir(), 'screentest-videos-'));
  stops.push(() => rm(storageFolder, { recursive: true, force: true }));

  const client = new ScreentestClient({ temporal, database });
  const groups: GroupId[] = [];
  const workerStops: (() => Promise<void>)[] = [];

  async function startWorkers(): Promise<() => Promise<void>> {
    const provider = createOpenAICompatibleProvider({
      baseUrl: simulator.url,
      apiKey: 'test',
      honoursIdempotencyKeys: options.honoursIdempotencyKeys ?? false,
      cancelsJobs: options.cancelsJobs ?? true,
    });
    const workers = await createWorkers({
      connection: nativeConnection,
      namespace,
      workflowBundlePath: WORKFLOW_BUNDLE,
      submitsPerSecond: 100,
      database,
      provider,
      providerAccount: 'default',
      jobTimeoutMinutes: options.jobTimeoutMinutes ?? 5,
      poller: createJobPoller(provider),
      store: createLocalStore(storageFolder),
      ...(options.timing && { timing: options.timing }),
    });
    const running = Promise.all(workers.map((worker) => worker.run()));
    const stop = async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    };
    workerStops.push(stop);
    return stop;
  }

  async function start(changes: Partial<BriefInput> = {}): Promise<GroupId> {
    const brief = parseBrief({ ...SMALL_BRIEF, ...changes });
    const started = await client.start(brief, { by: ANA, createVenture: true, providerAccount: 'default' });
    groups.push(started.groupId);
    return started.groupId;
  }

  const overviewOf = (id: GroupId) => temporal.workflow.getHandle(workflowIdOf(id)).query(overview);

  async function until(
    id: GroupId,
    isAsWanted: (seen: Overview) => boolean,
    withinMs = 20_000,
  ): Promise<Overview> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const seen = await overviewOf(id);
      if (isAsWanted(seen)) return seen;
      if (Date.now() > deadline)
        throw new Error(`not as wanted in time: ${JSON.stringify(seen, undefined, 2)}`);
      await delay(50);
    }
  }

  async function stop(): Promise<void> {
    try {
      for (const stopWorkers of workerStops) await stopWorkers();
      for (const id of groups) await replay(temporal, workflowIdOf(id));
    } finally {
      for (const stopOne of stops.toReversed()) await stopOne();
    }
  }

  if (options.startsWorkers !== false) await startWorkers();
  return {
    client,
    temporal,
    database,
    simulator,
    storageFolder,
    environment: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: testDatabase.url,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      VIDEO_API_BASE_URL: simulator.url,
      VIDEO_API_KEY: 'test',
      VIDEO_API_CANCELS_JOBS: 'true',
      SCREENTEST_STORAGE_DIR: storageFolder,
      SCREENTEST_USER: ANA,
    },
    startWorkers,
    start,
    overview: overviewOf,
    until,
    stop,
  };
}

/** The history of what just ran must give the same commands again. @throws when it does not. */
export async function replay(temporal: Client, workflowId: string): Promise<void> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: { codePath: WORKFLOW_BUNDLE } }, history, workflowId);
}

async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  // The server takes a moment to know it everywhere.
  for (let attempt = 1; ; attempt++) {
    try {
      await registerSearchAttributes(connection, namespace);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(100);
    }
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; the tests' global setup sets it`);
  return value;
}
