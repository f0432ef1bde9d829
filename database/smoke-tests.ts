import { randomUUID } from 'node:crypto';
import { PreconditionFailed } from '../domain/errors.ts';
import type { FinishedTest } from '../domain/generation-mode.ts';
import { fromUsd, type MicroUsd, usdDecimal } from '../domain/money.ts';
import { RESULTS, type Result } from '../domain/smoke-test.ts';
import type { VideoSpec } from '../domain/video.ts';
import type { Queries } from './client.ts';
import type { ProviderSmokeTest } from './generated/client.ts';
import { type SubmissionState, submissionState } from './intents.ts';
import { storable } from './json.ts';
import { findOrCreateUser } from './people.ts';
import type { VideoFile } from './stored-videos.ts';

/**
 * Smoke tests of the video API. A test's one paid request has its intent in the test's own row, with the states and the
 * promises that the orders of a group have: claimed once, sent once, found out about afterwards.
 */

export interface SmokeTest {
  readonly id: string;
  readonly provider: string;
  /** Where it was ordered: its job is known there and nowhere else. */
  readonly endpoint: string;
  readonly providerAccount: string;
  readonly video: VideoSpec;
  readonly prompt: string;
  readonly idempotencyKey: string;
  readonly state: SubmissionState;
  readonly claimedAt: Date | undefined;
  readonly submitDeadline: Date | undefined;
  readonly jobDeadline: Date | undefined;
  readonly heldReason: string | undefined;
  readonly providerJobId: string | undefined;
  /** When the provider took the job. */
  readonly submittedAt: Date | undefined;
  /** Undefined while it is under way, or held. */
  readonly result: Result | undefined;
  readonly reasons: readonly string[];
  readonly price: MicroUsd;
  readonly cost: MicroUsd | undefined;
  readonly file:
    | { readonly url: string; readonly sha256: string; readonly sizeBytes: number; readonly seconds: number }
    | undefined;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
}

export interface NewSmokeTest {
  readonly provider: string;
  readonly endpoint: string;
  readonly providerAccount: string;
  readonly video: VideoSpec;
  readonly prompt: string;
  readonly price: MicroUsd;
  readonly by: string;
}

/** @throws PreconditionFailed for a database that lacks the table */
export async function requireSmokeTests(queries: Queries): Promise<void> {
  const [row] = await queries.$queryRaw<{ exists: boolean }[]>`
    SELECT to_regclass('public.provider_smoke_tests') IS NOT NULL AS exists`;
  if (row?.exists === true) return;
  throw new PreconditionFailed({
    code: 'SCHEMA_OUTDATED',
    given: 'The database has no table for smoke tests',
    fix: 'run `screentest db migrate`',
  });
}

/** The account's test that has no result yet. */
export async function unfinishedSmokeTest(
  queries: Queries,
  providerAccount: string,
): Promise<SmokeTest | undefined> {
  const row = await queries.providerSmokeTest.findFirst({ where: { providerAccount, result: null } });
  return row === null ? undefined : asSmokeTest(row);
}

/** A new test; or the account's unfinished one, if somebody was quicker: an account has one at a time. */
export async function openSmokeTest(queries: Queries, test: NewSmokeTest): Promise<SmokeTest> {
  const { provider, endpoint, providerAccount, video, prompt, price } = test;
  const id = randomUUID();
  await queries.providerSmokeTest.createMany({
    data: [
      {
        id,
        provider,
        endpoint,
        providerAccount,
        ...video,
        prompt: storable(prompt),
        idempotencyKey: `screentest/smoke-test/${id}`,
        reservedUsd: usdDecimal(price),
        createdBy: await findOrCreateUser(queries, test.by),
      },
    ],
    skipDuplicates: true,
  });
  const opened = await unfinishedSmokeTest(queries, providerAccount);
  if (opened === undefined)
    throw new TypeError(`no unfinished smoke test of ${providerAccount} after one was opened`);
  return opened;
}

export async function smokeTestById(queries: Queries, id: string): Promise<SmokeTest> {
  return asSmokeTest(await queries.providerSmokeTest.findUniqueOrThrow({ where: { id } }));
}

/** The claimed test for the one caller that may send the order now, until `submitDeadline`; else undefined. */
export async function claimSmokeTest(
  queries: Queries,
  id: string,
  submitDeadline: Date,
): Promise<SmokeTest | undefined> {
  const { count } = await queries.providerSmokeTest.updateMany({
    where: { id, submissionState: 'reserved', result: null },
    data: { submissionState: 'claimed', claimedAt: new Date(), submitDeadline },
  });
  return count === 1 ? smokeTestById(queries, id) : undefined;
}

/** The order was certainly not taken: it may be sent later. */
export async function returnSmokeTest(queries: Queries, id: string): Promise<void> {
  await queries.providerSmokeTest.updateMany({
    where: { id, submissionState: { in: ['claimed', 'held'] }, result: null },
    data: { submissionState: 'reserved', claimedAt: null, submitDeadline: null, heldReason: null },
  });
}

/** The provider's job id, the moment it is known; and what it says that the job costs, where it does already. */
export async function acceptSmokeTest(
  queries: Queries,
  id: string,
  job: { readonly id: string; readonly cost: MicroUsd | undefined },
  jobTimeoutMinutes: number,
): Promise<void> {
  const now = new Date();
  await queries.providerSmokeTest.updateMany({
    where: { id, submissionState: { in: ['claimed', 'held'] }, result: null },
    data: {
      submissionState: 'accepted',
      providerJobId: job.id,
      ...(job.cost !== undefined && { costUsd: usdDecimal(job.cost) }),
      jobSubmittedAt: now,
      jobDeadline: new Date(now.getTime() + jobTimeoutMinutes * 60_000),
      heldReason: null,
    },
  });
}

/** Nobody knows whether the provider made the job. */
export async function holdSmokeTest(queries: Queries, id: string, reason: string): Promise<void> {
  await queries.providerSmokeTest.updateMany({
    where: { id, submissionState: 'claimed', result: null },
    data: { submissionState: 'held', heldReason: storable(reason) },
  });
}

export interface SmokeTestEnding {
  readonly result: Result;
  readonly reasons: readonly string[];
  readonly cost: MicroUsd;
  /** Where the request stands when that changes: it was not taken. */
  readonly state?: 'refused' | 'expired';
  readonly file?: VideoFile;
}

/** Written once: a test that has its result keeps it. */
export async function finishSmokeTest(
  queries: Queries,
  id: string,
  { result, reasons, cost, state, file }: SmokeTestEnding,
): Promise<void> {
  await queries.providerSmokeTest.updateMany({
    where: {
      id,
      result: null,
      // A job that was accepted after all is no order that was not taken.
      ...(state !== undefined && { submissionState: { in: ['reserved', 'claimed', 'held'] } }),
    },
    data: {
      result,
      reasons: reasons.map(storable),
      costUsd: usdDecimal(cost),
      finishedAt: new Date(),
      ...(state !== undefined && { submissionState: state }),
      ...(file !== undefined && {
        videoUrl: file.url,
        sha256: file.sha256,
        sizeBytes: BigInt(file.sizeBytes),
        durationSeconds: file.durationSeconds.toFixed(3),
      }),
    },
  });
}

/** The newest first. */
export async function smokeTests(queries: Queries, limit: number): Promise<readonly SmokeTest[]> {
  const rows = await queries.providerSmokeTest.findMany({
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(asSmokeTest);
}

/** The newest test of an account that has its result. */
export async function newestResult(
  queries: Queries,
  providerAccount: string,
): Promise<FinishedTest | undefined> {
  const row = await queries.providerSmokeTest.findFirst({
    where: { providerAccount, result: { not: null } },
    orderBy: { createdAt: 'desc' },
  });
  if (row === null) return undefined;
  const { provider, video, result, reasons, finishedAt } = asSmokeTest(row);
  if (result === undefined || finishedAt === undefined)
    throw new TypeError(`a result without a time: ${row.id}`);
  return { provider, model: video.model, result, reasons, finishedAt };
}

/** Which of these provider job ids belong to a smoke test. */
export async function smokeTestJobIds(
  queries: Queries,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await queries.providerSmokeTest.findMany({
    where: { providerJobId: { in: [...ids] } },
    select: { providerJobId: true },
  });
  return new Set(rows.flatMap(({ providerJobId }) => (providerJobId === null ? [] : [providerJobId])));
}

function asSmokeTest(row: ProviderSmokeTest): SmokeTest {
  const { model, seconds, width, height } = row;
  return {
    id: row.id,
    provider: row.provider,
    endpoint: row.endpoint,
    providerAccount: row.providerAccount,
    video: { model, seconds, width, height },
    prompt: row.prompt,
    idempotencyKey: row.idempotencyKey,
    state: submissionState(row.submissionState),
    claimedAt: row.claimedAt ?? undefined,
    submitDeadline: row.submitDeadline ?? undefined,
    jobDeadline: row.jobDeadline ?? undefined,
    heldReason: row.heldReason ?? undefined,
    providerJobId: row.providerJobId ?? undefined,
    submittedAt: row.jobSubmittedAt ?? undefined,
    result: RESULTS.find((known) => known === row.result),
    reasons: row.reasons,
    price: fromUsd(Number(row.reservedUsd)),
    cost: row.costUsd === null ? undefined : fromUsd(Number(row.costUsd)),
    file:
      row.videoUrl === null || row.sha256 === null
        ? undefined
        : {
            url: row.videoUrl,
            sha256: row.sha256,
            sizeBytes: Number(row.sizeBytes),
            seconds: Number(row.durationSeconds),
          },
    startedAt: row.createdAt,
    finishedAt: row.finishedAt ?? undefined,
  };
}
