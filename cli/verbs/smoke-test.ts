import { type Command, InvalidArgumentError, Option } from 'commander';
import { confirmed } from '../confirm.ts';
import { byOption, whoActs } from '../identity.ts';
import { type Format, outputOption, remark, write } from '../output.ts';
import { EXIT, Interrupted } from '../run.ts';

interface SmokeTestOptions {
  readonly model?: string;
  readonly seconds?: number;
  readonly size?: string;
  readonly prompt?: string;
  readonly acceptPossibleCharge: boolean;
  readonly history: boolean;
  readonly yes: boolean;
  readonly by?: string;
  readonly output: Format;
}

export function addSmokeTest(program: Command): void {
  program
    .command('smoke-test')
    .description(
      'make one small real video, which shows whether the video API can be used; PASS opens automatic generation',
    )
    .option('--model <name>', 'another model than the cheapest of the price table')
    .option('--seconds <n>', 'another length than the shortest', wholeSeconds)
    .option('--size <size>', 'another size than 720x1280')
    .option('--prompt <text>', 'another prompt than a cup on a table')
    .option(
      '--accept-possible-charge',
      'count an earlier test of unknown outcome as charged, and make a new one',
      false,
    )
    .option('--history', 'show earlier tests, and make none', false)
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(byOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A test that was killed half-way is gone on with: it is never paid twice. docs/smoke-test.md tells the whole story.`,
    )
    .action(async (options: SmokeTestOptions) => (options.history ? showHistory(options) : runTest(options)));
}

async function runTest({ yes, acceptPossibleCharge, output, ...options }: SmokeTestOptions): Promise<void> {
  const by = whoActs(options.by, process.env);
  const { runSmokeTest } = await import('../../smoke-test/run.ts');
  const { fromDatabase } = await import('../../database/refusals.ts');
  const { describeSmokeTest } = await import('../describe-smoke-test.ts');
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Interrupted());
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const { test, applied } = await fromDatabase(
    runSmokeTest(process.env, {
      ...options,
      by,
      acceptsPossibleCharge: acceptPossibleCharge,
      confirm: (question) => confirmed(yes, question),
      tell: remark,
      signal: interrupted.signal,
    }),
  ).finally(() => process.off('SIGINT', interrupt).off('SIGTERM', interrupt));
  write(output, { ...test, applied }, () => describeSmokeTest(test, applied));
  if (test.result !== 'PASS') process.exitCode = EXIT.failure;
}

/** Enough to see how an API came to be trusted, or not. */
const SHOWN = 50;

async function showHistory({ output }: SmokeTestOptions): Promise<void> {
  const { withDatabase } = await import('../../client/open.ts');
  const { requireSmokeTests, smokeTests } = await import('../../database/smoke-tests.ts');
  const { smokeTestTable } = await import('../describe-smoke-test.ts');
  const tests = await withDatabase(process.env, async (database) => {
    await requireSmokeTests(database);
    return smokeTests(database, SHOWN);
  });
  write(output, tests, () =>
    tests.length === 0
      ? 'No smoke test has been made yet. Make one with: screentest smoke-test'
      : smokeTestTable(tests),
  );
}

function wholeSeconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 60) return value;
  throw new InvalidArgumentError('Allowed is a whole number of seconds from 1 to 60.');
}
