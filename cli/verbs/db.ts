import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CheckResult } from '../../database/validation/validate.ts';
import { type Format, outputOption, remark, write } from '../output.ts';
import { EXIT } from '../run.ts';
import { addPartitionVerbs } from './db-partitions.ts';

interface MigrateOptions {
  readonly output: Format;
  readonly backupFirst?: boolean;
  readonly backupTo?: string;
}

export function addDb(program: Command): void {
  const db = program
    .command('db')
    .description(
      "the database's schema: migrate, rollback, status, validate, dictionary; its months: partitions, maintain",
    );
  db.command('migrate')
    .description(
      'apply every migration that is missing (but the one that waits for the smoke test), and write the templates',
    )
    .addOption(
      new Option('--backup-first', 'when one is missing, take a backup before; without one, migrate nothing'),
    )
    .addOption(new Option('--backup-to <folder>', 'where that is kept; by default SCREENTEST_BACKUP_DIR'))
    .addOption(outputOption())
    .action(async ({ output, backupFirst = false, backupTo }: MigrateOptions) => {
      const { migrate } = await import('../../prisma/migrator.ts');
      const { writeReferenceRows } = await import('../../client/open.ts');
      const { backupBeforeMigration } = await import('../backup-before-migration.ts');
      const connectionString = await databaseUrl();
      const before = backupFirst ? await backupBeforeMigration(connectionString, backupTo) : undefined;
      const { applied } = await migrate({
        connectionString,
        log: remark,
        ...(before !== undefined && { beforeFirst: before.take }),
      });
      await writeReferenceRows(process.env);
      const backup = before?.taken();
      write(output, { applied, ...(backup !== undefined && { backup }) }, () =>
        applied.length === 0 ? 'Up to date.' : `${applied.length} migrations applied.`,
      );
    });
  db.command('rollback')
    .description('undo the last migrations, the latest first')
    .option('--steps <n>', 'how many', wholeNumber, 1)
    .addOption(new Option('--yes', 'although rows would be lost').default(false))
    .addOption(outputOption())
    .action(async ({ steps, yes, output }: { steps: number; yes: boolean; output: Format }) => {
      const { rollback } = await import('../../prisma/migrator.ts');
      const { rolledBack } = await rollback({
        connectionString: await databaseUrl(),
        steps,
        confirmLossOfRows: yes,
        log: remark,
      });
      write(output, { rolledBack }, () => `${rolledBack.length} migrations rolled back.`);
    });
  db.command('status')
    .description('show which migrations are applied')
    .addOption(outputOption())
    .action(async ({ output }: { output: Format }) => {
      const { migrationStatus } = await import('../../prisma/migrator.ts');
      const { table } = await import('../tables.ts');
      const { migrations } = await migrationStatus({ connectionString: await databaseUrl() });
      write(output, migrations, () =>
        table(
          ['migration', 'state', 'applied'],
          migrations.map(({ name, state, waitsFor, appliedAt }) => [
            name,
            waitsFor === undefined ? state : `${state}: waits for ${waitsFor}`,
            appliedAt?.toISOString() ?? '',
          ]),
        ),
      );
    });
  db.command('validate')
    .description('check that the schema is whole and that what the rows say agrees; reads only')
    .addOption(outputOption())
    .action(async ({ output }: { output: Format }) => {
      const { validate } = await import('../validate.ts');
      const results = await validate(process.env, (check) => remark(`looking whether ${check}`));
      write(output, results, () => results.flatMap(describeCheck).join('\n'));
      if (results.some(({ isWell }) => !isWell)) process.exitCode = EXIT.failure;
    });
  db.command('dictionary')
    .description('describe every table, column, key and index, as Markdown')
    .action(async () => {
      const { describeSchema } = await import('../../prisma/dictionary.ts');
      process.stdout.write(await describeSchema(await databaseUrl()));
    });
  addPartitionVerbs(db);
}

function describeCheck({ check, isWell, problems, found }: CheckResult): readonly string[] {
  if (isWell) return [`ok       ${check}`];
  const more = problems - found.length;
  return [
    `PROBLEM  ${check}: ${problems} found`,
    ...found.map((problem) => `           ${problem}`),
    ...(more > 0 ? [`           and ${more} more`] : []),
  ];
}

async function databaseUrl(): Promise<string> {
  const { readDatabaseSettings } = await import('../../config/environment.ts');
  return readDatabaseSettings(process.env).DATABASE_URL;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Allowed is a whole number from 1.');
}
