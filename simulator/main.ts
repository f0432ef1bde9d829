import { readFile } from 'node:fs/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { z } from 'zod';
import { DIALECTS, type DialectName } from '../domain/dialects.ts';
import { BadInput, ScreentestError } from '../domain/errors.ts';
import type { SimulatorOptions } from './options.ts';
import { startSimulator } from './simulator.ts';

const HELP = `A Sora-protocol video API with films, prices and faults of its own. Prints one line of JSON when it is ready.

  --port <n>                          0, the default, takes a free one
  --host <address>                    127.0.0.1
  --render-base-seconds <s>           what every job takes, 0.5
  --render-seconds-per-second <s>     and what each second of video adds, 0.25
  --render-jitter <share>             up to this much more or less, 0.2
  --seed <text>                       decides the jitter
  --max-running <n>                   unfinished jobs at a time; more get 429
  --creates-per-minute <n>            more get 429
  --most-different-films <n>          films made for one length and size before they are shown again, 32
  --strict                            take only the lengths and sizes of the real service
  --honour-idempotency-keys           the real service does not
  --keep-running-on-delete            refuse to delete a running job, as the real service does
  --no-list                           have no list, as some gateways
  --dialect <name>                    how answers are worded: ${DIALECTS.join(', ')}
  --faults <file.json>                {"faults": [...]}, as POST /_simulator/faults takes them
  --until-stdin-ends                  stop when the parent closes standard input or dies

Environment: SIMULATOR_API_KEY, the one key that is accepted (any, where it is not set).
`;

const ARGUMENTS = {
  port: { type: 'string' },
  host: { type: 'string' },
  'render-base-seconds': { type: 'string' },
  'render-seconds-per-second': { type: 'string' },
  'render-jitter': { type: 'string' },
  seed: { type: 'string' },
  'max-running': { type: 'string' },
  'creates-per-minute': { type: 'string' },
  'most-different-films': { type: 'string' },
  strict: { type: 'boolean' },
  'honour-idempotency-keys': { type: 'boolean' },
  'keep-running-on-delete': { type: 'boolean' },
  'no-list': { type: 'boolean' },
  dialect: { type: 'string' },
  faults: { type: 'string' },
  'until-stdin-ends': { type: 'boolean' },
  help: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

/** Its content is checked with the other options. */
const faultsFile = z.strictObject({
  faults: z.array(z.custom<NonNullable<SimulatorOptions['faults']>[number]>()),
});

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const apiKey = process.env.SIMULATOR_API_KEY;
  const simulator = await startSimulator({
    port: numberOf('port', values.port),
    host: values.host,
    apiKey: apiKey === '' ? undefined : apiKey,
    render: {
      baseSeconds: numberOf('render-base-seconds', values['render-base-seconds']),
      perVideoSecond: numberOf('render-seconds-per-second', values['render-seconds-per-second']),
      jitter: numberOf('render-jitter', values['render-jitter']),
    },
    seed: values.seed,
    maxRunning: numberOf('max-running', values['max-running']),
    createsPerMinute: numberOf('creates-per-minute', values['creates-per-minute']),
    mostDifferentFilms: numberOf('most-different-films', values['most-different-films']),
    strict: values.strict,
    honoursIdempotencyKeys: values['honour-idempotency-keys'],
    deleteCancelsRunning: values['keep-running-on-delete'] !== true,
    listsJobs: values['no-list'] === true ? false : undefined,
    dialect: dialectOf(values.dialect),
    faults: values.faults === undefined ? undefined : await readFaults(values.faults),
  });

  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    void simulator.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (values['until-stdin-ends'] === true) process.stdin.on('end', stop).on('error', stop).resume();

  const { url, adminUrl, port } = simulator;
  process.stdout.write(`${JSON.stringify({ ready: true, url, adminUrl, port, pid: process.pid })}\n`);
}

function readArguments() {
  try {
    return parseArgs({ options: ARGUMENTS });
  } catch (cause) {
    throw new BadInput({
      code: 'SIMULATOR_ARGUMENTS_INVALID',
      given: cause instanceof Error ? cause.message : String(cause),
      fix: 'see --help',
    });
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new BadInput({
    code: 'SIMULATOR_ARGUMENTS_INVALID',
    given: `--${name} is '${text}'`,
    allowed: 'a number',
  });
}

function dialectOf(text: string | undefined): DialectName | undefined {
  if (text === undefined) return undefined;
  const name = DIALECTS.find((known) => known === text);
  if (name !== undefined) return name;
  throw new BadInput({
    code: 'SIMULATOR_ARGUMENTS_INVALID',
    given: `--dialect is '${text}'`,
    allowed: DIALECTS.join(', '),
  });
}

async function readFaults(path: string) {
  try {
    return faultsFile.parse(JSON.parse(await readFile(path, 'utf8'))).faults;
  } catch (cause) {
    throw new BadInput({
      code: 'SIMULATOR_FAULTS_UNREADABLE',
      given: `--faults ${path} can't be read (${cause instanceof Error ? cause.message : String(cause)})`,
      allowed: 'a JSON file with {"faults": [...]}',
      cause,
    });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ScreentestError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.kind === 'bad-input' ? 2 : 1;
}
