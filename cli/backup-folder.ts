import { readBackupSettings } from '../config/environment.ts';
import { BadInput } from '../domain/errors.ts';
import { type BackupFolder, openBackupFolder } from '../recovery/backup/backup-folder.ts';

/** @throws BadInput where neither the option nor the setting names a folder */
export async function backupFolder(named: string | undefined, option: string): Promise<BackupFolder> {
  const path = named ?? readBackupSettings(process.env).SCREENTEST_BACKUP_DIR;
  if (path !== undefined) return openBackupFolder(path);
  throw new BadInput({
    code: 'BACKUP_FOLDER_NOT_NAMED',
    given: 'It is not said where the backups are',
    allowed: `a folder, in ${option} or SCREENTEST_BACKUP_DIR`,
  });
}
