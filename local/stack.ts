import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setupNamespace, writeReferenceRows } from '../client/open.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import { migrate } from '../prisma/migrator.ts';
import { takeOverNamespace, tieTogether } from '../recovery/open.ts';
import type { DataFolder } from './data-folder.ts';
import { startNodeProgram } from './node-program.ts';
import type { AskedPort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { startTemporalServer } from './temporal-server.ts';

export interface StackPorts {
  readonly postgres?: AskedPort;
  readonly temporal?: AskedPort;
  readonly ui?: AskedPort;
}

/** The whole system on one machine. Every part ends with this process, however that ends. */
export interface Stack {
  /** What a command needs in its environment to use this system. */
  readonly environment: NodeJS.ProcessEnv;
  /** E-mail address of who acts. */
  readonly person: string;
  readonly uiUrl: string | undefined;
  /** The simulator's own address: its ledger and its faults. */
  readonly simulatorAdminUrl: string;
  /** A shell file that sets `environment`. */
  readonly environmentFile: string;
  readonly workerPid: () => number;
}

export interface StackOptions {
  readonly folder: DataFolder;
  readonly environment: NodeJS.ProcessEnv;
  readonly ports: StackPorts;
  /** Where backups go, and what PostgreSQL is started with so that its log goes there too. */
  readonly backups?: { readonly folder: string; readonly settings: Readonly<Record<string, string>> };
  /** How long simulated videos take, in seconds: a base, and so much for each second of video. */
  readonly render: { readonly baseSeconds: number; readonly perVideoSecond: number };
  /** Of the simulator's catalogue, each with a part of the prompts that meet it after a `=`. */
  readonly faults: readonly string[];
  /** Told what happens, a line each. */
  readonly log: (line: string) => void;
  /** Aborts when the start is given up; parts that are starting then are still handed to `onStarted`. */
  readonly signal: AbortSignal;
  /** Takes each part's way to stop as soon as the part runs; they are called in reverse. */
  readonly onStarted: (stop: () => Promise<void>) => void;
}

/** Before a worker that ended by itself is started again. */
const RESTART_PAUSE_MS = 1000;

const root = fileURLToPath(new URL('..', import.meta.url));

/** PostgreSQL with the schema as it should be; its address. */
export async function startDatabase({
  folder,
  ports,
  backups,
  log,
  onStarted,
}: StackOptions): Promise<string> {
  const postgres = await startPostgres({
    dataDirectory: folder.postgresDirectory,
    ...(ports.postgres && { port: ports.postgres }),
    ...(backups && { settings: backups.settings }),
    onUnexpectedExit: log,
  });
  onStarted(postgres.stop);
  const environment = { DATABASE_URL: postgres.url };
  const { applied } = await migrate({ connectionString: postgres.url });
  await writeReferenceRows(environment);
  log(applied.length === 0 ? 'the schema is up to date' : `${applied.length} migrations applied`);
  return postgres.url;
}

/** The server that `TEMPORAL_ADDRESS` names; else a dev server of our own, with its Web UI. */
export async function startTemporal(
  options: StackOptions,
): Promise<{ address: string; uiUrl: string | undefined }> {
  const { folder, environment, ports, log, onStarted } = options;
  const asked = environment.TEMPORAL_ADDRESS;
  if (asked !== undefined && asked !== '') {
    await setupNamespace(environment);
    log(`using the server at ${asked}`);
    return { address: asked, uiUrl: undefined };
  }
  const cli = await findTemporalCli({ cacheDirectory: folder.toolsDirectory, env: environment, log });
  const server = await startTemporalServer({
    cli,
    logFile: join(folder.logsDirectory, 'temporal.log'),
    databaseFile: folder.temporalDatabaseFile,
    ...(ports.temporal && { port: ports.temporal }),
    ...(ports.ui && { uiPort: ports.ui }),
  });
  onStarted(server.stop);
  await setupNamespace({ ...environment, TEMPORAL_ADDRESS: server.address });
  return { address: server.address, uiUrl: server.uiUrl };
}

/** A video API of our own in a process of its own. */
export async function startSimulatedVideoApi(
  options: StackOptions,
): Promise<{ url: string; adminUrl: string }> {
  const { folder, render, faults } = options;
  const simulator = await startNodeProgram({
    name: 'the simulated video API',
    script: join(root, 'simulator', 'main.js'),
    args: [
      '--render-base-seconds',
      String(render.baseSeconds),
      '--render-seconds-per-second',
      String(render.perVideoSecond),
      ...faults.flatMap((fault) => ['--fault', fault]),
      // So that an order whose worker was killed is settled within seconds, and needs no person.
      '--honour-idempotency-keys',
    ],
    env: options.environment,
    logFile: join(folder.logsDirectory, 'simulator.log'),
    readyLine: (line) => line.startsWith('{"ready":true'),
  });
  options.onStarted(simulator.stop);
  const ready: unknown = JSON.parse(simulator.readyLine);
  if (typeof ready === 'object' && ready !== null && 'url' in ready && 'adminUrl' in ready) {
    return { url: String(ready.url), adminUrl: String(ready.adminUrl) };
  }
  throw new TypeError(`a ready line without addresses: ${simulator.readyLine}`);
}

/** A worker that is started again when it ends by itself: what it was doing goes on. */
export async function startRestartingWorker(
  options: StackOptions,
  environment: NodeJS.ProcessEnv,
): Promise<() => number> {
  let isStopping = false;
  const start = () =>
    startNodeProgram({
      name: 'the worker',
      script: join(root, 'cli', 'main.js'),
      args: ['worker'],
      env: environment,
      logFile: join(options.folder.logsDirectory, 'worker.log'),
      readyLine: (line) => line.includes('the worker is ready'),
    });
  let worker = await start();
  let restarting = Promise.resolve();
  const watch = () => {
    void worker.exited.then((how) => {
      if (isStopping) return;
      options.log(`the worker ended (${how}); starting it again`);
      restarting = startAgain();
    });
  };
  async function startAgain(): Promise<void> {
    while (!isStopping) {
      try {
        worker = await start();
        return watch();
      } catch (error) {
        options.log(String(error));
        await delay(RESTART_PAUSE_MS);
      }
    }
  }
  watch();
  options.onStarted(async () => {
    isStopping = true;
    await worker.stop();
    // It may have been about to start again just now.
    await restarting;
    await worker.stop();
  });
  return () => worker.pid;
}

/**
 * Everything, started at once as far as it can be: servers, schema, namespace and worker.
 * @throws whatever part does not start, once the others have; those are stopped by `onStarted`'s ways
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  const options = { ...given, environment: withoutOurSettings(given.environment) };
  const { folder } = options;
  const parts = [startDatabase(options), startTemporal(options), startSimulatedVideoApi(options)] as const;
  // When one can't start, the others are waited for: whoever stops them must know of them.
  await Promise.allSettled(parts);
  const [databaseUrl, temporal, videoApi] = await Promise.all(parts);
  options.signal.throwIfAborted();
  const person = given.environment.SCREENTEST_USER || 'demo@example.com';
  const settings = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporal.address,
    VIDEO_API_BASE_URL: videoApi.url,
    VIDEO_API_KEY: 'simulated',
    VIDEO_API_CANCELS_JOBS: 'true',
    VIDEO_API_HONOURS_IDEMPOTENCY_KEYS: 'true',
    // The simulated API has no limit here.
    VIDEO_API_SUBMITS_PER_MINUTE: '6000',
    SCREENTEST_STORAGE_DIR: folder.videosDirectory,
    SCREENTEST_USER: person,
    ...(options.backups && { SCREENTEST_BACKUP_DIR: options.backups.folder }),
  };
  const environment = { ...options.environment, ...settings };
  await tieDemoTogether(environment);
  const workerPid = await startRestartingWorker(options, environment);
  const environmentFile = join(folder.path, 'environment.sh');
  await mkdir(folder.path, { recursive: true });
  await writeFile(environmentFile, shellExports(settings), { mode: 0o600 });
  return {
    environment,
    person,
    uiUrl: temporal.uiUrl,
    simulatorAdminUrl: videoApi.adminUrl,
    environmentFile,
    workerPid,
  };
}

/** The demo's database moves on to another server, as long as the namespace there is nobody else's. */
async function tieDemoTogether(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    await tieTogether(environment);
  } catch (error) {
    const isElsewhere = error instanceof PreconditionFailed && error.code === 'DATABASE_OF_ANOTHER_NAMESPACE';
    if (!isElsewhere) throw error;
    await takeOverNamespace(environment, async ({ mustBeReconciled }) => {
      if (mustBeReconciled) throw error;
    });
  }
}

/** What the person's shell is set to for other systems must not reach this one; but for a Temporal they name. */
function withoutOurSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const usesTheirTemporal = Boolean(environment.TEMPORAL_ADDRESS);
  const isOurs = (name: string) =>
    /^(VIDEO_|SCREENTEST_)|^DATABASE_URL$/.test(name) || (!usesTheirTemporal && name.startsWith('TEMPORAL_'));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isOurs(name)));
}

function shellExports(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');
}
