import type { Database } from '../database/client.ts';
import { takenJobIds } from '../database/intent-search.ts';
import { type UnorderedFile, unorderedFiles } from '../database/lost-orders.ts';
import { idempotencyKeyOf, orderIdOf, restoreOrder } from '../database/order-records.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { type Pricing, priceOf } from '../domain/prices.ts';
import { formatSize } from '../domain/video.ts';
import type { ProviderJob } from '../providers/video-provider.ts';

/** A job in the provider's list that no order has. */
export interface UnknownJob {
  readonly id: string;
  readonly status: string;
  /** ISO 8601, where the provider tells it. */
  readonly createdAt: string | undefined;
  readonly model: string | undefined;
  readonly prompt: string | undefined;
  /** What the provider says that it charges; undefined where it does not. */
  readonly costMicroUsd: number | undefined;
  /** The one file that it can be, of a group that goes on: it is taken for that. */
  readonly adoptedFor:
    | { readonly group: string; readonly variant: string; readonly rendition: string }
    | undefined;
}

export interface UnknownJobsOptions {
  readonly jobs: readonly ProviderJob[];
  /** Jobs that have an order once what is only tried now is done. */
  readonly known: ReadonlySet<string>;
  readonly provider: string;
  readonly providerAccount: string;
  readonly pricing: Pricing;
  readonly jobTimeoutMinutes: number;
  readonly by: string;
  readonly isForGood: boolean;
}

/** The provider's clock and ours may differ by this, in milliseconds. */
const CLOCK_SKEW = 60_000;

/**
 * Jobs that no order has. One that was made of the very prompt, model and size of a file that nobody is known to have
 * ordered, and is the only such job for the only such file, is that file's: its order is written, so that it is
 * collected and not made again.
 */
export async function unknownJobs(
  database: Database,
  options: UnknownJobsOptions,
): Promise<readonly UnknownJob[]> {
  const ids = options.jobs.map(({ id }) => id);
  const taken = await takenJobIds(database, ids);
  const unknown = options.jobs.filter(({ id }) => !taken.has(id) && !options.known.has(id));
  if (unknown.length === 0) return [];
  const files: { file: UnorderedFile; order: VideoOrderRow }[] = [];
  for (const file of await unorderedFiles(database)) {
    files.push({ file, order: await orderOf(database, file.variantId, file.rendition) });
  }
  const canBe = (job: ProviderJob, { file, order }: (typeof files)[number]) =>
    job.prompt === order.prompt &&
    job.model === order.model &&
    job.size === formatSize(order) &&
    (job.createdAt === undefined || job.createdAt.getTime() >= file.plannedAt.getTime() - CLOCK_SKEW);
  const reports: UnknownJob[] = [];
  for (const job of unknown) {
    const [match, ...others] = files.filter((file) => canBe(job, file));
    const isSure =
      match !== undefined &&
      others.length === 0 &&
      unknown.filter((other) => canBe(other, match)).length === 1;
    if (isSure && options.isForGood) await adopt(database, job, match, options);
    reports.push({
      id: job.id,
      status: job.status,
      createdAt: job.createdAt?.toISOString(),
      model: job.model,
      prompt: job.prompt,
      costMicroUsd: job.cost,
      adoptedFor: isSure
        ? { group: match.file.group, variant: match.file.variant, rendition: match.file.rendition }
        : undefined,
    });
  }
  return reports;
}

async function adopt(
  database: Database,
  job: ProviderJob,
  { file, order }: { readonly file: UnorderedFile; readonly order: VideoOrderRow },
  options: UnknownJobsOptions,
): Promise<void> {
  const { groupId, variantId, rendition } = file;
  const key = { variantId, rendition, ordinal: 1 };
  const idempotencyKey = idempotencyKeyOf(key);
  const now = new Date();
  const orderedAt = (job.createdAt ?? now).toISOString();
  await database.$transaction((tx) =>
    restoreOrder(
      tx,
      groupId,
      {
        ...key,
        id: orderIdOf(idempotencyKey),
        idempotencyKey,
        provider: options.provider,
        providerAccount: options.providerAccount,
        state: 'accepted',
        jobStatus: 'submitted',
        providerJobId: job.id,
        orderedAt,
        submittedAt: orderedAt,
        jobDeadline: new Date(now.getTime() + options.jobTimeoutMinutes * 60_000).toISOString(),
        reservedMicroUsd: job.cost ?? priceOf(order, options.pricing),
      },
      options.by,
    ),
  );
}
