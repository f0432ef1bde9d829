import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { SERVER_ENVIRONMENT } from '../../local/postgres-cluster.ts';
import { barredAt, type ServerUser } from '../../local/server-user.ts';
import { startSupervised } from '../../local/supervised.ts';
import type { Backup, BackupFolder } from './backup-folder.ts';
import { lastTransactionIn, recoveryFailure } from './recovery-failure.ts';
import type { RestoreTarget } from './restore-target.ts';
import { restoreCommand } from './wal-archive.ts';

export interface Recovery {
  readonly folder: BackupFolder;
  readonly backup: Backup;
  readonly target: RestoreTarget;
  /** A copy of the backup's data directory. */
  readonly cluster: string;
  /** The server's program, of the backup's version. */
  readonly postgres: string;
  readonly user: ServerUser | undefined;
  readonly logFile: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Recovered {
  /** When the newest change was that is in it, by the server's clock. */
  readonly lastTransaction: string | undefined;
}

/** Milliseconds between two lines about how far the log has been replayed. */
const TELL_EVERY_MS = 5000;

/**
 * Starts a server on the copy of a backup, which replays the log up to the target and ends its recovery there; then
 * lets `use` have a connection, and stops it. Nobody else can reach it: it listens on no port, only on a socket in a
 * folder of ours. It archives nothing, whatever the configuration in the backup says.
 * @throws PreconditionFailed with what to do, as `recoveryFailure` tells
 */
export async function recover(
  recovery: Recovery,
  use: (connect: (database: string) => Client) => Promise<void>,
): Promise<Recovered> {
  const { cluster, user, logFile, log, signal } = recovery;
  const runFolder = await socketFolder(user);
  try {
    await writeFile(join(cluster, 'recovery.signal'), '', { mode: 0o600 });
    await writeFile(join(runFolder, 'hba.conf'), 'local all all trust\n', { mode: 0o600 });
    await writeFile(join(runFolder, 'empty.conf'), '', { mode: 0o600 });
    if (user !== undefined) {
      await chown(join(cluster, 'recovery.signal'), user.uid, user.gid);
      for (const name of ['hba.conf', 'empty.conf']) {
        await chown(join(runFolder, name), user.uid, user.gid);
      }
    }
    const server = await startSupervised({
      name: 'PostgreSQL',
      command: recovery.postgres,
      args: ['-D', cluster, ...argumentsOf({ ...settingsFor(recovery), ...socketSettings(runFolder) })],
      env: SERVER_ENVIRONMENT,
      cwd: cluster,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      stopSignal: 'SIGINT',
      graceSeconds: 60,
      logFile,
      onLine: tellOfSegments(log),
    });
    try {
      const connect = (database: string) =>
        new Client({
          host: runFolder,
          user: recovery.backup.superuser,
          database,
          connectionTimeoutMillis: 2000,
        });
      let hasEnded = false;
      void server.exited.then(() => {
        hasEnded = true;
      });
      while (!(await isOpen(connect('template1')))) {
        signal?.throwIfAborted();
        if (hasEnded) throw await recoveryFailure({ ...recovery, said: await textOf(logFile) });
        await sleep(30);
      }
      await use(connect);
    } finally {
      await server.stop();
    }
    return { lastTransaction: lastTransactionIn(await textOf(logFile)) };
  } finally {
    await rm(runFolder, { recursive: true, force: true });
  }
}

function settingsFor({ folder, target }: Recovery): Readonly<Record<string, string>> {
  return {
    restore_command: restoreCommand(folder.fetchScript, folder.wal),
    recovery_target_action: 'promote',
    ...targetSettings(target),
    archive_mode: 'off',
    // Nobody reads while it recovers; so it may differ from the old server in what readers would need.
    hot_standby: 'off',
    shared_preload_libraries: '',
    logging_collector: 'off',
    log_timezone: 'UTC',
    lc_messages: 'C',
    // Prepared transactions of the old server, should it have had any.
    max_prepared_transactions: '100',
  };
}

function targetSettings(target: RestoreTarget): Readonly<Record<string, string>> {
  switch (target.kind) {
    case 'time':
      // Read before names of time zones are known, Z among them.
      return { recovery_target_time: target.at.replace('T', ' ').replace('Z', '+00') };
    case 'lsn':
      return { recovery_target_lsn: target.lsn, recovery_target_inclusive: 'off' };
    case 'latest':
      return {};
  }
}

/** No file of the backup's own is asked who may connect, or what is to be loaded. */
function socketSettings(folder: string): Readonly<Record<string, string>> {
  return {
    listen_addresses: '',
    unix_socket_directories: folder,
    config_file: join(folder, 'empty.conf'),
    hba_file: join(folder, 'hba.conf'),
    ident_file: join(folder, 'empty.conf'),
  };
}

function argumentsOf(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The path of a socket may be no longer than about 100 characters, so it is not below the restored folder. */
async function socketFolder(user: ServerUser | undefined): Promise<string> {
  const base = ['/tmp', tmpdir()].find((folder) => barredAt(folder, user) === undefined) ?? tmpdir();
  const folder = await mkdtemp(join(base, 'screentest-restore-'));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

/** Refused while it recovers. */
async function isOpen(client: Client): Promise<boolean> {
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function tellOfSegments(log: (line: string) => void): (line: string) => void {
  let count = 0;
  let toldAt = Date.now();
  return (line) => {
    const segment = /restored log file "([0-9A-F]{24})"/.exec(line)?.[1];
    if (segment === undefined) return;
    count += 1;
    if (Date.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = Date.now();
    log(`replayed ${count} segments of the log, up to ${segment}`);
  };
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
