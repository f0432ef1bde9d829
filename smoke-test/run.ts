import { readWorkerSettings, type WorkerSettings } from '../config/environment.ts';
import { readPrices } from '../config/prices.ts';
import { checkDatabase, createDatabase, type Database } from '../database/client.ts';
import {
  finishSmokeTest,
  type NewSmokeTest,
  openSmokeTest,
  requireSmokeTests,
  type SmokeTest,
  unfinishedSmokeTest,
} from '../database/smoke-tests.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import { formatUsd, type MicroUsd, microUsd } from '../domain/money.ts';
import { type Pricing, priceOf, pricingOf } from '../domain/prices.ts';
import { SMOKE_TEST_PROMPT, type SmokeTestChoice, smallestVideo } from '../domain/smoke-test.ts';
import { formatSize, type VideoSpec } from '../domain/video.ts';
import { migrate } from '../prisma/migrator.ts';
import { chooseProvider } from '../providers/choose-provider.ts';
import { createJobPoller } from '../providers/job-poller.ts';
import { chooseStore } from '../storage/choose-store.ts';
import { goOnWith, SMOKE_TEST_TIMING } from './smoke-test.ts';

export interface SmokeTestRequest extends SmokeTestChoice {
  readonly prompt?: string | undefined;
  /** E-mail address of who pays. */
  readonly by: string;
  /** An earlier test of unknown outcome counts as failed and charged, and a new one is made. */
  readonly acceptsPossibleCharge: boolean;
  /** Asked before anything that costs money. @throws when the answer is no */
  readonly confirm: (question: string) => Promise<void>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface SmokeTestReport {
  readonly test: SmokeTest;
  /** Migrations that the PASS opened and that were applied now. */
  readonly applied: readonly string[];
}

/**
 * One smoke test of the configured video API, or the rest of one that was killed half-way: never a second job for it.
 * It runs here and not in a worker: it comes before there is one, and its row remembers what a workflow would.
 * @throws BadInput for settings or a video without a price; PreconditionFailed for an old schema
 */
export async function runSmokeTest(
  environment: NodeJS.ProcessEnv,
  request: SmokeTestRequest,
): Promise<SmokeTestReport> {
  const settings = readWorkerSettings(environment);
  refuseWithoutVideoApi(settings);
  const database = createDatabase(settings.DATABASE_URL);
  try {
    await checkDatabase(database, settings.DATABASE_URL);
    await requireSmokeTests(database);
    const provider = await chooseProvider(settings);
    const account = {
      provider: provider.name,
      endpoint: endpointOf(settings),
      providerAccount: settings.VIDEO_API_ACCOUNT,
      pricing: pricingOf(provider.name, await readPrices(settings)),
    };
    const opened = await unfinishedOrNew(database, account, request);
    const test = await goOnWith(
      {
        database,
        provider,
        poller: createJobPoller(provider),
        store: await chooseStore(settings),
        jobTimeoutMinutes: settings.VIDEO_JOB_TIMEOUT_MINUTES,
        timing: SMOKE_TEST_TIMING,
        tell: request.tell,
        signal: request.signal,
      },
      opened,
    );
    if (test.result !== 'PASS') return { test, applied: [] };
    // Should that fail, the PASS is on record all the same, and `db migrate` does the rest.
    request.tell('PASS is on record; applying what it opens, as `screentest db migrate` does');
    return { test, ...(await migrate({ connectionString: settings.DATABASE_URL, log: request.tell })) };
  } finally {
    await database.$disconnect();
  }
}

function refuseWithoutVideoApi({ VIDEO_PROVIDER }: WorkerSettings): void {
  if (VIDEO_PROVIDER !== 'manual') return;
  throw new PreconditionFailed({
    code: 'NO_VIDEO_API',
    given: 'There is no video API to test: VIDEO_PROVIDER is manual',
    fix: 'set VIDEO_PROVIDER and what it needs; docs/providers.md tells how',
  });
}

/** What pays, and where. */
type Account = Pick<NewSmokeTest, 'provider' | 'endpoint' | 'providerAccount'> & {
  readonly pricing: Pricing;
};

/** Without what a person may have put before the host. */
function endpointOf({ VIDEO_API_BASE_URL: address, VIDEO_PROVIDER }: WorkerSettings): string {
  if (address === undefined) return VIDEO_PROVIDER;
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

async function unfinishedOrNew(
  database: Database,
  account: Account,
  request: SmokeTestRequest,
): Promise<SmokeTest> {
  const left = await unfinishedSmokeTest(database, account.providerAccount);
  if (left === undefined) return open(database, account, request);
  const isElsewhere = left.endpoint !== account.endpoint;
  const wasSent = left.state !== 'reserved';
  if ((isElsewhere || left.state === 'held') && (request.acceptsPossibleCharge || !wasSent)) {
    await finishSmokeTest(database, left.id, {
      result: 'FAIL',
      reasons: [
        wasSent
          ? `What became of its order at ${left.endpoint} is not known; ${request.by} counts it as charged`
          : `It was never sent to ${left.endpoint}`,
      ],
      cost: wasSent ? left.price : microUsd(0),
    });
    return open(database, account, request);
  }
  if (isElsewhere) throw orderedElsewhere(left);
  request.tell(`going on with the test that was begun at ${left.startedAt.toISOString()}, as it was ordered`);
  // Nothing was sent for it, and perhaps nobody has said yes.
  if (!wasSent) await request.confirm(question(left.video, left.price));
  return left;
}

function orderedElsewhere({ endpoint, startedAt }: SmokeTest): PreconditionFailed {
  return new PreconditionFailed({
    code: 'SMOKE_TEST_ELSEWHERE',
    given: `The test that was begun at ${startedAt.toISOString()} was ordered at ${endpoint}, and has no result yet`,
    fix: 'set VIDEO_API_BASE_URL back to that address and run this again; or add --accept-possible-charge, which counts it as charged and makes a new one',
  });
}

async function open(database: Database, account: Account, request: SmokeTestRequest): Promise<SmokeTest> {
  const { provider, endpoint, providerAccount, pricing } = account;
  const video = smallestVideo(request, pricing);
  const price = priceOf(video, pricing);
  await request.confirm(question(video, price));
  const prompt = request.prompt ?? SMOKE_TEST_PROMPT;
  const asked = { provider, endpoint, providerAccount, video, prompt, price, by: request.by };
  return openSmokeTest(database, asked);
}

function question(video: VideoSpec, price: MicroUsd): string {
  return `One video of ${video.seconds} s by ${video.model} at ${formatSize(video)} costs ${formatUsd(price)}. Make it?`;
}
