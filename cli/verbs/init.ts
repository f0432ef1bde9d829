import { type Command, InvalidArgumentError, Option } from 'commander';
import { TEMPLATE_CODES, type TemplateCode } from '../../domain/templates.ts';
import { type Format, outputOption, write } from '../output.ts';

interface InitOptions {
  readonly template?: TemplateCode;
  readonly venture?: string;
  readonly name?: string;
  readonly product?: string;
  readonly audience?: string;
  readonly offer?: string;
  readonly platforms?: readonly string[];
  readonly variants?: number;
  readonly budget?: number;
  readonly out: string;
  readonly force: boolean;
  readonly schema: boolean;
  readonly output: Format;
}

export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a brief: by asking on a terminal, or from a template')
    .addOption(
      new Option('--template <code>', 'the kind of ad; then nothing is asked').choices(TEMPLATE_CODES),
    )
    .option('--venture <name>', 'whose ads they are')
    .option('--name <name>', 'what the test is called')
    .option('--product <words>', 'what is advertised')
    .option('--audience <words>', 'whom it is for')
    .option('--offer <words>', 'what the ad ends on')
    .option('--platforms <names>', 'where the ads run, with commas between', names)
    .option('--variants <count>', 'how many, the control included', Number)
    .option('--budget <usd>', 'what the videos may cost in all, in US dollars', dollars)
    .option('--out <file>', 'where it is written', 'brief.yaml')
    .option('--force', 'replace the file if it is there', false)
    .option('--no-schema', 'leave out brief.schema.json, with which editors complete and check the brief')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
What it writes can be started as it is. A file that is there is not replaced without --force.

Examples:
  $ screentest init
  $ screentest init --template UNBOXING --product "a box of six teas" --out tea.yaml`,
    )
    .action(async (options: InitOptions) => {
      const { writeNewBrief } = await import('../new-brief.ts');
      const { out, force, schema, output, template, budget, ...fields } = options;
      const written = await writeNewBrief(
        { ...fields, template, ...(budget !== undefined && { budget: { generationUsd: budget } }) },
        { path: out, replaces: force, withSchema: schema },
      );
      write(output, written, () =>
        [
          `Wrote ${written.files.join(' and ')}.`,
          `Check it: screentest validate ${out}`,
          `See what it costs: screentest start ${out} --dry-run`,
        ].join('\n'),
      );
    });
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim().toLowerCase());
}

function dollars(text: string): number {
  const usd = Number(text.replace(/^\$/, ''));
  if (!(usd > 0)) throw new InvalidArgumentError('Allowed: an amount in US dollars above 0, such as 20.');
  return usd;
}
