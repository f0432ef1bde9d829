import { takeBackup } from '../recovery/backup/take-backup.ts';
import { folderToFill } from './backup-folder.ts';
import { remark } from './output.ts';

/** What `db migrate --backup-first` does before the first migration. @throws BadInput where no folder is named */
export async function backupBeforeMigration(databaseUrl: string, named: string | undefined) {
  const folder = await folderToFill(named, '--backup-to');
  let id: string | undefined;
  return {
    take: async () => {
      remark('taking a backup first');
      const backup = await takeBackup({ databaseUrl, folder, log: remark, mayBeDump: true });
      id = backup.id;
      remark(`backup ${backup.id} (${backup.method}) is in ${backup.path}, verified`);
    },
    /** Undefined where nothing was pending. */
    taken: () => id,
  };
}
