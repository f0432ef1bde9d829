import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Format, outputOption, remark, write } from '../output.ts';
import { EXIT } from '../run.ts';

interface Options {
  readonly demo: boolean;
  readonly years: number;
  readonly scratch?: string;
  readonly from?: string;
  readonly report?: string;
  readonly output: Format;
}

export function addRestoreDrill(program: Command): void {
  program
    .command('restore-drill')
    .description('lose variant_groups and get it back, on servers of its own; print the time to recovery')
    .addOption(new Option('--demo', 'on made-up campaigns instead of the newest backup').default(false))
    .option('--years <n>', 'with --demo: of campaigns, 1000 a year with 15 variants each', years, 3)
    .option('--from <folder>', 'where the backups are; by default SCREENTEST_BACKUP_DIR')
    .option('--scratch <folder>', 'where its servers are made, and removed; by default beside the backups')
    .option('--report <file>', 'write what came out as JSON, too')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
It damages nothing but servers that it made itself. Of the server in use it reads every table once, while nobody waits
for longer than some milliseconds; it restores the newest backup beside it, and compares every table. In that copy it
backs up, scrambles and deletes groups, garbles pages on the disk, restores to the moment before, and compares again.
Exit code 1 when anything differs.`,
    )
    .action(async (options: Options) => {
      const { interruption } = await import('../interruption.ts');
      const { runDrill } = await import('../../recovery/backup/drill.ts');
      const { describeDrill } = await import('../describe-backup.ts');
      const { writeFile } = await import('node:fs/promises');
      const report = await runDrill({
        ...(await placeOf(options)),
        log: remark,
        signal: interruption(),
      });
      if (options.report !== undefined) {
        await writeFile(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
      }
      write(options.output, report, () => describeDrill(report));
      if (!report.hasPassed) process.exitCode = EXIT.failure;
    });
}

async function placeOf({ demo, years: asked, scratch, from }: Options) {
  const { join } = await import('node:path');
  const { folderToRead } = await import('../backup-folder.ts');
  if (demo) {
    const { EXPECTED_VOLUME } = await import('../../database/sample-campaigns.ts');
    const { scratchParent } = await import('../../recovery/backup/scratch-folder.ts');
    const volume = { ...EXPECTED_VOLUME, years: asked };
    return { subject: { kind: 'sample', volume } as const, scratch: scratch ?? scratchParent() };
  }
  const { readDatabaseSettings } = await import('../../config/environment.ts');
  const { DATABASE_URL: databaseUrl } = readDatabaseSettings(process.env);
  const folder = await folderToRead(from);
  const { readStorageSettings } = await import('../../config/environment.ts');
  const { chooseStore } = await import('../../storage/choose-store.ts');
  const { rehearseReplay } = await import('../../privacy/rehearse-replay.ts');
  // Erasures are listed beside the videos; without a place for these there is no list.
  const { SCREENTEST_STORAGE_DIR, SCREENTEST_STORAGE_S3_BUCKET } = process.env;
  const hasStore = Boolean(SCREENTEST_STORAGE_DIR || SCREENTEST_STORAGE_S3_BUCKET);
  const store = hasStore ? await chooseStore(readStorageSettings(process.env)) : undefined;
  return {
    subject: { kind: 'backup', databaseUrl, folder } as const,
    scratch: scratch ?? join(folder.path, 'scratch'),
    replayErasures: store && ((url: string, empty: string) => rehearseReplay(url, store, empty, remark)),
  };
}

function years(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new InvalidArgumentError('Allowed is a whole number of years, 1 to 100.');
}
