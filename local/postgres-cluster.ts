import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PreconditionFailed, Unavailable } from '../domain/errors.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { commandLineOf } from './process-identity.ts';
import type { ServerUser } from './server-user.ts';
import { describeExit, lastLines, startSupervised } from './supervised.ts';

const DRAFT_PREFIX = 'cluster.initializing-';
/** What initdb started may go on writing for a moment after initdb was killed. */
const REMOVAL = { recursive: true, force: true, maxRetries: 12, retryDelay: 100 } as const;

/** A server of a run that was killed is stopping by itself, and gets this long for it. */
const STOPPING_SECONDS = 15;

export interface Cluster {
  /** What PostgreSQL calls PGDATA. */
  readonly path: string;
  readonly password: string;
}

/** PostgreSQL's own environment: nothing of ours, since PG* variables, LANG and TZ would each change what it does. */
export const SERVER_ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' } as const;

/**
 * The database cluster in `folder`, made when there is none. It is made under another name and renamed when
 * complete, so that one half-made by a run that was killed is never taken for a whole one.
 *
 * @throws Unavailable INITDB_FAILED, PreconditionFailed DATABASE_IN_USE
 */
export async function openCluster(
  folder: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  { isDurable }: { readonly isDurable: boolean },
): Promise<Cluster> {
  const path = join(folder, 'cluster');
  const passwordFile = join(folder, 'password');
  await removeDrafts(folder);
  const known = await readFile(passwordFile, 'utf8').catch(() => undefined);
  if (known !== undefined && existsSync(join(path, 'PG_VERSION'))) {
    return { path, password: known.trim() };
  }
  if (existsSync(path)) throw passwordLost(folder);

  const password = known?.trim() ?? randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await initialize({ folder, path, password, binaries, user, isDurable });
  return { path, password };
}

interface NewCluster extends Cluster {
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
  readonly isDurable: boolean;
}

async function initialize(given: NewCluster): Promise<void> {
  const { folder, user } = given;
  const draft = await mkdtemp(join(folder, DRAFT_PREFIX));
  const logFile = join(folder, 'initdb.log');
  try {
    const data = join(draft, 'data');
    const passwordFile = join(draft, 'password');
    await mkdir(data, { mode: 0o700 });
    await writeFile(passwordFile, `${given.password}\n`, { mode: 0o600 });
    if (user !== undefined) {
      for (const path of [draft, data, passwordFile]) await chown(path, user.uid, user.gid);
    }
    const initdb = await startSupervised({
      name: 'initdb',
      command: given.binaries.initdb,
      args: [
        `--pgdata=${data}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        // Built into PostgreSQL: the same on every machine, whatever LANG says and whichever locales it has.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--encoding=UTF8',
        ...['timezone=UTC', 'log_timezone=UTC'].map((setting) => `--set=${setting}`),
        ...(given.isDurable ? [] : ['--no-sync']),
        '--no-instructions',
      ],
      env: SERVER_ENVIRONMENT,
      cwd: draft,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      stopSignal: 'SIGTERM',
      graceSeconds: 5,
      logFile,
    });
    const exit = await initdb.exited;
    if (exit.code !== 0) throw await initdbFailed(folder, describeExit(exit), logFile);
    await rename(data, given.path);
  } finally {
    // Also the file with the password.
    await rm(draft, REMOVAL);
  }
}

async function removeDrafts(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (entry.startsWith(DRAFT_PREFIX)) await rm(join(folder, entry), REMOVAL);
  }
}

/**
 * PostgreSQL won't start beside a postmaster.pid whose pid is running, though after a crash the pid may be
 * anybody's. A server that really runs here (of a run that was just killed) is waited for.
 *
 * @throws PreconditionFailed DATABASE_IN_USE when it has not ended in 15 s.
 */
export async function waitUntilServerIsGone(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const deadline = Date.now() + STOPPING_SECONDS * 1000;
  for (;;) {
    const text = await readFile(pidFile, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    const pid = Number(text.split('\n')[0]);
    const command = await commandLineOf(pid);
    if (command === undefined || !command.includes(cluster)) return rm(pidFile, { force: true });
    if (Date.now() > deadline) throw databaseInUse(cluster, pid);
    await sleep(50);
  }
}

async function initdbFailed(folder: string, exit: string, logFile: string): Promise<Unavailable> {
  return new Unavailable({
    code: 'INITDB_FAILED',
    given: `PostgreSQL could not make a database in ${folder} (initdb: ${exit}); its last lines:\n${await lastLines(logFile)}`,
    fix: `see ${logFile}; is the disk full, or mounted so that nothing may be run from it?`,
  });
}

function databaseInUse(path: string, pid: number): PreconditionFailed {
  return new PreconditionFailed({
    code: 'DATABASE_IN_USE',
    given: `A PostgreSQL server (process ${pid}) runs on ${path} and does not end`,
    allowed: 'one server for a data folder',
    fix: `stop it (kill -INT ${pid}), or use another folder (SCREENTEST_DATA_DIR)`,
  });
}

function passwordLost(folder: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'DATABASE_PASSWORD_LOST',
    given: `${folder} holds a database, but not the file with its password`,
    allowed: 'both, as they were made',
    fix: `put ${join(folder, 'password')} back, or remove ${join(folder, 'cluster')} with all its data`,
  });
}
