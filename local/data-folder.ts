import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, realpath, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { BadInput, PreconditionFailed } from '../domain/errors.ts';
import { DATA_FOLDER_SETTING, dataFolderPath } from './data-folder-path.ts';
import { isLockFile, lockFolder } from './folder-lock.ts';
import { errorMessage } from './node-errors.ts';
import { waitUntilServerIsGone } from './postgres-cluster.ts';
import { barredAt, serverUser } from './server-user.ts';

/** Says that a folder is ours to remove. */
const MARKER_FILE = '.screentest-data-folder';

const markerSchema = z.object({
  about: z.string(),
  /** Where the database lives when its user can't enter this folder. */
  postgresDirectory: z.string().optional(),
});
type Marker = z.infer<typeof markerSchema>;

/** What a run keeps, and where; `path` is locked by this process until `release`. */
export interface DataFolder {
  readonly path: string;
  readonly postgresDirectory: string;
  readonly temporalDatabaseFile: string;
  readonly videosDirectory: string;
  readonly logsDirectory: string;
  readonly toolsDirectory: string;
  release(): Promise<void>;
}

/**
 * The data folder, made when missing and locked, so that two runs don't share one.
 *
 * @throws PreconditionFailed FOLDER_IN_USE, FOLDER_NOT_OURS; BadInput DATA_FOLDER_NOT_USABLE
 */
export async function openDataFolder(env: NodeJS.ProcessEnv = process.env): Promise<DataFolder> {
  const path = await prepareDataFolder(env);
  const lock = await lockFolder(path);
  try {
    const folder: DataFolder = {
      path,
      postgresDirectory: await postgresDirectoryFor(path),
      temporalDatabaseFile: join(path, 'temporal.sqlite'),
      videosDirectory: join(path, 'videos'),
      logsDirectory: join(path, 'logs'),
      toolsDirectory: join(path, 'tools'),
      release: lock.release,
    };
    for (const made of [folder.videosDirectory, folder.logsDirectory, folder.toolsDirectory]) {
      await mkdir(made, { recursive: true });
    }
    return folder;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Where downloaded programs are kept: without a lock, since they are only ever added. */
export async function toolsDirectory(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return join(await prepareDataFolder(env), 'tools');
}

/**
 * Removes the data folder with all that is in it (and the database, where that lives elsewhere); gives what it
 * removed, nothing when there is no data folder.
 *
 * @throws PreconditionFailed FOLDER_IN_USE, FOLDER_NOT_OURS
 */
export async function removeDataFolder(env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const path = await realpath(dataFolderPath(env)).catch(() => undefined);
  if (path === undefined) return [];
  const marker = await readMarker(path);
  if (marker === undefined) throw notOurs(path);
  await lockFolder(path);
  const elsewhere = marker.postgresDirectory;
  const removed = [path];
  if (elsewhere !== undefined && (await readMarker(elsewhere)) !== undefined) {
    await removeMarkedFolder(elsewhere);
    removed.push(elsewhere);
  }
  await removeMarkedFolder(path);
  return removed;
}

/** The marker goes last but for the lock: a removal that is interrupted can be done again. */
async function removeMarkedFolder(path: string): Promise<void> {
  await waitUntilServerIsGone(join(path, 'postgres', 'cluster'));
  await waitUntilServerIsGone(join(path, 'cluster'));
  const entries = await readdir(path);
  const rank = (entry: string) => (isLockFile(entry) ? 2 : entry === MARKER_FILE ? 1 : 0);
  for (const entry of entries.sort((a, b) => rank(a) - rank(b))) {
    await rm(join(path, entry), { recursive: true, force: true });
  }
  // A mounted folder can be emptied but not removed.
  await rmdir(path).catch(() => undefined);
}

async function prepareDataFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const asked = dataFolderPath(env);
  try {
    await makeFolder(asked);
    const path = await realpath(asked);
    if ((await readMarker(path)) === undefined) {
      await refuseStrangers(path);
      await writeMarker(path, { about: 'made by screentest; its --reset removes this folder' });
    }
    return path;
  } catch (cause) {
    if (cause instanceof PreconditionFailed) throw cause;
    throw notUsable(asked, cause);
  }
}

/** As root its mode lets the database's user through, whatever the umask says. A folder that exists is left as it is. */
async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made === undefined || serverUser() === undefined) return;
  for (let folder = path; folder.startsWith(made); folder = dirname(folder)) await chmod(folder, 0o711);
}

/** We never mark a folder with files of others in it: it would be removed with them. */
async function refuseStrangers(path: string): Promise<void> {
  const { uid } = await stat(path);
  const entries = await readdir(path);
  const isOthers = process.getuid !== undefined && process.getuid() !== 0 && uid !== process.getuid();
  if (entries.length > 0 || isOthers) throw notOurs(path);
}

async function postgresDirectoryFor(path: string): Promise<string> {
  const marker = await readMarker(path);
  if (marker?.postgresDirectory !== undefined) {
    await makeFolder(marker.postgresDirectory);
    return marker.postgresDirectory;
  }
  const user = serverUser();
  const inside = join(path, 'postgres');
  if (barredAt(path, user) === undefined) return inside;
  const base = ['/var/cache', tmpdir()].find((folder) => barredAt(folder, user) === undefined);
  if (base === undefined) return inside; // startPostgres says what is wrong with it
  const name = `screentest-postgres-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
  const elsewhere = join(base, name);
  await makeFolder(elsewhere);
  await writeMarker(elsewhere, { about: `made by screentest: the database of ${path}` });
  await writeMarker(path, { about: marker?.about ?? '', postgresDirectory: elsewhere });
  return elsewhere;
}

async function readMarker(path: string): Promise<Marker | undefined> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(join(path, MARKER_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeMarker(path: string, marker: Marker): Promise<void> {
  await writeFile(join(path, MARKER_FILE), `${JSON.stringify(marker, undefined, 2)}\n`, { mode: 0o644 });
}

function notOurs(path: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'FOLDER_NOT_OURS',
    given: `${path} has no ${MARKER_FILE} in it: it was not made by screentest, and is left alone`,
    allowed: 'an empty folder, one that does not exist yet, or a data folder made before',
    fix: `set ${DATA_FOLDER_SETTING} to another folder`,
  });
}

function notUsable(path: string, cause: unknown): BadInput {
  return new BadInput({
    code: 'DATA_FOLDER_NOT_USABLE',
    given: `The data folder ${path} can't be used (${errorMessage(cause)})`,
    allowed: 'a folder that this user may make and write',
    fix: `set ${DATA_FOLDER_SETTING} to such a folder`,
    cause,
  });
}
