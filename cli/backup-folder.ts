import { readBackupSettings } from '../config/environment.ts';
import { BadInput } from '../domain/errors.ts';
import { type BackupFolder, findBackupFolder, openBackupFolder } from '../recovery/backup/backup-folder.ts';

/** @throws BadInput where neither the option nor the setting names a folder */
export function folderToFill(named: string | undefined, option: string): Promise<BackupFolder> {
  return openBackupFolder(pathFrom(named, option));
}

/** @throws BadInput as above; NotFound where there are no backups */
export function folderToRead(named: string | undefined): Promise<BackupFolder> {
  return findBackupFolder(pathFrom(named, '--from'));
}

function pathFrom(named: string | undefined, option: string): string {
  const path = named ?? readBackupSettings(process.env).SCREENTEST_BACKUP_DIR;
  if (path !== undefined) return path;
  throw new BadInput({
    code: 'BACKUP_FOLDER_NOT_NAMED',
    given: 'It is not said where the backups are',
    allowed: `a folder, in ${option} or SCREENTEST_BACKUP_DIR`,
  });
}
