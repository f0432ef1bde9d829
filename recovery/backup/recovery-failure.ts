import { PreconditionFailed, type ScreentestError, Unavailable } from '../../domain/errors.ts';
import type { Backup, BackupFolder } from './backup-folder.ts';
import { diskTooSmall } from './disk-space.ts';
import type { RestoreTarget } from './restore-target.ts';
import { firstSegmentOf, segmentMissing } from './verify-backup.ts';
import { missingSegments } from './wal-archive.ts';

export interface FailedRecovery {
  readonly folder: BackupFolder;
  readonly backup: Backup;
  readonly target: RestoreTarget;
  /** All that the server said, in English. */
  readonly said: string;
  readonly logFile: string;
}

/** What a server that ended in the middle of its recovery said, and what to do about it. */
export async function recoveryFailure(failed: FailedRecovery): Promise<ScreentestError> {
  const { folder, backup, said, logFile } = failed;
  if (/No space left on device/.test(said))
    return diskTooSmall(logFile, 'it filled up in the middle of the recovery');
  const unreadable = /fetch-wal: (\S+) can't be read/.exec(said)?.[1];
  if (unreadable !== undefined) return segmentDamaged(unreadable);
  if (/recovery ended before configured recovery target was reached/.test(said)) {
    const [missing, ...more] = await missingSegments(
      folder.wal,
      await firstSegmentOf(backup),
      backup.walSegmentBytes,
    );
    return missing === undefined ? afterArchive(failed) : segmentMissing(folder, missing, more.length + 1);
  }
  if (
    /could not locate required checkpoint record|WAL ends before (end of online backup|consistent)/.test(said)
  ) {
    return segmentMissing(folder, await firstSegmentOf(backup), 1);
  }
  return new Unavailable({
    code: 'RECOVERY_FAILED',
    given: `PostgreSQL did not come through its recovery; its last lines:\n${said.trimEnd().split('\n').slice(-12).join('\n')}`,
    fix: `see ${logFile}; another backup may do (--backup)`,
  });
}

/** When the newest change was that the recovery replayed, by the server's own words. */
export function lastTransactionIn(said: string): string | undefined {
  return /last completed transaction was at log time (\S+ \S+)/.exec(said)?.[1];
}

function afterArchive({ target, said, folder }: FailedRecovery): PreconditionFailed {
  const last = lastTransactionIn(said);
  const wanted = target.kind === 'time' ? target.at : 'the place in the log';
  return new PreconditionFailed({
    code: 'TARGET_AFTER_ARCHIVE',
    given: `The archive ${folder.wal} holds no transaction after ${wanted}: it can't be told whether all before it is there. The last one that it holds is of ${last ?? 'before the backup ended'}`,
    allowed: 'a moment before that',
    fix: 'name it with --to-time, or take all that there is with --to-latest; the newest changes may still be in pg_wal of the lost server: copy what is there into the archive first (docs/recovery.md)',
  });
}

function segmentDamaged(file: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'WAL_SEGMENT_DAMAGED',
    given: `The segment ${file} of the archive can't be read`,
    allowed: 'the file as it was archived',
    fix: 'bring it back from another copy of the archive; else restore to a moment before it, or from a backup after it; and take a new backup now',
  });
}
