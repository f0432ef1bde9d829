import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { PreconditionFailed } from '../domain/errors.ts';

/** PostgreSQL refuses to run as root, so that there it gets a user of its own. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'nobody'] as const;

/**
 * Who the database server runs as: undefined (ourselves) unless we are root.
 *
 * @throws PreconditionFailed NO_SERVER_USER on a machine that has neither user.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { name, uid, gid };
  }
  throw new PreconditionFailed({
    code: 'NO_SERVER_USER',
    given: 'PostgreSQL refuses to run as root, and this machine has no user to run it as',
    allowed: `one of the users ${CANDIDATES.join(', ')}`,
    fix: 'run as an ordinary user, or add the user postgres (useradd --system postgres)',
  });
}

/**
 * The first folder on the way to `path` that `user` may not enter, if there is one. Asked of the system by
 * entering them as that user: access lists and user namespaces count as much as the mode bits.
 */
export function barredAt(path: string, user: ServerUser | undefined): string | undefined {
  if (user === undefined) return undefined;
  const folders = ancestorsOf(resolve(path));
  const tried = spawnSync(
    '/bin/sh',
    [
      '-c',
      'for folder; do cd -- "$folder" 2>/dev/null || { printf %s "$folder"; exit 1; }; done',
      'sh',
      ...folders,
    ],
    { uid: user.uid, gid: user.gid, cwd: '/', env: {}, encoding: 'utf8' },
  );
  if (tried.error !== undefined) {
    throw new PreconditionFailed({
      code: 'SERVER_USER_NOT_USABLE',
      given: `PostgreSQL refuses to run as root, and we may not start a process as the user ${user.name} (${tried.error.message})`,
      allowed: 'root that may change its user id (CAP_SETUID, CAP_SETGID), or an ordinary user',
      fix: 'run as an ordinary user, or give the container these capabilities',
      cause: tried.error,
    });
  }
  return tried.status === 0 ? undefined : tried.stdout;
}

function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestorsOf(parent), path];
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  const id = Number(stdout);
  return status === 0 && Number.isInteger(id) ? id : undefined;
}
