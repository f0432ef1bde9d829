import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PreconditionFailed } from '../../domain/errors.ts';
import { errorMessage } from '../../local/node-errors.ts';
import { type Backup, type BackupFolder, DUMP_FILE, noteVerified } from './backup-folder.ts';
import { forEachFew, hashFile } from './copy-files.ts';
import { readManifest } from './manifest.ts';
import { findProgram } from './postgres-programs.ts';
import { countBytes } from './progress.ts';
import { runProgram } from './run-program.ts';
import { missingSegments } from './wal-archive.ts';

export interface VerifyOptions {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** How many of a backup's problems are told. */
const TOLD = 5;

/**
 * Reads every byte of a backup again and holds it against the checksums that were made with it; then, where it can be
 * had, by PostgreSQL's own pg_verifybackup, which also reads the log in it. Notes when that was.
 * @throws PreconditionFailed BACKUP_DAMAGED, WAL_SEGMENT_MISSING
 */
export async function verifyBackup(
  folder: BackupFolder,
  backup: Backup,
  { log, signal }: VerifyOptions,
): Promise<Backup> {
  const onBytes = countBytes('verified', backup.bytes, log);
  const problems =
    backup.method === 'pg_dump'
      ? await problemsOfDump(backup, { onBytes, signal })
      : await problemsOfFiles(backup, { onBytes, signal });
  if (problems.length > 0) throw damaged(backup, problems);
  await verifyByTool(backup, signal);
  if (backup.isArchived) await refuseGaps(folder, backup);
  const verifiedAt = new Date();
  await noteVerified(backup, verifiedAt);
  return { ...backup, verifiedAt };
}

type Reading = Parameters<typeof hashFile>[1];

async function problemsOfFiles(backup: Backup, reading: Reading): Promise<readonly string[]> {
  const problems: string[] = [];
  try {
    const { files } = await readManifest(backup.dataDirectory);
    const expected = [
      ...files.map(({ path, sha256 }) => ({ path, sha256 })),
      ...Object.entries(backup.wal ?? {}).map(([name, sha256]) => ({ path: `pg_wal/${name}`, sha256 })),
    ];
    await forEachFew(expected, async ({ path, sha256 }) => {
      const problem = await problemOfFile(join(backup.dataDirectory, path), sha256, reading);
      if (problem !== undefined) problems.push(`${path}: ${problem}`);
    });
  } catch (error) {
    if (reading.signal?.aborted === true) throw error;
    problems.push(errorMessage(error));
  }
  return problems;
}

async function problemsOfDump(backup: Backup, reading: Reading): Promise<readonly string[]> {
  const problem = await problemOfFile(join(backup.path, DUMP_FILE), backup.dump, reading);
  return problem === undefined ? [] : [`${DUMP_FILE}: ${problem}`];
}

async function problemOfFile(
  path: string,
  sha256: string | undefined,
  reading: Reading,
): Promise<string | undefined> {
  try {
    const found = await hashFile(path, reading);
    return found.sha256 === sha256 ? undefined : 'its content is not what was backed up';
  } catch (error) {
    if (reading.signal?.aborted === true) throw error;
    return errorMessage(error);
  }
}

async function verifyByTool(backup: Backup, signal: AbortSignal | undefined): Promise<void> {
  const major = Math.floor(backup.serverVersion / 10_000);
  if (backup.method === 'pg_dump') {
    const tool = await findProgram('pg_restore', major);
    if (tool !== undefined) await runProgram(tool, ['--list', join(backup.path, DUMP_FILE)], { signal });
    return;
  }
  const tool = await findProgram('pg_verifybackup', major);
  if (tool !== undefined) await runProgram(tool, ['--quiet', backup.dataDirectory], { signal });
}

/** The archive must go on where the backup began, up to its newest segment. */
async function refuseGaps(folder: BackupFolder, backup: Backup): Promise<void> {
  const missing = await missingSegments(folder.wal, await firstSegmentOf(backup), backup.walSegmentBytes);
  const [first] = missing;
  if (first !== undefined) throw segmentMissing(folder, first, missing.length);
}

/** Where the log begins that a restore needs; read from the backup's label. */
export async function firstSegmentOf(backup: Backup): Promise<string> {
  const label = await readFile(join(backup.dataDirectory, 'backup_label'), 'utf8').catch(() => '');
  const segment = /^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$/m.exec(label)?.[1];
  if (segment !== undefined) return segment;
  throw damaged(backup, [`backup_label names no segment (${(await readdir(backup.path)).join(', ')})`]);
}

export function damaged(backup: Backup, problems: readonly string[]): PreconditionFailed {
  const told = problems.slice(0, TOLD).map((problem) => `  ${problem}`);
  const more = problems.length > TOLD ? `\n  and ${problems.length - TOLD} more` : '';
  return new PreconditionFailed({
    code: 'BACKUP_DAMAGED',
    given: `The backup ${backup.id} in ${backup.path} is not as it was made:\n${told.join('\n')}${more}`,
    fix: 'restore from another one (`screentest backup list`), take a new one now, and look at the disk that holds them',
  });
}

export function segmentMissing(folder: BackupFolder, segment: string, count: number): PreconditionFailed {
  const more = count === 1 ? '' : `, and ${count - 1} more`;
  return new PreconditionFailed({
    code: 'WAL_SEGMENT_MISSING',
    given: `The archive ${folder.wal} lacks the segment ${segment}${more}: nothing after it can be restored`,
    allowed: 'every segment from the backup on',
    fix: 'bring it back if it is anywhere (the pg_wal of the server, another copy of the archive); else restore to a moment before it, or from a backup after it; and take a new backup now',
  });
}
