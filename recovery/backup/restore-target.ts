import { BadInput, NotFound, PreconditionFailed } from '../../domain/errors.ts';
import type { Backup, BackupFolder } from './backup-folder.ts';

/** The moment that is restored. */
export type RestoreTarget =
  /** All that was committed up to then; UTC in ISO 8601, to the microsecond. */
  | { readonly kind: 'time'; readonly at: string }
  /** All that is before this place in the log. */
  | { readonly kind: 'lsn'; readonly lsn: string; readonly at: Date }
  /** All that there is. */
  | { readonly kind: 'latest' };

/** With a zone: without one it would be this machine's, which is never what was meant. */
const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$/;

/** @throws BadInput for what is no instant, or none that has been */
export function parseTargetTime(text: string, now = new Date()): RestoreTarget {
  const at = new Date(text.replace(' ', 'T'));
  const isInstant = INSTANT.test(text) && !Number.isNaN(at.getTime());
  if (isInstant && at <= now) {
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
    return { kind: 'time', at: `${at.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z` };
  }
  throw new BadInput({
    code: 'RESTORE_TIME',
    given: isInstant
      ? `The moment to restore, ${text}, has not been yet`
      : `The moment to restore is ${JSON.stringify(text)}`,
    allowed: 'a past instant with its zone, such as 2026-11-24T02:15:30Z or 2026-11-24T02:15:30.123456+01:00',
    fix: 'give such an instant, or --to-latest for all that there is',
  });
}

/** Who says so takes that backup; else it is the newest that ended before the moment. */
export function chooseBackup(
  folder: BackupFolder,
  backups: readonly Backup[],
  target: RestoreTarget,
  id?: string,
): Backup {
  const whole = backups.filter(({ method }) => method !== 'pg_dump');
  const [first] = whole;
  if (first === undefined) throw noBackup(folder);
  const moment = momentOf(target);
  const inTime = whole.filter(({ finishedAt }) => moment === undefined || finishedAt <= moment);
  if (id !== undefined) {
    const named = whole.find((backup) => backup.id === id);
    if (named === undefined) throw notThere(folder, id, whole);
    if (!inTime.includes(named)) throw beforeBackup(named, target);
    if (moment !== undefined && !named.isArchived) throw notArchived(folder, named);
    return named;
  }
  if (inTime.length === 0) throw beforeBackup(first, target);
  // One that no log follows holds its own end alone.
  const newest = inTime.at(-1);
  const usable = moment === undefined ? newest : inTime.findLast(({ isArchived }) => isArchived);
  if (usable !== undefined) return usable;
  throw notArchived(folder, newest ?? first);
}

/** Undefined for the newest that there is. */
function momentOf(target: RestoreTarget): Date | undefined {
  if (target.kind === 'latest') return undefined;
  return target.kind === 'lsn' ? target.at : new Date(target.at);
}

function noBackup(folder: BackupFolder): NotFound {
  return new NotFound({
    code: 'NO_BACKUP',
    given: `${folder.path} holds no backup of a whole cluster`,
    allowed: 'a folder that `screentest backup` or ops/backup/base-backup.sh has filled',
    fix: 'name the right folder (--from, or SCREENTEST_BACKUP_DIR)',
  });
}

function notThere(folder: BackupFolder, id: string, backups: readonly Backup[]): NotFound {
  return new NotFound({
    code: 'BACKUP_NOT_FOUND',
    given: `There is no backup ${id} of a whole cluster in ${folder.path}`,
    allowed: backups.map((backup) => backup.id).join(', '),
    fix: '`screentest backup list` shows them',
  });
}

function beforeBackup(backup: Backup, target: RestoreTarget): PreconditionFailed {
  const at = target.kind === 'time' ? target.at : 'the moment to restore';
  return new PreconditionFailed({
    code: 'TARGET_BEFORE_BACKUP',
    given: `${at} is before the backup ${backup.id} ended`,
    allowed: `moments from ${backup.finishedAt.toISOString()} on`,
    fix: 'name a later moment, or a folder with older backups (--from)',
  });
}

function notArchived(folder: BackupFolder, backup: Backup): PreconditionFailed {
  return new PreconditionFailed({
    code: 'NO_ARCHIVE',
    given: `The log that followed the backup ${backup.id} was not archived in ${folder.path}`,
    allowed: `its own end, ${backup.finishedAt.toISOString()}, and nothing after it`,
    fix: 'restore that with --to-latest; docs/recovery.md tells how a server archives its log from now on',
  });
}
