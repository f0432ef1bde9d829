import { type Command, InvalidArgumentError, Option } from 'commander';
import { BadInput } from '../../domain/errors.ts';
import type { NextRound } from '../../planning/next/next-round.ts';
import { byOption, whoActs } from '../identity.ts';
import { remark } from '../output.ts';

interface NextVerbOptions {
  readonly output: 'yaml' | 'json';
  readonly out?: string;
  readonly variants?: number;
  readonly exploration?: number;
  readonly design?: 'isolate' | 'factorial';
  readonly start: boolean;
  readonly yes: boolean;
  readonly by?: string;
}

export function addNext(program: Command): void {
  program
    .command('next')
    .description(
      'propose the next round of a group that is over: its winner as the control, and what to try against it',
    )
    .argument('<group>', 'id, beginning of the id, or name')
    .addOption(
      new Option(
        '-o, --output <format>',
        'how the proposal is written: a brief with its reasons as comments, or both as JSON',
      )
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .option('--out <file>', 'write the brief into this file, which must not be there yet')
    .option('--variants <n>', 'how many, the control included; as many as before when left out', wholeNumber)
    .option(
      '--exploration <share>',
      "share of the levels on trial that are new; the brief's when left out",
      anyShare,
    )
    .addOption(
      new Option('--design <design>', 'factorial where there are four videos or more, when left out').choices(
        ['isolate', 'factorial'],
      ),
    )
    .option('--start', 'start it as proposed', false)
    .option('--yes', 'start it without asking', false)
    .addOption(byOption())
    .addHelpText(
      'after',
      `
Nothing is started without --start. The control comes with its stored files and is never made or paid for again.

Examples:
  $ screentest next "Espresso launch" --out round-2.yaml
  $ screentest start round-2.yaml --dry-run`,
    )
    .action(async (reference: string, options: NextVerbOptions) => {
      const by = options.start ? whoActs(options.by, process.env) : undefined;
      const { withScreentestClient } = await import('../../client/open.ts');
      const { describeProposal, proposalAsYaml } = await import('../describe-next.ts');
      const { output, out, start, yes, ...choices } = options;
      const next = await withScreentestClient(process.env, async (client) =>
        client.next(await client.find(reference), choices),
      );
      if (out === undefined) {
        process.stdout.write(
          output === 'json' ? `${JSON.stringify(next, undefined, 2)}\n` : proposalAsYaml(next),
        );
      } else {
        await writeNew(
          out,
          output === 'json' ? `${JSON.stringify(next.brief, undefined, 2)}\n` : proposalAsYaml(next),
        );
        process.stdout.write(`${describeProposal(next).join('\n')}\n\nThe brief is in ${out}.\n`);
      }
      if (by !== undefined) await startProposed(next, by, yes);
    });
}

async function writeNew(path: string, text: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new BadInput({
      code: 'FILE_NOT_WRITTEN',
      given: isThere ? `${path} is there already` : `${path} can't be written (${String(cause)})`,
      allowed: 'a file that is not there yet, in a folder that is',
      fix: 'give another name with --out',
      cause,
    });
  }
}

async function startProposed(next: NextRound, by: string, yes: boolean): Promise<void> {
  const { parseBrief } = await import('../../domain/brief.ts');
  const { estimateStart } = await import('../../client/spending.ts');
  const { describeCost, describeRoom } = await import('../describe-money.ts');
  const { confirmed } = await import('../confirm.ts');
  const { videoSourceOf } = await import('../../client/generation-mode.ts');
  const { withScreentestClient } = await import('../../client/open.ts');
  const { readPricing } = await import('../../config/prices.ts');
  const brief = parseBrief(next.brief);
  const estimated = await estimateStart(brief, process.env);
  for (const line of describeRoom(estimated, brief.venture)) remark(line);
  await confirmed(yes, `Start "${brief.name}": ${describeCost(estimated)}?`);
  const pricing = await readPricing(process.env);
  const started = await withScreentestClient(process.env, (client) =>
    client.start(brief, { by, createVenture: false, ...videoSourceOf(process.env), pricing }),
  );
  remark(`Started ${started.groupId}. Follow it with: screentest watch ${started.groupId}`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 2 && value <= 50) return value;
  throw new InvalidArgumentError('Allowed is a whole number from 2 to 50.');
}

function anyShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const value = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Allowed is a share from 0 to 1, such as 30% or 0.3.');
}
