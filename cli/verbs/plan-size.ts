import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PlannedMethod } from '../../analysis/plan-size.ts';
import { type Format, outputOption, write } from '../output.ts';
import { parseAmount, parseProperShare, parseShare } from '../shares.ts';

interface PlanSizeOptions {
  readonly baseline: number;
  readonly lift: number;
  readonly arms: number;
  readonly platform: readonly PlatformOption[];
  readonly cpm?: number;
  readonly budget?: number;
  readonly perDay?: number;
  readonly method: PlannedMethod;
  readonly limit: number;
  readonly power: number;
  readonly output: Format;
}

interface PlatformOption {
  readonly name: string;
  readonly cpm: number | undefined;
}

const MOST_ARMS = 50;

export function addPlanSize(program: Command): void {
  program
    .command('plan-size')
    .description(
      'how much exposure, time and money a test takes, and how many variants a budget can tell apart',
    )
    .addOption(
      new Option('--baseline <share>', "the control's rate, such as 1.2%")
        .argParser(parseProperShare)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--lift <share>', 'the smallest lift worth finding')
        .argParser(parseShare)
        .default(0.1, '10%'),
    )
    .addOption(new Option('--arms <n>', 'variants, the control included').argParser(parseArms).default(2))
    .addOption(
      new Option(
        '--platform <name[=cpm]>',
        'where it runs, and what 1,000 exposures cost there; may be repeated',
      )
        .argParser(addPlatform)
        .default([], 'one'),
    )
    .option('--cpm <usd>', 'what 1,000 exposures cost where --platform does not say', parseAmount)
    .option(
      '--budget <usd>',
      'media money: then the most variants it can tell apart are told too',
      parseAmount,
    )
    .option('--per-day <n>', 'exposures of all variants a day: then the days are told too', parseAmount)
    .addOption(
      new Option('--method <method>', 'looks at any time, or at planned days alone')
        .choices(['anytime_counts', 'planned_looks'])
        .default('anytime_counts'),
    )
    .addOption(
      new Option('--limit <share>', 'most chance of calling a winner that is none')
        .argParser(parseLimit)
        .default(0.05, '5%'),
    )
    .addOption(
      new Option('--power <share>', 'chance of finding the lift').argParser(parsePower).default(0.8, '80%'),
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ screentest plan-size --baseline 1.2% --lift 15% --arms 5 --cpm 8 --budget 3000',
    )
    .action(async (options: PlanSizeOptions) => {
      const { mostArms, planSize } = await import('../../analysis/plan-size.ts');
      const { describeSize } = await import('../describe-size.ts');
      const places = options.platform.length === 0 ? [{ name: 'any', cpm: undefined }] : options.platform;
      const question = {
        platforms: places.map(({ name, cpm }) => ({
          name,
          baselineRate: options.baseline,
          usdPerThousand: cpm ?? options.cpm ?? null,
        })),
        smallestLift: options.lift,
        arms: options.arms,
        method: options.method,
        falseCallLimit: options.limit,
        power: options.power,
        exposuresPerDay: options.perDay ?? null,
      };
      const size = planSize(question);
      const budget =
        options.budget === undefined
          ? undefined
          : { usd: options.budget, mostVariants: mostArms(question, options.budget, MOST_ARMS) };
      write(options.output, { question, ...size, budget }, () => describeSize(question, size, budget));
    });
}

function parseArms(text: string): number {
  const arms = Number(text);
  if (!(Number.isInteger(arms) && arms >= 2 && arms <= MOST_ARMS)) {
    throw new InvalidArgumentError(`Allowed is a whole number from 2 to ${MOST_ARMS}.`);
  }
  return arms;
}

function parseLimit(text: string): number {
  const limit = parseShare(text);
  if (limit > 0.5) throw new InvalidArgumentError('Allowed is a share above 0, up to 50%.');
  return limit;
}

function parsePower(text: string): number {
  const power = parseShare(text);
  if (!(power > 0.5 && power < 1)) throw new InvalidArgumentError('Allowed is a share between 50% and 100%.');
  return power;
}

function addPlatform(text: string, before: readonly PlatformOption[]): readonly PlatformOption[] {
  const [name = '', cpm] = text.split('=');
  if (name === '')
    throw new InvalidArgumentError('Allowed is a name, or a name and its price, such as tiktok=8.');
  return [...before, { name, cpm: cpm === undefined ? undefined : parseAmount(cpm) }];
}
