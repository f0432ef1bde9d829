import { readFile } from 'node:fs/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { z } from 'zod';
import { DIALECTS, type DialectName } from '../domain/dialects.ts';
import { BadInput, ScreentestError } from '../domain/errors.ts';
import { FAULT_CATALOGUE, faultName } from './fault-catalogue.ts';
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
  --no-poll-hint                      do not say when to ask again
  --no-list                           have no list, as some gateways
  --dialect <name>                    how answers are worded: ${DIALECTS.join(', ')}
  --webhook-url <url>                 told when a job is over; signed with SIMULATOR_WEBHOOK_SECRET
  --fault <name[=text]>               a fault of the catalogue, for prompts with this text in them, or for all; repeatable
  --chaos <share[=seed]>              so many of the creates (0 to 1) meet a fault by lot; 0.2=monday
  --list-faults                       print the catalogue, and do nothing else
  --faults <file.json>                {"faults": [...]}, as POST /_simulator/faults takes them
  --until-stdin-ends                  stop when the parent closes standard input or dies

Environment: SIMULATOR_API_KEY, the one key that is accepted (any, where it is not set);
SIMULATOR_WEBHOOK_SECRET (whsec_…).
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
  'no-poll-hint': { type: 'boolean' },
  'no-list': { type: 'boolean' },
  dialect: { type: 'string' },
  'webhook-url': { type: 'string' },
  faults: { type: 'string' },
  fault: { type: 'string', multiple: true },
  chaos: { type: 'string' },
  'list-faults': { type: 'boolean' },
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
  if (values['list-faults'] === true) {
    process.stdout.write(describeCatalogue());
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
    sendsPollHint: values['no-poll-hint'] !== true,
    listsJobs: values['no-list'] === true ? false : undefined,
    dialect: dialectOf(values.dialect),
    webhooks: webhooksTo(values['webhook-url']),
    faults: values.faults === undefined ? undefined : await readFaults(values.faults),
    namedFaults: values.fault?.map(namedFaultOf),
    chaos: values.chaos === undefined ? undefined : chaosOf(values.chaos),
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

function webhooksTo(url: string | undefined): SimulatorOptions['webhooks'] {
  if (url === undefined) return undefined;
  return { url, secret: process.env.SIMULATOR_WEBHOOK_SECRET ?? '' };
}

/** `stuck-queued=espresso`, or only the name. */
function namedFaultOf(text: string) {
  const [name, prompt] = parted(text);
  const known = faultName.safeParse(name);
  if (known.success) return { name: known.data, match: prompt === undefined ? {} : { prompt } };
  throw new BadInput({
    code: 'SIMULATOR_ARGUMENTS_INVALID',
    given: `--fault names '${name}'`,
    allowed: faultName.options.join(', '),
    fix: '--list-faults tells what each of them is',
  });
}

/** `0.2=monday`, or only the share. */
function chaosOf(text: string) {
  const [share, seed = 'chaos'] = parted(text);
  return { share: numberOf('chaos', share) ?? 0, seed };
}

function parted(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function describeCatalogue(): string {
  const width = Math.max(...faultName.options.map((name) => name.length));
  return faultName.options
    .map((name) => `${name.padEnd(width)}  ${FAULT_CATALOGUE[name].happens}\n`)
    .join('');
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
