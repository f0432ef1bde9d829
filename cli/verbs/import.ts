import { basename } from 'node:path';
import type { Command } from 'commander';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

interface ImportOptions {
  readonly skipBad: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addImport(program: Command): void {
  program
    .command('import')
    .description('bring in what the platforms report, from CSV')
    .argument('<group>', 'id, beginning of the id, or name')
    .argument('<file>', 'variant,platform,metric,value,recorded_at and optionally ad, a number a row')
    .option('--skip-bad', 'import the good rows of a file that has bad ones', false)
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
recorded_at is the end of what was counted: a date for a whole day (UTC), or an instant with its offset.
A variant is matched by its exact name. Importing a file twice changes nothing; restated values replace earlier ones.`,
    )
    .action(async (reference: string, file: string, options: ImportOptions) => {
      const by = whoActs(options.by, process.env);
      const { readTextFile } = await import('../../config/text-file.ts');
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeStandings } = await import('../describe-status.ts');
      const csv = await readTextFile(file);
      const report = await withScreentestClient(process.env, async (client) =>
        client.importMetrics({
          groupId: await client.find(reference),
          fileName: basename(file),
          csv,
          by,
          skipBad: options.skipBad,
          onProgress: (written, rows) => {
            if (written < rows) remark(`${written} of ${rows} rows are written`);
          },
        }),
      );
      for (const problem of report.skipped) remark(`skipped ${problem}`);
      write(options.output, report, () =>
        [
          `${report.inserted} inserted, ${report.changed} changed, ${report.unchanged} unchanged, ${report.skipped.length} skipped.`,
          ...(report.standings === undefined ? [] : ['', describeStandings(report.standings)]),
        ].join('\n'),
      );
    });
}
