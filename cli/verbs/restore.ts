import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Format, outputOption, remark, write } from '../output.ts';

interface Options {
  readonly toTime?: string;
  readonly toLatest: boolean;
  readonly into: string;
  readonly backup?: string;
  readonly from?: string;
  readonly port?: number;
  readonly output: Format;
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('restore the database to a moment, into a new folder; never over anything')
    .option('--to-time <instant>', 'the moment, with its zone: 2026-11-24T02:15:00Z')
    .addOption(new Option('--to-latest', 'all that there is').default(false).conflicts('toTime'))
    .requiredOption('--into <folder>', 'a folder that does not exist yet, or is empty')
    .option('--backup <id>', 'which backup; by default the newest that ended before the moment')
    .option('--from <folder>', 'where the backups are; by default SCREENTEST_BACKUP_DIR')
    .option('--port <n>', 'run the restored server on this port of 127.0.0.1 until Ctrl-C', portNumber)
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Every byte is held against the backup's checksums on its way, and every table is read once.
Examples:
  $ screentest restore --to-time 2026-11-24T02:15:00Z --into /var/lib/screentest-restored
  $ screentest restore --to-latest --into /tmp/look --port 5433`,
    )
    .action(async (options: Options) => {
      const { folderToRead } = await import('../backup-folder.ts');
      const { restore } = await import('../../recovery/backup/restore.ts');
      const { describeRestored } = await import('../describe-backup.ts');
      const { interruption } = await import('../interruption.ts');
      const { into, backup, from, output, port } = options;
      const target = await targetOf(options);
      const signal = interruption();
      const folder = await folderToRead(from);
      const restored = await restore({
        folder,
        target,
        into,
        log: remark,
        signal,
        ...(backup && { backup }),
      });
      const { contents, ...rest } = restored;
      const tables = contents.flatMap(({ database, tables }) =>
        tables.map((table) => ({ database, ...table })),
      );
      write(output, { ...rest, tables }, () => describeRestored(restored));
      if (port === undefined) return;
      const { serveRestored } = await import('../../recovery/backup/serve-restored.ts');
      await serveRestored(folder, restored, port, signal, (url) => remark(`It runs at ${url} until Ctrl-C.`));
    });
}

async function targetOf({ toTime, toLatest }: Options) {
  const { BadInput } = await import('../../domain/errors.ts');
  const { parseTargetTime } = await import('../../recovery/backup/restore-target.ts');
  if (toTime !== undefined) return parseTargetTime(toTime);
  if (toLatest) return { kind: 'latest' } as const;
  throw new BadInput({
    code: 'RESTORE_TIME',
    given: 'It is not said which moment is to be restored',
    allowed: '--to-time <instant>, or --to-latest for all that there is',
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('Allowed is a whole number from 1 to 65535.');
}
