import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Method } from '../../analysis/rules.ts';
import { ASSIGNMENTS, type Assignment } from '../../domain/assignment.ts';
import { type Format, outputOption, write } from '../output.ts';
import { EXIT } from '../run.ts';
import { parseAmount, parseProperShare } from '../shares.ts';

interface AnalyzeOptions {
  readonly file: string;
  readonly rate: boolean;
  readonly control?: string;
  readonly assignment: Readonly<Record<string, Assignment>>;
  readonly method: Method;
  readonly lift: number;
  readonly limit: number;
  readonly margin?: number;
  readonly minDays: number;
  readonly minConversions: number;
  readonly final: boolean;
  readonly cpm?: number;
  readonly output: Format;
}

export function addAnalyze(program: Command): void {
  program
    .command('analyze')
    .description('the verdict on counts in a CSV file; needs no database and no server')
    .requiredOption(
      '--file <counts.csv>',
      'columns variant, platform, day, exposures, conversions, optionally cell; for a mean n, sum, sum_of_squares',
    )
    .option('--rate', 'conversions may outnumber exposures: results for each dollar', false)
    .option(
      '--control <variant>',
      'what the others are compared with; the first in the file where it is left out',
    )
    .addOption(
      new Option(
        '--assignment <platform=how>',
        `how people came to the variants: ${ASSIGNMENTS.join(', ')}; may be repeated`,
      )
        .argParser(addAssignment)
        .default({}, 'observational_delivery'),
    )
    .addOption(
      new Option(
        '--method <method>',
        'by conversions alone, or by days that a variant may have good and bad ones of',
      )
        .choices(['anytime_counts', 'anytime_days'])
        .default('anytime_counts'),
    )
    .addOption(
      new Option('--lift <share>', 'the smallest lift worth finding')
        .argParser(parseProperShare)
        .default(0.1, '10%'),
    )
    .addOption(
      new Option('--limit <share>', 'most chance of calling a winner that is none')
        .argParser(parseProperShare)
        .default(0.05, '5%'),
    )
    .option('--margin <share>', 'lifts within this make no practical difference', parseProperShare)
    .addOption(new Option('--min-days <n>', 'days a variant needs').argParser(parseAmount).default(7))
    .addOption(
      new Option('--min-conversions <n>', 'conversions a variant needs').argParser(parseAmount).default(25),
    )
    .option('--final', 'the test has ended: nothing more will come', false)
    .option('--cpm <usd>', 'what 1,000 exposures cost, to tell what a call may still take', parseAmount)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ screentest analyze --file counts.csv --assignment tiktok=platform_split_test\n  $ screentest analyze --file counts.csv -o json      the whole evidence\n\nExit code 2 when the data have a problem.',
    )
    .action(async (options: AnalyzeOptions) => {
      const { analyzeTest } = await import('../../analysis/analyze.ts');
      const { describeVerdict } = await import('../../analysis/describe.ts');
      const { readTextFile } = await import('../../config/text-file.ts');
      const { readCountsCsv } = await import('../../metrics/counts-csv.ts');
      const { describeStandings } = await import('../describe-status.ts');
      const fileName = basename(options.file);
      const { rows, isMean } = readCountsCsv(await readTextFile(options.file), fileName);
      const names = await variantsOf(rows, options.control, fileName);
      const verdict = analyzeTest({
        metric: isMean
          ? { name: 'mean', numerator: 'value', denominator: 'units', kind: 'mean' }
          : {
              name: 'rate',
              numerator: 'conversions',
              denominator: 'exposures',
              kind: options.rate ? 'rate' : 'proportion',
            },
        arms: names.map((name) => ({ id: name, name })),
        cells: rows.map(({ variant, ...row }) => ({ ...row, armId: variant })),
        assignment: options.assignment,
        rules: {
          method: options.method,
          smallestLift: options.lift,
          falseCallLimit: options.limit,
          equivalenceMargin: options.margin ?? null,
          minimum: { days: options.minDays, conversions: options.minConversions },
          isFinal: options.final,
          mediaUsdPerExposure: options.cpm === undefined ? null : options.cpm / 1000,
        },
      });
      const sentence = describeVerdict(verdict);
      write(options.output, { ...verdict, sentence }, () => describeStandings({ verdict, sentence }));
      if (verdict.kind === 'data_problem') process.exitCode = EXIT.usage;
    });
}

/** The file's variants in their order, the control first. */
async function variantsOf(
  rows: readonly { readonly variant: string }[],
  control: string | undefined,
  fileName: string,
): Promise<readonly string[]> {
  const names = [...new Set(rows.map(({ variant }) => variant))];
  if (control === undefined) return names;
  if (!names.includes(control)) {
    const { BadInput } = await import('../../domain/errors.ts');
    throw new BadInput({
      code: 'CONTROL_UNKNOWN',
      given: `${fileName} has no variant "${control}"`,
      allowed: names.join(', ') || 'none: the file has no rows',
      fix: 'name one of them with --control',
    });
  }
  return [control, ...names.filter((name) => name !== control)];
}

function addAssignment(
  text: string,
  before: Readonly<Record<string, Assignment>>,
): Readonly<Record<string, Assignment>> {
  const [platform = '', how = ''] = text.split('=');
  const assignment = ASSIGNMENTS.find((one) => one === how);
  if (platform === '' || assignment === undefined) {
    throw new InvalidArgumentError(
      `Allowed is a platform and one of ${ASSIGNMENTS.join(', ')}, such as tiktok=randomised.`,
    );
  }
  return { ...before, [platform]: assignment };
}
