import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { toolsDirectory } from '../local/data-folder.ts';
import { startPostgres } from '../local/postgres.ts';
import { findTemporalCli } from '../local/temporal-cli.ts';
import { QUEUE_LIMIT_SPANS_SECONDS } from '../worker/workers.ts';
import { declareWinnerSignal, workflowIdOf } from '../workflows/messages.ts';
import { keep, rounded } from './results.ts';
import {
  memoryMb,
  PRODUCT_WORKER,
  type Servers,
  type System,
  type SystemOptions,
  withSystem,
} from './system.ts';

const HELP = `How much of a video API's published rate is used, how often it refuses, who has to wait for whom.

  npm run bench:rate -- [options]

  --per-minute <n>     the published limit of creates a minute, 375
  --variants <n>       started at once, in groups of 50; 1000
  --only <pattern>     only measurements whose name matches this expression; the file keeps the others
  --out <file.json>    where the figures are written; bench/results/rate.json
  --help
`;

const { values } = parseArgs({
  options: {
    'per-minute': { type: 'string', default: '375' },
    variants: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench/results/rate.json' },
    help: { type: 'boolean', default: false },
  },
});

const PUBLISHED = Number(values['per-minute']);
const VARIANTS = Number(values.variants);
const IN_A_GROUP = 50;
/** Twice the time that the variants take at the published rate, and a minute. */
const GIVEN_UP_AFTER_MS = (2 * (VARIANTS / PUBLISHED) + 1) * 60_000;

const LIMITED = ['--render-base-seconds', '3', '--creates-per-minute', String(PUBLISHED)];
/** Polled as seldom as the worker itself thinks right. */
const NEVER_DONE = ['--render-base-seconds', '36000', '--no-poll-hint'];

/** What `--queue-per-minute` must be for the queue to hand out this share of the published rate. */
function queueAt(share: number): readonly string[] {
  return ['--queue-per-minute', String((PUBLISHED * share * QUEUE_LIMIT_SPANS_SECONDS) / 60)];
}
const PACER = ['--pacer-per-minute', String(PUBLISHED)];
const AS_CONFIGURED = { VIDEO_API_SUBMITS_PER_MINUTE: String(PUBLISHED) };

type Measurement = (servers: Servers) => Promise<Readonly<Record<string, unknown>>>;

const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  "rate: Temporal's limit alone, at 100%": rateOf([['bench/worker.js', ...queueAt(1)]]),
  "rate: Temporal's limit alone, at 97%": rateOf([['bench/worker.js', ...queueAt(0.97)]]),
  "rate: Temporal's limit alone, at 97%, two workers": rateOf([
    ['bench/worker.js', ...queueAt(0.97)],
    ['bench/worker.js', ...queueAt(0.97)],
  ]),
  'rate: the pacer alone': rateOf([['bench/worker.js', ...PACER]]),
  'rate: the pacer alone, two workers': rateOf([
    ['bench/worker.js', ...PACER],
    ['bench/worker.js', ...PACER],
  ]),
  'rate: as the product does it': rateOf([PRODUCT_WORKER]),
  'rate: as the product does it, two workers': rateOf([PRODUCT_WORKER, PRODUCT_WORKER]),
  'rate: as the product does it, told twice the true limit': rateOf([PRODUCT_WORKER], {
    environment: { VIDEO_API_SUBMITS_PER_MINUTE: String(PUBLISHED * 2) },
  }),
  'rate: as the product does it, four partitions': rateOf([PRODUCT_WORKER], {
    dynamicConfig: { 'matching.numTaskqueueReadPartitions': 4, 'matching.numTaskqueueWritePartitions': 4 },
  }),
  'fairness: as the servers are started': smallBehindLarge(),
  'fairness: a server without the setting': smallBehindLarge({ 'matching.enableFairness': false }),
  'quick activities: beside 500 open jobs and 200 orders in the queue': quickBesideLong,
};

/** All variants at once, and how the provider saw them come. */
function rateOf(
  workers: readonly (readonly string[])[],
  otherwise: Pick<SystemOptions, 'environment' | 'dynamicConfig'> = {},
): Measurement {
  const options = { simulator: LIMITED, workers, environment: AS_CONFIGURED, ...otherwise };
  return (servers) =>
    withSystem(servers, options, async (system) => {
      const startedAt = Date.now();
      await startMany(system, VARIANTS);
      const ledger = await untilJobs(system, VARIANTS);
      const times = ledger.jobs.map(({ createdAtMs }) => createdAtMs);
      const [first = startedAt, last = startedAt] = [Math.min(...times), Math.max(...times)];
      return {
        workers: workers.length,
        variants: times.length,
        publishedPerMinute: PUBLISHED,
        usedShare: rounded((times.length - 1) / ((last - first) / 60_000) / PUBLISHED, 4),
        refusedShare: rounded(1 - ledger.jobsCreated / ledger.postsReceived, 4),
        refused: ledger.postsReceived - ledger.jobsCreated,
        mostInAMinute: mostWithin(times, 60_000),
        mostInASecond: mostWithin(times, 1000),
        secondsFromStart: rounded((last - startedAt) / 1000, 1),
      };
    });
}

const SMALL = { venture: 'Lumen Lamps', product: 'a reading lamp' };
const SMALL_VARIANTS = 10;
const LARGE_VARIANTS = 500;

/** How long the ten orders of one venture take that come after another's five hundred. */
function smallBehindLarge(dynamicConfig: SystemOptions['dynamicConfig'] = {}): Measurement {
  return (servers) =>
    withSystem(
      servers,
      {
        simulator: LIMITED,
        workers: [PRODUCT_WORKER],
        environment: AS_CONFIGURED,
        dynamicConfig,
      },
      async (system) => {
        await startMany(system, LARGE_VARIANTS);
        await untilJobs(system, SMALL_VARIANTS);
        const startedAt = Date.now();
        await system.start(SMALL_VARIANTS, SMALL);
        const isSmall = ({ prompt }: { prompt: string }) => prompt.includes(SMALL.product);
        const ofSmall = async () => (await system.ledger()).jobs.filter(isSmall);
        await until(async () => (await ofSmall()).length >= SMALL_VARIANTS);
        const times = (await ofSmall()).map(({ createdAtMs }) => createdAtMs);
        const last = Math.max(...times);
        const ofBoth = (await system.ledger()).jobs.filter(
          ({ createdAtMs }) => createdAtMs > startedAt && createdAtMs <= last,
        );
        return {
          secondsToFirst: rounded((Math.min(...times) - startedAt) / 1000, 1),
          secondsToLast: rounded((last - startedAt) / 1000, 1),
          ordersOfTheLargeVentureMeanwhile: ofBoth.length - SMALL_VARIANTS,
        };
      },
    );
}

const OPEN_JOBS = 500;
const QUEUED_ORDERS = 200;
/** As many as one group records. */
const PROBES = 100;
const PROBE_EVERY_MS = 100;

/** A refused message is recorded by a quick activity: how long that takes with nothing else to do, and beside much. */
function quickBesideLong(servers: Servers): ReturnType<Measurement> {
  const simulator = [...NEVER_DONE, '--max-running', String(OPEN_JOBS)];
  const environment = { VIDEO_API_SUBMITS_PER_MINUTE: '6000' };
  return withSystem(servers, { simulator, workers: [PRODUCT_WORKER], environment }, async (system) => {
    const [worker] = system.workers;
    const memory = async () => (worker === undefined ? undefined : await memoryMb(worker.pid));
    const [first, second] = [await system.start(2), await system.start(2)];
    await untilJobs(system, 4);
    const alone = { ...(await probe(system, first)), workerMb: await memory() };
    await startMany(system, OPEN_JOBS + QUEUED_ORDERS);
    await untilJobs(system, OPEN_JOBS);
    await delay(5000);
    const beside = { ...(await probe(system, second)), workerMb: await memory() };
    return { openJobs: OPEN_JOBS, queuedOrders: QUEUED_ORDERS, alone, beside };
  });
}

interface Latencies {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly mostMs: number;
}

/** From the moment the activity is scheduled until the server has its result, by the history's own clock. */
async function probe(system: System, group: Parameters<typeof workflowIdOf>[0]): Promise<Latencies> {
  const handle = system.temporal.workflow.getHandle(workflowIdOf(group));
  const { historyLength: before } = await handle.describe();
  for (let sent = 0; sent < PROBES; sent++) {
    await handle.signal(declareWinnerSignal, { variant: 'nobody', by: 'bench@example.com' });
    await delay(PROBE_EVERY_MS);
  }
  await delay(5000);
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduledAt = new Map<string, number>();
  const latencies: number[] = [];
  for (const event of events.slice(before)) {
    const at = Number(event.eventTime?.seconds ?? 0) * 1000 + Number(event.eventTime?.nanos ?? 0) / 1_000_000;
    if (event.activityTaskScheduledEventAttributes != null) scheduledAt.set(String(event.eventId), at);
    const ended = event.activityTaskCompletedEventAttributes;
    const begun = ended == null ? undefined : scheduledAt.get(String(ended.scheduledEventId));
    if (begun !== undefined) latencies.push(at - begun);
  }
  if (latencies.length < PROBES * 0.9) throw new Error(`only ${latencies.length} of ${PROBES} probes ended`);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => rounded(latencies[Math.floor((latencies.length - 1) * share)] ?? 0, 1);
  return { p50Ms: at(0.5), p95Ms: at(0.95), mostMs: at(1) };
}

async function startMany(system: System, variants: number): Promise<void> {
  const starts: Promise<unknown>[] = [];
  for (let left = variants; left > 0; left -= IN_A_GROUP) {
    starts.push(system.start(Math.min(left, IN_A_GROUP)));
  }
  await Promise.all(starts);
}

async function untilJobs(system: System, wanted: number): ReturnType<System['ledger']> {
  let ledger = await system.ledger();
  await until(async () => {
    ledger = await system.ledger();
    return ledger.jobsCreated >= wanted;
  });
  return ledger;
}

/** The whole ledger is sent each time. */
const LOOK_EVERY_MS = 2000;

/** @throws once it has taken far longer than it can */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + GIVEN_UP_AFTER_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not so within ${GIVEN_UP_AFTER_MS / 1000} s`);
    await delay(LOOK_EVERY_MS);
  }
}

/** The largest number of these instants in any half-open span of so many milliseconds. */
function mostWithin(times: readonly number[], spanMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [index, time] of sorted.entries()) {
    while ((sorted[from] ?? time) <= time - spanMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'screentest-bench-'));
  // As root, PostgreSQL's own user must get through.
  await chmod(folder, 0o711);
  const postgres = await startPostgres({ dataDirectory: join(folder, 'postgres'), onUnexpectedExit: say });
  try {
    const temporalCli = await findTemporalCli({ cacheDirectory: await toolsDirectory(), env: process.env });
    const servers: Servers = { postgresUrl: postgres.url, temporalCli, folder };
    for (const [name, measure] of Object.entries(MEASUREMENTS)) {
      if (!new RegExp(values.only).test(name)) continue;
      say(name);
      const figures = await measure(servers);
      say(`  ${JSON.stringify(figures)}`);
      await keep(values.out, name, figures);
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
