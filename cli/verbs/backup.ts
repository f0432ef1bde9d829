import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Format, outputOption, remark, write } from '../output.ts';

interface Options {
  readonly to?: string;
  readonly from?: string;
  readonly days?: number;
  readonly yes: boolean;
  readonly output: Format;
}

export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('take a full backup of the database now, and verify it; or list, verify, prune')
    .addOption(new Option('--to <folder>', 'where it is kept; by default SCREENTEST_BACKUP_DIR'))
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
The files are copied while the server runs, where this machine and user can read them; else pg_basebackup of the
server's version does it. Moments between backups can be restored where the server ships its log to the same folder:
docs/recovery.md tells how.
Examples:
  $ screentest backup --to /var/backups/screentest
  $ screentest backup list
  $ screentest restore --to-time 2026-11-24T02:15:00Z --into /var/lib/screentest-restored`,
    )
    .action(async ({ to, output }: Options) => {
      const { folderToFill } = await import('../backup-folder.ts');
      const { readDatabaseSettings } = await import('../../config/environment.ts');
      const { takeBackup } = await import('../../recovery/backup/take-backup.ts');
      const { backupAsData, describeBackup } = await import('../describe-backup.ts');
      const { interruption } = await import('../interruption.ts');
      const { DATABASE_URL } = readDatabaseSettings(process.env);
      const folder = await folderToFill(to, '--to');
      const taken = await takeBackup({
        databaseUrl: DATABASE_URL,
        folder,
        log: remark,
        signal: interruption(),
      });
      write(output, backupAsData(taken), () => describeBackup(taken));
    });
  addList(backup);
  addVerify(backup);
  addPrune(backup);
}

function addList(backup: Command): void {
  backup
    .command('list')
    .description('show the backups that there are')
    .option('--from <folder>', FROM)
    .addOption(outputOption())
    .action(async ({ from, output }: Options) => {
      const { folderToRead } = await import('../backup-folder.ts');
      const { listBackups } = await import('../../recovery/backup/backup-folder.ts');
      const { backupAsData, describeBackups } = await import('../describe-backup.ts');
      const backups = await listBackups(await folderToRead(from));
      write(output, backups.map(backupAsData), () => describeBackups(backups));
    });
}

function addVerify(backup: Command): void {
  backup
    .command('verify')
    .description('read a backup again and hold it against its checksums, and look for gaps in the log')
    .argument('[backup]', 'its id; left out, the newest')
    .option('--from <folder>', FROM)
    .addOption(outputOption())
    .action(async (id: string | undefined, { from, output }: Options) => {
      const { folderToRead } = await import('../backup-folder.ts');
      const { findBackup, listBackups } = await import('../../recovery/backup/backup-folder.ts');
      const { verifyBackup } = await import('../../recovery/backup/verify-backup.ts');
      const { backupAsData } = await import('../describe-backup.ts');
      const folder = await folderToRead(from);
      const newest = (await listBackups(folder)).at(-1)?.id;
      const verified = await verifyBackup(folder, await findBackup(folder, id ?? newest ?? '(none)'), {
        log: remark,
      });
      write(output, backupAsData(verified), () => `Backup ${verified.id} is as it was made.`);
    });
}

function addPrune(backup: Command): void {
  backup
    .command('prune')
    .description('remove what is older than restoring the last days needs; never the last good backup')
    .option('--from <folder>', FROM)
    .option('--days <n>', 'how far back; by default SCREENTEST_BACKUP_KEEP_DAYS, which is 30', days)
    .addOption(new Option('--yes', 'remove it without asking').default(false))
    .addOption(outputOption())
    .action(async ({ from, days: asked, yes, output }: Options) => {
      const { folderToRead } = await import('../backup-folder.ts');
      const { readBackupSettings } = await import('../../config/environment.ts');
      const { planPruning, prune } = await import('../../recovery/backup/prune.ts');
      const { describePlan } = await import('../describe-backup.ts');
      const { confirmed } = await import('../confirm.ts');
      const folder = await folderToRead(from);
      const plan = await planPruning(
        folder,
        asked ?? readBackupSettings(process.env).SCREENTEST_BACKUP_KEEP_DAYS,
      );
      const isNothing = plan.backups.length + plan.wal.length === 0;
      if (!isNothing) await confirmed(yes, `This removes ${describePlan(plan)} Go on?`);
      await prune(folder, plan);
      const { wal, reachesBackTo } = plan;
      const data = { backups: plan.backups.map(({ id }) => id), wal, reachesBackTo };
      write(output, data, () => (isNothing ? describePlan(plan) : `Removed ${describePlan(plan)}`));
    });
}

const FROM = 'where the backups are; by default SCREENTEST_BACKUP_DIR';

function days(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Allowed is a number of days above 0.');
}
