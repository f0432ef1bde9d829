import type { Brief } from '../domain/brief.ts';
import { durationSeconds } from '../domain/durations.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import { type GroupId, groupId, type VariantId, variantId } from '../domain/ids.ts';
import {
  GENERATION_STATUSES,
  type GenerationStatus,
  GROUP_STATUSES,
  type GroupStatus,
} from '../domain/lifecycle.ts';
import { renditionsOf } from '../domain/renditions.ts';
import { latestSnapshot, type Snapshot } from './analysis-snapshots.ts';
import { NO_SPEND, spendByVariant } from './budget.ts';
import type { Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';
import { briefIn, generationIn } from './json.ts';
import { type ReviewRecord, reviewsOf } from './reviews.ts';

/** A group's rows, as a workflow that goes on with it needs them. */
export interface GroupRows {
  readonly groupId: GroupId;
  readonly status: GroupStatus;
  readonly brief: Brief;
  readonly generation: ChosenMode;
  readonly ventureId: string;
  /** E-mail address of who started it. */
  readonly startedBy: string;
  readonly startKey: string;
  /** Of the newest order; undefined where there is none. */
  readonly providerAccount: string | undefined;
  readonly estimatedMicroUsd: number;
  readonly variants: readonly VariantRows[];
  /** When it came into each status that it has been in. */
  readonly entered: ReadonlyMap<string, Date>;
  /** When the newest video came, or was sent back to be made anew; undefined for none. */
  readonly newestVideoAt: Date | undefined;
  /** What the newest analysis said. */
  readonly analysis: Pick<Snapshot, 'takenAt' | 'kind' | 'sentence' | 'call'> | undefined;
}

export interface VariantRows {
  readonly id: VariantId;
  readonly name: string;
  readonly status: GenerationStatus;
  /** The highest of its orders; 0 where nothing was ordered. */
  readonly ordinal: number;
  readonly reason: string | undefined;
  readonly isHeld: boolean;
  readonly reservedMicroUsd: number;
  readonly spentMicroUsd: number;
  readonly bookLines: number;
  /** Its files, where the brief asks for more than one. */
  readonly renditions: readonly { readonly name: string; readonly status: GenerationStatus }[] | undefined;
  /** How its videos were reviewed; undefined where they never were, nor wait for it. */
  readonly review: ReviewRecord | undefined;
}

/** @returns undefined for a group without a row */
export async function readGroupState(queries: Queries, id: GroupId): Promise<GroupRows | undefined> {
  const row = await queries.variantGroup.findUnique({
    where: { id },
    include: {
      creator: { select: { email: true } },
      variants: { orderBy: { position: 'asc' }, include: { renditions: true } },
    },
  });
  if (row === null) return undefined;
  const events = await queries.groupEvent.findMany({
    where: { variantGroupId: id },
    orderBy: { id: 'asc' },
    select: { event: true, createdAt: true, details: true, actor: true },
  });
  const planned = events.find(({ event }) => event === 'planned');
  const brief = briefIn(row.variantGroupSettings);
  const names = renditionsOf(brief).map(({ name }) => name);
  const spends = await spendByVariant(queries, id);
  const orders = await ordinals(queries, id);
  const reviews = await reviewsOf(queries, id);
  const analysis = await latestSnapshot(queries, id);
  return {
    groupId: groupId(row.id),
    status: oneOf(GROUP_STATUSES, row.testStatus),
    brief,
    generation: generationIn(row.variantGroupSettings),
    ventureId: row.ventureId,
    startedBy: row.creator?.email ?? planned?.actor ?? 'screentest',
    startKey: textIn(row.variantGroupSettings, 'startKey') ?? '',
    providerAccount: orders.account,
    estimatedMicroUsd: Number(numberIn(planned?.details, 'estimatedMicroUsd') ?? 0),
    analysis,
    entered: new Map(
      events.flatMap(({ event, createdAt }) =>
        event.startsWith('moved to ') ? [[event.slice('moved to '.length), createdAt] as const] : [],
      ),
    ),
    newestVideoAt: events.findLast(({ event, details }) => bringsVideo(event, details))?.createdAt,
    variants: row.variants.map((variant) => {
      const spend = spends.get(variant.id) ?? NO_SPEND;
      const status = oneOf(GENERATION_STATUSES, variant.generationStatus);
      const stored = new Map(variant.renditions.map(({ rendition, source }) => [rendition, source]));
      return {
        id: variantId(variant.id),
        name: variant.variantName,
        status,
        ordinal: orders.highest.get(variant.id) ?? 0,
        reason: variant.failureReason ?? undefined,
        isHeld: spend.isHeld,
        reservedMicroUsd: spend.reserved,
        spentMicroUsd: spend.spent,
        bookLines: spend.bookLines,
        renditions:
          names.length === 1
            ? undefined
            : names.map((name) => ({ name, status: fileStatus(stored.get(name), status) })),
        review: reviews.get(variant.id),
      };
    }),
  };
}

/** From then on people have their time to look at it. */
function bringsVideo(event: string, details: unknown): boolean {
  if (event === 'video stored' || event === 'video provided') return true;
  return event === 'video rejected' && partOf(details, 'isMadeAnew') === true;
}

function fileStatus(source: string | undefined, ofVariant: GenerationStatus): GenerationStatus {
  if (source === undefined)
    return ofVariant === 'completed' || ofVariant === 'manual' ? 'pending' : ofVariant;
  return source === 'manual' ? 'manual' : 'completed';
}

async function ordinals(
  queries: Queries,
  id: GroupId,
): Promise<{ highest: ReadonlyMap<string, number>; account: string | undefined }> {
  if (!(await hasJobTable(queries))) return { highest: new Map(), account: undefined };
  const rows = await queries.videoGenerationJob.findMany({
    where: { videoVariant: { variantGroupId: id } },
    orderBy: { ordinal: 'asc' },
    select: { videoVariantId: true, ordinal: true, providerAccount: true },
  });
  return {
    highest: new Map(rows.map(({ videoVariantId, ordinal }) => [videoVariantId, ordinal])),
    account: rows.at(-1)?.providerAccount ?? undefined,
  };
}

/** When a phase that began then is over, as its brief says. */
export function deadlineOf(began: Date | undefined, duration: string): string | undefined {
  return began === undefined
    ? undefined
    : new Date(began.getTime() + durationSeconds(duration) * 1000).toISOString();
}

function oneOf<Known extends string>(known: readonly Known[], text: string): Known {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new TypeError(`unknown status ${text}`);
  return found;
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const part = partOf(value, name);
  return typeof part === 'string' ? part : undefined;
}

function numberIn(value: unknown, name: string): number | undefined {
  const part = partOf(value, name);
  return typeof part === 'number' ? part : undefined;
}
