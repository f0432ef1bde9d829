import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { settleHeld } from '../database/intent-endings.ts';
import { heldIntent, intentOfJob, jobOwner, takenJobIds } from '../database/intent-search.ts';
import { adoptIntent } from '../database/intents.ts';
import { type OrderRecord, orderRecord } from '../database/order-records.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { NotFound, PreconditionFailed, Unavailable } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { formatSize } from '../domain/video.ts';
import type { ProviderJob, VideoProvider } from '../providers/video-provider.ts';
import { spendOfVariant, type VariantSpend } from './variant-spend.ts';

export interface HeldOrderInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** Which of the variant's files; may be left out where only one is held. */
  readonly rendition?: string | undefined;
  readonly by: string;
}

export interface AdoptJobInput extends HeldOrderInput {
  /** As the provider names it. */
  readonly providerJobId: string;
}

export interface SettleHeldInput extends HeldOrderInput {
  readonly wasCharged: boolean;
}

/** For the history too, which outlives the row where the database is lost. */
export interface SettledOrder extends VariantSpend {
  readonly order: OrderRecord | undefined;
}

export interface HeldOrderDependencies {
  readonly database: Database;
  readonly provider: VideoProvider;
  readonly jobTimeoutMinutes: number;
}

export type HeldOrderActivities = ReturnType<typeof createHeldOrderActivities>;

/** What a person says of an order whose outcome nobody knew. */
export function createHeldOrderActivities({ database, provider, jobTimeoutMinutes }: HeldOrderDependencies) {
  /**
   * The provider's job is this order's after all: it is waited for, and nothing is ordered anew.
   * @throws NotFound for a job that the provider does not know; PreconditionFailed for one that belongs to another
   *   order, or was made of another one
   */
  async function adoptJob(input: AdoptJobInput): Promise<SettledOrder> {
    // Done by an earlier attempt, whose answer was lost.
    const isDone = (await jobOwner(database, input.providerJobId)) === input.variantId;
    if (!isDone) await adopt(input);
    const id = await intentOfJob(database, input.providerJobId);
    return {
      order: id === undefined ? undefined : await orderRecord(database, id),
      ...(await spendOfVariant(database, input.groupId, input.variantId)),
    };
  }

  async function adopt({ variantId, rendition, providerJobId, by }: AdoptJobInput): Promise<void> {
    const intent = await heldIntent(database, variantId, rendition);
    await refuseTakenJob(providerJobId);
    const order = await orderOf(database, variantId, intent.rendition);
    refuseOtherOrder(await jobNamed(providerJobId), order);
    await adoptIntent(database, intent.id, { providerJobId, jobTimeoutMinutes, by });
  }

  /** Whether it was charged, as the provider's bill says; the variant may be ordered anew then. */
  async function settleHeldOrder(input: SettleHeldInput): Promise<SettledOrder> {
    const { groupId, variantId, rendition, wasCharged, by } = input;
    const intent = await heldIntent(database, variantId, rendition);
    await settleHeld(database, intent.id, { wasCharged, by });
    return {
      order: await orderRecord(database, intent.id),
      ...(await spendOfVariant(database, groupId, variantId)),
    };
  }

  async function refuseTakenJob(providerJobId: string): Promise<void> {
    if (!(await takenJobIds(database, [providerJobId])).has(providerJobId)) return;
    throw new PreconditionFailed({
      code: 'JOB_TAKEN',
      given: `The job ${providerJobId} belongs to another order`,
      fix: "look in the provider's list for a job that no order of `screentest jobs list --all` has",
    });
  }

  async function jobNamed(providerJobId: string): Promise<ProviderJob> {
    const statuses = await provider.status([providerJobId], Context.current().cancellationSignal);
    const job = statuses.get(providerJobId);
    if (job === 'gone') {
      throw new NotFound({
        code: 'JOB_UNKNOWN',
        given: `The video API knows no job ${providerJobId}`,
        fix: "give the job's id as the provider's own list shows it",
      });
    }
    if (job !== undefined) return job;
    throw new Unavailable({
      code: 'JOB_NOT_ANSWERED',
      given: `The video API did not say what ${providerJobId} is`,
    });
  }

  return { adoptJob, settleHeldOrder };
}

/** What the provider tells of a job must be what was ordered; what it does not tell is the person's word. */
function refuseOtherOrder(job: ProviderJob, order: VideoOrderRow): void {
  const differences = [
    ...different('prompt', job.prompt, order.prompt),
    ...different('model', job.model, order.model),
    ...different('size', job.size, formatSize(order)),
  ];
  if (differences.length === 0) return;
  throw new PreconditionFailed({
    code: 'JOB_OF_ANOTHER_ORDER',
    given: `The job ${job.id} was made of another order: ${differences.join('; ')}`,
    fix: 'give the id of the job that was made of this one',
  });
}

function different(what: string, job: string | undefined, order: string): string[] {
  return job === undefined || job === order ? [] : [`its ${what} is "${job}", and "${order}" was ordered`];
}
