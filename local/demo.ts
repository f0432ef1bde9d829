import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Listr } from 'listr2';
import type { GroupStatusReport } from '../client/group-status.ts';
import type { ImportReport } from '../client/import-metrics.ts';
import { withScreentestClient } from '../client/open.ts';
import type { ScreentestClient, StartedGroup } from '../client/screentest-client.ts';
import { changesOf } from '../client/watch-group.ts';
import type { Brief } from '../domain/brief.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import { formatUsd } from '../domain/money.ts';
import { PUBLISHED_PRICES, pricingOf } from '../domain/prices.ts';
import { audienceFor, toLongCsv } from '../simulator/audience.ts';
import { runSmokeTest, type SmokeTestReport } from '../smoke-test/run.ts';
import { openDataFolder } from './data-folder.ts';
import { type Stack, type StackOptions, type StackPorts, startStack } from './stack.ts';

export interface DemoOptions {
  readonly brief: Brief;
  readonly environment: NodeJS.ProcessEnv;
  readonly ports: StackPorts;
  /** How the video API is to fail; none where it is left out. */
  readonly faults?: readonly string[];
  /** Left out, nothing is backed up. */
  readonly backups?: StackOptions['backups'];
  /** Aborts when the person wants to stop; everything that was started is stopped before the demo returns. */
  readonly signal: AbortSignal;
  /** Called with everything running and the group completed. Only when it returns are the servers stopped. */
  readonly whenDone: (result: DemoResult) => Promise<void>;
}

export interface DemoResult {
  readonly stack: Stack;
  readonly dataFolder: string;
  readonly workflowId: string;
  readonly report: GroupStatusReport;
  readonly metricsFile: string;
  /** The audience's true conversion rates, by variant: what the standings should come close to. */
  readonly truth: Readonly<Record<string, number>>;
}

/** Days of numbers that the audience answers with. */
const DAYS = 14;
/** So long ago that no platform would restate them: younger days do not enter a test. */
const ENDED_DAYS_AGO = 8;
const DAY_MS = 86_400_000;
/** Enough that a true lead of a quarter shows within the days. */
const IMPRESSIONS_A_DAY = 2000;
/** Short enough to watch, long enough to see them progress. */
const RENDER = { baseSeconds: 3, perVideoSecond: 0.5 };

/** What the story may still take once it was told to stop, in milliseconds. */
const LAST_WORDS_MS = 2000;

interface Progress {
  stack?: Stack;
  smokeTest?: SmokeTestReport;
  started?: StartedGroup;
  testing?: GroupStatusReport;
  metricsFile?: string;
  truth?: Readonly<Record<string, number>>;
  imported?: ImportReport;
  ended?: GroupStatusReport;
}

/** The whole story on one machine, with an audience whose taste is known. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { environment, ports, faults = [], backups, signal } = options;
  const folder = await openDataFolder(environment);
  const stops: (() => Promise<void>)[] = [folder.release];
  let starting: Promise<unknown> = Promise.resolve();
  try {
    const start = new Listr<Progress>(
      [
        {
          title: 'start PostgreSQL, Temporal, a simulated video API and a worker',
          task: async (progress, task) => {
            progress.stack = await startStack({
              folder,
              environment,
              ports,
              render: RENDER,
              ...(backups && { backups }),
              faults,
              log: (line) => {
                task.output = line;
              },
              signal,
              onStarted: (stop) => stops.push(stop),
            });
          },
        },
      ],
      LIST_OPTIONS,
    );
    const progress = await beforeAbort(signal, () => {
      const started = start.run({});
      starting = started;
      return started;
    });
    const stack = required(progress.stack);
    await withScreentestClient(stack.environment, async (client) => {
      let telling: Promise<unknown> = Promise.resolve();
      try {
        await beforeAbort(signal, () => {
          telling = storyOf(client, options, folder.path, stack).run(progress);
          return telling;
        });
      } finally {
        // Whatever it just asks is answered before its connections are closed under it.
        await Promise.race([telling.catch(() => undefined), delay(LAST_WORDS_MS, undefined, { ref: false })]);
      }
    });
    await options.whenDone({
      stack,
      dataFolder: folder.path,
      workflowId: required(progress.started).workflowId,
      report: required(progress.ended),
      metricsFile: required(progress.metricsFile),
      truth: required(progress.truth),
    });
  } finally {
    // A part that is still starting is to be stopped too.
    await starting.catch(() => undefined);
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Progress in place on a terminal, plain lines elsewhere. */
const LIST_OPTIONS = {
  registerSignalListeners: false,
  fallbackRenderer: 'simple',
  rendererOptions: { collapseSubtasks: false, showErrorMessage: false },
} as const;

function storyOf(
  client: ScreentestClient,
  { brief, signal }: DemoOptions,
  folder: string,
  { environment, person: by }: Stack,
): Listr<Progress> {
  return new Listr<Progress>(
    [
      {
        title: 'smoke test of the video API',
        task: async (progress, task) => {
          progress.smokeTest = await smokeTestOf(environment, by, signal, (line) => {
            task.output = line;
          });
          const { result, cost, reasons } = progress.smokeTest.test;
          if (result !== 'PASS') throw smokeTestFailed(reasons);
          task.title = `smoke test of the video API: ${result}, ${formatUsd(required(cost))}`;
        },
      },
      {
        title: `start the group "${brief.name}"`,
        task: async (progress, task) => {
          progress.started = await client.start(brief, {
            by,
            createVenture: true,
            providerAccount: 'default',
            pricing: pricingOf('openai-compatible', PUBLISHED_PRICES),
          });
          task.title = `started the group "${brief.name}", ${progress.started.groupId}`;
        },
      },
      {
        title: 'plan the variants and make their videos',
        task: async (progress, task) => {
          progress.testing = await untilTesting(client, required(progress.started), signal, (line) => {
            task.output = line;
          });
          const { variants } = progress.testing.group;
          const made = variants.filter(({ videoUrl }) => videoUrl !== undefined).length;
          task.title =
            made === variants.length
              ? `${made} variants, each with its video`
              : `${made} of ${variants.length} variants have their video`;
        },
      },
      {
        title: 'let the simulated audience watch',
        task: async (progress, task) => {
          const { group } = required(progress.testing);
          const shown = group.variants.filter(({ videoUrl }) => videoUrl !== undefined);
          const audience = audienceFor({
            variants: shown.map(({ name }) => ({ name })),
            platforms: [...brief.platforms],
            days: DAYS,
            startDay: new Date(Date.now() - (ENDED_DAYS_AGO + DAYS - 1) * DAY_MS).toISOString().slice(0, 10),
            seed: brief.name,
            impressionsPerDay: IMPRESSIONS_A_DAY,
          });
          progress.truth = audience.truth;
          progress.metricsFile = join(folder, `metrics-${group.id}.csv`);
          await writeFile(progress.metricsFile, toLongCsv(audience.rows));
          progress.imported = await client.importMetrics({
            groupId: group.id,
            fileName: `metrics-${group.id}.csv`,
            csv: toLongCsv(audience.rows),
            by,
            skipBad: false,
          });
          task.title = `${DAYS} days of platform numbers imported: ${progress.imported.inserted} rows`;
        },
      },
      {
        title: 'declare the winner',
        task: async (progress, task) => {
          const { groupId } = required(progress.started);
          const variant = leaderOf(required(progress.imported));
          await client.signalWinner(groupId, { variant, by, reason: 'it leads in the demo' });
          await client.result(groupId);
          progress.ended = await client.status(groupId);
          task.title = `declared ${variant} the winner, by the signal declareWinner`;
        },
      },
    ],
    LIST_OPTIONS,
  );
}

/** The simulated video API is a new one each time: what an earlier demo has left unfinished is gone with its own. */
function smokeTestOf(
  environment: NodeJS.ProcessEnv,
  by: string,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<SmokeTestReport> {
  return runSmokeTest(environment, {
    seconds: 1,
    by,
    acceptsPossibleCharge: true,
    confirm: async () => {},
    tell,
    signal,
  });
}

async function untilTesting(
  client: ScreentestClient,
  { groupId }: StartedGroup,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<GroupStatusReport> {
  // The row is there once a worker has planned it.
  while (!(await client.exists(groupId))) await delay(100, undefined, { signal });
  for await (const { status, text } of changesOf(client, groupId, signal)) {
    tell(text);
    if (status !== 'planning' && status !== 'generating') break;
  }
  const report = await client.status(groupId);
  if (report.group.status === 'testing') return report;
  throw new PreconditionFailed({
    code: 'DEMO_NOT_TESTING',
    given: `The group is ${report.group.status} (${report.group.outcome ?? 'not over'})`,
    fix: 'see the logs in the data folder',
  });
}

function smokeTestFailed(reasons: readonly string[]): PreconditionFailed {
  return new PreconditionFailed({
    code: 'DEMO_SMOKE_TEST',
    given: `The simulated video API failed its smoke test: ${reasons.join('; ')}`,
    fix: 'see the logs in the data folder',
  });
}

/** Who stands best, whatever the verdict. */
function leaderOf({ standings }: ImportReport): string {
  const compared = standings?.verdict.evidence.arms.filter(({ expectedLoss }) => expectedLoss !== null) ?? [];
  const [leader] = compared.toSorted((one, other) => (one.expectedLoss ?? 0) - (other.expectedLoss ?? 0));
  if (leader !== undefined) return leader.name;
  throw new PreconditionFailed({
    code: 'DEMO_NO_LEADER',
    given: `The numbers name no leader: ${standings?.sentence ?? 'there are none'}`,
  });
}

function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a step of the demo left nothing behind');
  return value;
}

/** What was asked for, or the signal's reason as soon as it aborts; not even begun when it has already. */
async function beforeAbort<Value>(signal: AbortSignal, begin: () => Promise<Value>): Promise<Value> {
  signal.throwIfAborted();
  const { promise, stop } = aborted(signal);
  try {
    return await Promise.race([begin(), promise]);
  } finally {
    stop();
  }
}

function aborted(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let listener = () => {};
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(signal.reason);
    signal.addEventListener('abort', listener);
  });
  return { promise, stop: () => signal.removeEventListener('abort', listener) };
}
