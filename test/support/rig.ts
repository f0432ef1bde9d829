import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import type { SubmissionTiming } from '../../activities/submission.ts';
import { ScreentestClient, type StartedGroup } from '../../client/screentest-client.ts';
import { registerSearchAttributes } from '../../client/setup.ts';
import { createDatabase, type Database } from '../../database/client.ts';
import { openInstallation } from '../../database/installation.ts';
import { writeTemplates } from '../../database/templates.ts';
import { type BriefInput, parseBrief } from '../../domain/brief.ts';
import type { DialectName } from '../../domain/dialects.ts';
import type { GroupId } from '../../domain/ids.ts';
import type { MicroUsd } from '../../domain/money.ts';
import { type PriceTable, PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { createJobPoller } from '../../providers/job-poller.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { createSubmitPacer } from '../../providers/submit-pacer.ts';
import { chooseWriter, type TextSettings } from '../../providers/text/choose-text-model.ts';
import type { VideoProvider } from '../../providers/video-provider.ts';
import { type Bond, bind } from '../../recovery/binding.ts';
import { createDatabaseGuard } from '../../recovery/guard.ts';
import type { Chat } from '../../simulator/chat-api.ts';
import type { FaultInput } from '../../simulator/faults.ts';
import type { Ledger } from '../../simulator/ledger.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { workflowStateOf } from '../../temporal/workflow-state.ts';
import { temporalLogger } from '../../worker/temporal-logger.ts';
import { createWorkers } from '../../worker/workers.ts';
import { type Overview, overview, workflowIdOf } from '../../workflows/messages.ts';
import { createTestDatabase } from './database.ts';
import { replayEveryRun, WORKFLOW_BUNDLE } from './runs.ts';

Runtime.install({
  logger: temporalLogger(createLogger(process.env.LOG_LEVEL ?? 'silent')),
  shutdownSignals: [],
  // The SDK's core warns of what tests do on purpose, such as workers that stop in the middle.
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

export interface RigOptions {
  readonly simulator?: SimulatorOptions;
  readonly timing?: SubmissionTiming;
  readonly honoursIdempotencyKeys?: boolean;
  readonly cancelsJobs?: boolean;
  readonly jobTimeoutMinutes?: number;
  /** Another adapter before the same simulated video API than the OpenAI-compatible one. */
  readonly provider?: (simulator: Simulator) => VideoProvider;
  /** Whose prices hold: the adapter's, unless workers are told another one by their settings. */
  readonly providerName?: string;
  /** How the video API speaks, and is understood. */
  readonly dialect?: DialectName;
  /** Of the workers, and what `start` estimates with. */
  readonly prices?: PriceTable;
  readonly defaultMonthlyCap?: MicroUsd;
  readonly stallMinutes?: number;
  /** What the provider is said to allow; so much that no test waits, where it is left out. */
  readonly submitsPerMinute?: number;
  /** Where the workers keep videos, if not in the rig's folder. */
  readonly store?: VideoStore;
  /** What the workers send to the video API. */
  readonly apiKey?: string;
  /** Another server than the run's, such as the time-skipping one. */
  readonly temporal?: TestTemporal;
  /** False leaves it to the test to start workers: in this process, or as processes with `environment`. */
  readonly startsWorkers?: boolean;
  /** Gives the workers a language model of the simulator's, at these prices and with this budget a group. */
  readonly writer?: Pick<TextSettings, 'TEXT_BUDGET_USD'> & { readonly patienceMs?: number };
  /** True leaves the job table out, as long as no smoke test has passed. */
  readonly manualMode?: boolean;
}

/** Where a rig's groups run. */
export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  readonly nativeConnection: NativeConnection;
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
  /** All that were started. */
  stopWorkers(): Promise<void>;
  /** What the simulated video API has on its books. */
  ledger(): Promise<Ledger>;
  addFaults(...faults: readonly FaultInput[]): Promise<void>;
  /** What its language model was asked. */
  chats(): Promise<readonly Chat[]>;
  /** A small brief, with what the test changes of it. */
  start(changes?: Partial<BriefInput>): Promise<GroupId>;
  /** The same, told whether it is a new group. */
  attach(changes: Partial<BriefInput>): Promise<StartedGroup>;
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
  // LinkedIn takes nothing that short.
  platforms: ['instagram', 'tiktok', 'youtube', 'facebook'],
  variants: 3,
  video: { model: 'sora-2', seconds: 1, size: '128x72' },
} as const satisfies BriefInput;

/** Quick enough that a test does not wait, slow enough to be polled. */
const QUICK_RENDER = { baseSeconds: 0.3, perVideoSecond: 0, jitter: 0 };

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const stops: (() => Promise<unknown>)[] = [];
  const testDatabase = await createTestDatabase({
    migrated: true,
    manualMode: options.manualMode ?? false,
  });
  stops.push(testDatabase.drop);
  const database = createDatabase(testDatabase.url, 20);
  stops.push(() => database.$disconnect());
  await writeTemplates(database);

  const {
    address,
    namespace,
    client: temporal,
    nativeConnection,
  } = options.temporal ?? (await ownNamespace(stops));

  const simulator = await startSimulator({
    render: QUICK_RENDER,
    ...(options.dialect && { dialect: options.dialect }),
    ...options.simulator,
  });
  stops.push(simulator.stop);
  const storageFolder = await mkdtemp(join(tmpdir(), 'screentest-videos-'));
  stops.push(() => rm(storageFolder, { recursive: true, force: true }));

  const apiKey = options.apiKey ?? 'test';
  const providerName = options.providerName ?? options.provider?.(simulator).name ?? 'openai-compatible';
  const pricing = pricingOf(providerName, options.prices ?? PUBLISHED_PRICES);
  const submitsPerMinute = options.submitsPerMinute ?? 6000;
  const client = new ScreentestClient({ temporal, database });
  const groups: GroupId[] = [];
  const workerStops: (() => Promise<void>)[] = [];

  async function startWorkers(): Promise<() => Promise<void>> {
    const provider =
      options.provider?.(simulator) ??
      createOpenAICompatibleProvider({
        baseUrl: simulator.url,
        apiKey,
        honoursIdempotencyKeys: options.honoursIdempotencyKeys ?? false,
        cancelsJobs: options.cancelsJobs ?? true,
        ...(options.dialect && { dialect: options.dialect }),
      });
    // The time-skipping server has no schedules to keep the bond in.
    const bond: Bond =
      options.temporal === undefined
        ? await bind(database, temporal)
        : { installation: await openInstallation(database), namespace, binding: undefined };
    const guard = createDatabaseGuard(database, bond, options.temporal === undefined ? temporal : undefined);
    const workers = await createWorkers({
      guard,
      connection: nativeConnection,
      namespace,
      workflowBundlePath: WORKFLOW_BUNDLE,
      submitsPerMinute,
      pacer: createSubmitPacer(submitsPerMinute),
      database,
      provider,
      providerAccount: 'default',
      pricing,
      defaultMonthlyCap: options.defaultMonthlyCap,
      jobTimeoutMinutes: options.jobTimeoutMinutes ?? 5,
      stallMinutes: options.stallMinutes,
      poller: createJobPoller(provider),
      writer: options.writer && chooseWriter({ ...textSettings(simulator), ...options.writer }),
      ...(options.writer?.patienceMs !== undefined && { writerPatienceMs: options.writer.patienceMs }),
      store: options.store ?? createLocalStore(storageFolder),
      trustedOrigins: new Set([new URL(simulator.url).origin]),
      ...(options.timing && { timing: options.timing }),
    });
    const running = Promise.all(workers.map((worker) => worker.run()));
    const stop = async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
      guard.stop();
    };
    workerStops.push(stop);
    return stop;
  }

  async function attach(changes: Partial<BriefInput>): Promise<StartedGroup> {
    const brief = parseBrief({ ...SMALL_BRIEF, ...changes });
    const started = await client.start(brief, {
      by: ANA,
      createVenture: true,
      providerAccount: 'default',
      pricing,
    });
    groups.push(started.groupId);
    return started;
  }

  async function start(changes: Partial<BriefInput> = {}): Promise<GroupId> {
    return (await attach(changes)).groupId;
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

  async function stopWorkers(): Promise<void> {
    for (const stopOne of workerStops.splice(0)) await stopOne();
  }

  /** Those of people who were erased are gone. */
  async function withHistory(workflowIds: readonly string[]): Promise<readonly string[]> {
    const states = await Promise.all(workflowIds.map((id) => workflowStateOf(temporal, id)));
    return workflowIds.filter((_, index) => states[index] !== 'not there');
  }

  async function stop(): Promise<void> {
    try {
      await stopWorkers();
      await replayEveryRun(temporal, await withHistory([...new Set(groups.map(workflowIdOf))]));
    } finally {
      for (const stopOne of stops.toReversed()) await stopOne();
    }
  }

  async function ledger(): Promise<Ledger> {
    const response = await fetch(`${simulator.adminUrl}/ledger`);
    return (await response.json()) as Ledger;
  }

  async function chats(): Promise<readonly Chat[]> {
    const response = await fetch(`${simulator.adminUrl}/chats`);
    const answer: { chats: Chat[] } = JSON.parse(await response.text());
    return answer.chats;
  }

  async function addFaults(...faults: readonly FaultInput[]): Promise<void> {
    const body = JSON.stringify({ faults });
    const response = await fetch(`${simulator.adminUrl}/faults`, { method: 'POST', body });
    if (!response.ok) throw new Error(await response.text());
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
      VIDEO_API_KEY: apiKey,
      VIDEO_API_CANCELS_JOBS: 'true',
      VIDEO_API_SUBMITS_PER_MINUTE: String(submitsPerMinute),
      SCREENTEST_STORAGE_DIR: storageFolder,
      SCREENTEST_USER: ANA,
    },
    startWorkers,
    stopWorkers,
    ledger,
    addFaults,
    chats,
    start,
    attach,
    overview: overviewOf,
    until,
    stop,
  };
}

/** The simulator's language model as the worker's settings name it, at prices that are easy to reckon with. */
export function textSettings({ url }: Simulator) {
  return {
    TEXT_API_BASE_URL: url,
    TEXT_API_KEY: 'test',
    TEXT_MODEL: 'simulated-writer',
    TEXT_USD_PER_MILLION_INPUT_TOKENS: 2,
    TEXT_USD_PER_MILLION_OUTPUT_TOKENS: 10,
    TEXT_BUDGET_USD: 0.5,
    TEXT_TIMEOUT_SECONDS: 10,
  };
}

/** A history is fetched in one piece, and some are larger than gRPC's 4 MB. */
const LARGE_ANSWERS = { 'grpc.max_receive_message_length': 64_000_000 };

async function ownNamespace(stops: (() => Promise<unknown>)[]): Promise<TestTemporal> {
  const address = required('SCREENTEST_TEST_TEMPORAL_ADDRESS');
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address, channelArgs: LARGE_ANSWERS });
  stops.push(() => connection.close());
  await registerNamespace(connection, namespace);
  const nativeConnection = await NativeConnection.connect({ address });
  stops.push(() => nativeConnection.close());
  return { address, namespace, client: new Client({ connection, namespace }), nativeConnection };
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

export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; the tests' global setup sets it`);
  return value;
}
