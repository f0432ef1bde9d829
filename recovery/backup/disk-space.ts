import { statfs } from 'node:fs/promises';
import { PreconditionFailed } from '../../domain/errors.ts';
import { errorCode } from '../../local/node-errors.ts';
import { formatBytes } from './progress.ts';

/** Asked before anything is copied. @throws PreconditionFailed DISK_TOO_SMALL */
export async function refuseSmallDisk(folder: string, neededBytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < neededBytes)
    throw diskTooSmall(
      folder,
      `${formatBytes(free)} are free; ${what} needs about ${formatBytes(neededBytes)}`,
    );
}

/** Runs `work`; a disk that fills up meanwhile is told as one that was too small. */
export async function onDisk<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT') throw error;
    throw diskTooSmall(folder, 'it has no room left, and what had been written was removed again', error);
  }
}

export function diskTooSmall(folder: string, reason: string, cause?: unknown): PreconditionFailed {
  return new PreconditionFailed({
    code: 'DISK_TOO_SMALL',
    given: `The disk of ${folder}: ${reason}`,
    fix: 'make room there (`screentest backup prune` removes what is older than it need be), or name a folder on another disk',
    cause,
  });
}
