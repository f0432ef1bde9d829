import type { GroupId } from '../../domain/ids.ts';
import type { Overview } from '../../workflows/messages.ts';
import type { Rig } from './rig.ts';

export const isTesting = ({ status }: Overview): boolean => status === 'testing';

export interface RecordedEvent {
  readonly event: string;
  readonly actor: string;
  readonly details: string;
}

/** The audit trail of a group, the oldest first. */
export async function eventsOfGroup({ database }: Rig, id: GroupId): Promise<readonly RecordedEvent[]> {
  const rows = await database.groupEvent.findMany({ where: { variantGroupId: id }, orderBy: { id: 'asc' } });
  return rows.map(({ event, actor, details }) => ({ event, actor, details: JSON.stringify(details) }));
}

/** What the budget's book says of each variant's orders: `reserve`, `settle`, `release`, in order. */
export async function bookOf({ database }: Rig, id: GroupId): Promise<Record<string, readonly string[]>> {
  const variants = await database.videoVariant.findMany({
    where: { variantGroupId: id },
    select: { variantName: true, jobs: { orderBy: { ordinal: 'asc' }, select: { id: true } } },
  });
  const entries = await database.budgetLedgerEntry.findMany({
    where: { variantGroupId: id },
    orderBy: { createdAt: 'asc' },
  });
  return Object.fromEntries(
    variants.map(({ variantName, jobs }) => [
      variantName,
      jobs.flatMap((job) => entries.filter(({ jobId }) => jobId === job.id).map(({ entry }) => entry)),
    ]),
  );
}

/** The jobs that the video API made of prompts with this text. */
export async function jobsFor(rig: Rig, prompt: string) {
  const { jobs } = await rig.ledger();
  return jobs.filter((job) => job.prompt.includes(prompt));
}

/** A group as the database has it. */
export function rowOf({ database }: Rig, id: GroupId) {
  return database.variantGroup.findUniqueOrThrow({ where: { id }, include: { winner: true } });
}
