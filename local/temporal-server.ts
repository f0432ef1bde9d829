import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Unavailable } from '../domain/errors.ts';
import { type AskedPort, choosePort, LOCAL_HOST } from './ports.ts';
import { describeExit, type Exit, lastLines, type Supervised, startSupervised } from './supervised.ts';

const START_SECONDS = 20;
const GRACE_SECONDS = 5;

/** What the server must be told, with the reason for each. */
const DYNAMIC_CONFIG = {
  // Fairness between the ventures of one task queue (priority and fairness keys).
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  // The rate limit of a queue is divided among its partitions, 4 unless told, and orders fall on them by chance.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
} as const;

export interface TemporalServerOptions {
  /** The Temporal CLI (see temporal-cli.ts). */
  readonly cli: string;
  /** Gets all that the server prints. */
  readonly logFile: string;
  /** Free ports unless asked for. */
  readonly port?: AskedPort;
  readonly uiPort?: AskedPort;
  /** Keeps everything in this SQLite file; without one it is gone when the server stops. */
  readonly databaseFile?: string;
  /** Beside, or instead of, what it is always told. */
  readonly dynamicConfig?: Readonly<Record<string, boolean | number>>;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  readonly env?: NodeJS.ProcessEnv;
}

export interface RunningTemporalServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly logFile: string;
  readonly pid: number;
  /** Settles when the server ends, also when it does so by itself. */
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

/**
 * Temporal's dev server with its Web UI, on 127.0.0.1. It ends with this process however that ends.
 *
 * @throws PreconditionFailed PORT_IN_USE, Unavailable TEMPORAL_NOT_STARTED (within 20 s)
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<RunningTemporalServer> {
  const deadline = Date.now() + START_SECONDS * 1000;
  // A free port may be somebody's by the time the server listens on it; then others are tried.
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(options.port);
    const uiPort = await choosePort(options.uiPort);
    try {
      const server = await startOn(port, uiPort, deadline, options);
      return {
        address: `${LOCAL_HOST}:${port}`,
        uiUrl: `http://${LOCAL_HOST}:${uiPort}`,
        logFile: options.logFile,
        pid: server.pid,
        exited: server.exited,
        stop: server.stop,
      };
    } catch (error) {
      const allAsked = options.port !== undefined && options.uiPort !== undefined;
      if (allAsked || attempt === 3 || Date.now() > deadline) throw error;
    }
  }
}

async function startOn(
  port: number,
  uiPort: number,
  deadline: number,
  options: TemporalServerOptions,
): Promise<Supervised> {
  const { logFile } = options;
  const server = await startSupervised({
    name: 'the Temporal dev server',
    command: options.cli,
    args: [
      ...['server', 'start-dev', '--ip', LOCAL_HOST, '--port', String(port), '--ui-port', String(uiPort)],
      ...['--log-level', options.logLevel ?? 'warn'],
      ...(options.databaseFile === undefined ? [] : ['--db-filename', options.databaseFile]),
      ...Object.entries({ ...DYNAMIC_CONFIG, ...options.dynamicConfig }).flatMap(([key, value]) => [
        '--dynamic-config-value',
        `${key}=${JSON.stringify(value)}`,
      ]),
    ],
    env: withoutTemporalSettings(options.env ?? process.env),
    cwd: dirname(logFile),
    stopSignal: 'SIGTERM',
    graceSeconds: GRACE_SECONDS,
    logFile,
  });
  const ended = server.exited.then((exit) => describeExit(exit));
  for (;;) {
    const exit = await Promise.race([ended, sleep(20)]);
    if (exit === undefined && (await isListening(port)) && (await serves(`${LOCAL_HOST}:${port}`)))
      return server;
    if (exit === undefined && Date.now() < deadline) continue;
    await server.stop();
    throw await notStarted(logFile, exit ?? `no answer on port ${port} within ${START_SECONDS} s`);
  }
}

/** Asked first: a gRPC channel that was refused once waits a second before it tries again. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOCAL_HOST);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The port is open before the namespace is there; a client needs both. */
async function serves(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: '2s' });
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

/** TEMPORAL_ADDRESS, TEMPORAL_PROFILE and others are for clients; the CLI would read them for its server too. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function notStarted(logFile: string, reason: string): Promise<Unavailable> {
  return new Unavailable({
    code: 'TEMPORAL_NOT_STARTED',
    given: `The Temporal dev server did not start (${reason}); its last lines:\n${await lastLines(logFile)}`,
    allowed: 'a server that answers',
    fix: `see ${logFile}, or name a running server in TEMPORAL_ADDRESS`,
  });
}
