import type { Brief } from '../domain/brief.ts';
import { type GroupId, groupId } from '../domain/ids.ts';
import { type MicroUsd, microUsd } from '../domain/money.ts';
import { type Mutations, readMutations } from '../domain/mutations.ts';
import type { Queries } from './client.ts';
import { briefIn } from './json.ts';

/** A group as one round of a campaign. */
export interface RoundRecord {
  readonly id: GroupId;
  readonly name: string;
  readonly venture: string;
  readonly status: string;
  readonly outcome: string | undefined;
  readonly winner: string | undefined;
  readonly startedAt: Date;
  readonly brief: Brief;
  /** The round before, as it was started with. */
  readonly parent: { readonly groupId: string; readonly variant: string } | undefined;
  /** The control first. */
  readonly variants: readonly {
    readonly id: string;
    readonly name: string;
    readonly mutations: Mutations;
    readonly hasVideo: boolean;
  }[];
  /** On making its videos. */
  readonly spent: MicroUsd;
}

/** @returns undefined for a group that is not there (any more) */
export async function readRound(queries: Queries, id: string): Promise<RoundRecord | undefined> {
  const row = await queries.variantGroup.findUnique({
    where: { id },
    include: {
      venture: { select: { name: true } },
      winner: { select: { variantName: true } },
      variants: {
        orderBy: { position: 'asc' },
        select: { id: true, variantName: true, promptMutations: true, generationStatus: true },
      },
    },
  });
  if (row === null) return undefined;
  const [spend] = await queries.$queryRaw<{ spent: bigint }[]>`
    SELECT coalesce(sum(spent_micro_usd), 0)::bigint AS spent FROM generation_spend WHERE variant_group_id = ${id}::uuid`;
  const brief = briefIn(row.variantGroupSettings);
  return {
    id: groupId(row.id),
    name: row.testName,
    venture: row.venture.name,
    status: row.testStatus,
    outcome: row.outcome ?? undefined,
    winner: row.winner?.variantName,
    startedAt: row.createdAt,
    brief,
    parent: brief.parent && { groupId: brief.parent.group, variant: brief.parent.variant },
    variants: row.variants.map(({ id: variant, variantName, promptMutations, generationStatus }) => ({
      id: variant,
      name: variantName,
      mutations: readMutations(promptMutations),
      hasVideo: generationStatus === 'completed' || generationStatus === 'manual',
    })),
    spent: microUsd(Number(spend?.spent ?? 0)),
  };
}

/** Groups that follow this one, the oldest first. */
export async function childrenOf(queries: Queries, id: string): Promise<readonly GroupId[]> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    SELECT id FROM variant_groups WHERE variant_group_settings #>> '{parent,groupId}' = ${id}
    ORDER BY created_at, id`;
  return rows.map((row) => groupId(row.id));
}

/** Of a group that is not there: whether its time was over, or it was erased, or there never was one. */
export async function howItWent(queries: Queries, id: string): Promise<'dropped' | 'erased or unknown'> {
  const dropped = await queries.droppedGroup.findUnique({ where: { variantGroupId: id } });
  return dropped === null ? 'erased or unknown' : 'dropped';
}
