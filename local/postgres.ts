import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PreconditionFailed, Unavailable } from '../domain/errors.ts';
import { lockFolder } from './folder-lock.ts';
import { type AskedPort, choosePort, LOCAL_HOST } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { type Cluster, openCluster, SERVER_ENVIRONMENT, waitUntilServerIsGone } from './postgres-cluster.ts';
import { barredAt, type ServerUser, serverUser } from './server-user.ts';
import { describeExit, lastLines, type Supervised, startSupervised } from './supervised.ts';

const START_SECONDS = 20;
const GRACE_SECONDS = 10;
const SHORTEST_RESTART_DELAY_MS = 200;
const LONGEST_RESTART_DELAY_MS = 10_000;

export interface PostgresOptions {
  /** The database, its password and its log live here; made when missing. */
  readonly dataDirectory: string;
  /** Where binaries are copied to when they can't run where npm put them; by default in `dataDirectory`. */
  readonly binariesDirectory?: string;
  /** A free port unless asked for. */
  readonly port?: AskedPort;
  /** Configuration parameters, such as `{ fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The server's program, where the cluster is of another version than ours. */
  readonly program?: string;
  /** Whom the cluster was made with; one that is made here, with `postgres`. */
  readonly superuser?: string;
  /** Told when the server ended by itself and is being started again. */
  readonly onUnexpectedExit?: (message: string) => void;
}

export interface RunningPostgres {
  /** Of the superuser, with its password, to the database `postgres`, which every cluster has. */
  readonly url: string;
  readonly port: number;
  readonly password: string;
  readonly logFile: string;
  /** Of the server as it runs now. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server of our own on 127.0.0.1, which ends with this process however that ends. One that ends by
 * itself is started again on the same port, after a delay that doubles from 0.2 s to 10 s.
 *
 * @throws PreconditionFailed (folder in use or out of the server user's reach, port in use), Unavailable POSTGRES_NOT_STARTED
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = serverUser();
  await mkdir(options.dataDirectory, { recursive: true, mode: 0o700 });
  const dataDirectory = await realpath(options.dataDirectory); // one name for it, by which its server is known
  // The server's user must get through to the cluster, which is its own alone; said after the umask had its say.
  if (user !== undefined) await chmod(dataDirectory, 0o711);
  refuseIfBarred(dataDirectory, user);
  const lock = await lockFolder(dataDirectory);
  try {
    const port = await choosePort(options.port);
    const binaries = await postgresBinaries(options.binariesDirectory ?? dataDirectory, user);
    const isDurable = options.settings?.fsync !== 'off';
    const cluster = await openCluster(dataDirectory, binaries, user, { isDurable });
    const server: Server = {
      postgres: options.program ?? binaries.postgres,
      cluster,
      superuser: options.superuser ?? 'postgres',
      user,
      settings: options.settings ?? {},
      logFile: join(dataDirectory, 'postgres.log'),
    };
    return await keepRunning(server, port, options, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Server {
  readonly postgres: string;
  readonly cluster: Cluster;
  readonly superuser: string;
  readonly user: ServerUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly logFile: string;
}

async function keepRunning(
  server: Server,
  preferredPort: number,
  options: PostgresOptions,
  onStopped: () => Promise<void>,
): Promise<RunningPostgres> {
  const stopping = new AbortController();
  const { port, first } = await startOnSomePort(
    server,
    preferredPort,
    options.port !== undefined,
    stopping.signal,
  );
  let current = first;

  const restartWhenItEnds = async (): Promise<void> => {
    let delay = SHORTEST_RESTART_DELAY_MS;
    for (;;) {
      const since = Date.now();
      const exit = await current.exited;
      if (stopping.signal.aborted) return;
      if (Date.now() - since > LONGEST_RESTART_DELAY_MS) delay = SHORTEST_RESTART_DELAY_MS;
      options.onUnexpectedExit?.(
        `PostgreSQL ended by itself (${describeExit(exit)}, see ${server.logFile}); it is started again in ${delay / 1000} s`,
      );
      await sleep(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
      // When this fails, `current` is still the one that ended, and the next turn waits longer.
      current = await startServer(server, port, stopping.signal).catch(() => current);
      delay = Math.min(delay * 2, LONGEST_RESTART_DELAY_MS);
    }
  };
  const supervision = restartWhenItEnds();

  return {
    url: urlOf(server, port),
    port,
    password: server.cluster.password,
    logFile: server.logFile,
    get pid() {
      return current.pid;
    },
    stop: async () => {
      stopping.abort();
      await current.stop();
      await supervision;
      await current.stop();
      await onStopped();
    },
  };
}

/** A free port may be somebody's by the time the server listens on it; then another one is tried. */
async function startOnSomePort(
  server: Server,
  preferred: number,
  mustBePreferred: boolean,
  signal: AbortSignal,
): Promise<{ port: number; first: Supervised }> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (let attempt = 1; ; attempt += 1) {
    const port = attempt === 1 ? preferred : await choosePort(undefined);
    try {
      return { port, first: await startServer(server, port, signal) };
    } catch (error) {
      if (mustBePreferred || attempt === 3 || Date.now() > deadline) throw error;
    }
  }
}

async function startServer(server: Server, port: number, signal: AbortSignal): Promise<Supervised> {
  const { cluster, user, logFile } = server;
  await waitUntilServerIsGone(cluster.path);
  const parameters = {
    listen_addresses: LOCAL_HOST,
    unix_socket_directories: '',
    logging_collector: 'off',
    ...server.settings,
  };
  const process = await startSupervised({
    name: 'PostgreSQL',
    command: server.postgres,
    args: [
      '-D',
      cluster.path,
      '-p',
      String(port),
      ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: SERVER_ENVIRONMENT,
    cwd: cluster.path,
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    stopSignal: 'SIGINT', // a fast shutdown: connections are closed, nothing is lost
    graceSeconds: GRACE_SECONDS,
    logFile,
  });
  const ended = process.exited.then((exit) => describeExit(exit));
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    if (await answers(urlOf(server, port))) return process;
    const exit = await Promise.race([ended, sleep(30)]);
    if (exit === undefined && Date.now() < deadline && !signal.aborted) continue;
    await process.stop();
    throw await notStarted(logFile, exit ?? `no answer on port ${port} within ${START_SECONDS} s`);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf({ superuser, cluster }: Server, port: number): string {
  const account = [superuser, cluster.password].map(encodeURIComponent).join(':');
  return `postgresql://${account}@${LOCAL_HOST}:${port}/postgres`;
}

function refuseIfBarred(dataDirectory: string, user: ServerUser | undefined): void {
  const folder = barredAt(dataDirectory, user);
  if (folder === undefined || user === undefined) return;
  throw new PreconditionFailed({
    code: 'DATA_FOLDER_OUT_OF_REACH',
    given: `PostgreSQL's data folder is ${dataDirectory}; as root it runs as the user ${user.name}, who may not enter ${folder}`,
    allowed: 'a folder whose every parent that user may enter',
    fix: `set SCREENTEST_DATA_DIR to another folder, or chmod o+x ${folder}`,
  });
}

async function notStarted(logFile: string, reason: string): Promise<Unavailable> {
  return new Unavailable({
    code: 'POSTGRES_NOT_STARTED',
    given: `PostgreSQL did not start (${reason}); its last lines:\n${await lastLines(logFile)}`,
    allowed: 'a server that answers',
    fix: `see ${logFile}`,
  });
}
