import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { barredAt, serverUser } from './server-user.ts';

export const DATA_FOLDER_SETTING = 'SCREENTEST_DATA_DIR';

/**
 * Where everything lives that we keep on this machine: SCREENTEST_DATA_DIR; else in the user's cache directory;
 * as root, whose home the database's user can't enter, in the first of the usual places that it can.
 */
export function dataFolderPath(env: NodeJS.ProcessEnv = process.env): string {
  const asked = env[DATA_FOLDER_SETTING];
  if (asked !== undefined && asked !== '') return resolve(asked);
  const inCache = join(cacheHome(env), 'screentest');
  const user = serverUser();
  if (user === undefined) return inCache;
  const candidates = [inCache, '/var/cache/screentest', join(tmpdir(), 'screentest-of-root')];
  return candidates.find((folder) => barredAt(nearestThatExists(folder), user) === undefined) ?? inCache;
}

function cacheHome(env: NodeJS.ProcessEnv): string {
  const named = env.XDG_CACHE_HOME;
  // The XDG specification: a relative path is to be ignored.
  if (named !== undefined && isAbsolute(named)) return named;
  const home = env.HOME ?? homedir();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

function nearestThatExists(path: string): string {
  return existsSync(path) ? path : nearestThatExists(dirname(path));
}
