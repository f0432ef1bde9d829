import { setTimeout as delay } from 'node:timers/promises';
import type { GroupId } from '../../domain/ids.ts';
import { microUsd, sumUsd } from '../../domain/money.ts';
import type { FaultName } from '../../simulator/fault-catalogue.ts';
import type { Overview } from '../../workflows/messages.ts';
import { pendingTroubles } from '../support/pending.ts';
import type { Rig } from '../support/rig.ts';
import type { Outcome } from './outcomes.ts';

/** Of one video of the rig's small brief, in micro-dollars: a second of `sora-2`. */
export const PRICE = 100_000;

/** Longer than any fault of the table keeps a group, on a busy machine. */
const SETTLED_WITHIN_MS = 90_000;

/** One order that met a fault, and the two beside it that met none. */
export interface Played {
  readonly groupId: GroupId;
  readonly prompt: string;
  readonly status: Overview['status'];
  readonly ends: string;
  readonly told: string;
  /** What the Web UI showed of it on the way. */
  readonly meanwhile: readonly string[];
  readonly neighbours: readonly string[];
}

/** A whole group, of which the first variant meets the fault. Settled when every variant is, one way or another. */
export async function play(rig: Rig, { fault, meanwhile }: Outcome): Promise<Played> {
  const prompt = `[${fault}]`;
  await addNamedFault(rig, fault, prompt);
  const groupId = await rig.start({
    name: fault,
    variants: [prompt, `beside ${fault}, 1`, `beside ${fault}, 2`].map((text) => ({
      name: text,
      prompt: text,
    })),
  });
  const seenMeanwhile = meanwhile === undefined ? [] : await troublesUntil(rig, groupId, meanwhile);
  const { status } = await rig.until(groupId, isTesting, SETTLED_WITHIN_MS);
  const { group } = await rig.client.status(groupId);
  const [struck, ...neighbours] = group.variants;
  if (struck === undefined) throw new Error(`${groupId} has no variants`);
  const isHeld = struck.status === 'failed' && struck.heldReason !== undefined;
  return {
    groupId,
    prompt,
    status,
    ends: isHeld ? 'held' : struck.status,
    told: struck.failureReason ?? '',
    meanwhile: seenMeanwhile,
    neighbours: neighbours.map((neighbour) => neighbour.status),
  };
}

const isTesting = ({ status }: Overview) => status === 'testing' || status === 'completed';

export async function addNamedFault(rig: Rig, fault: FaultName, prompt: string): Promise<void> {
  const response = await fetch(`${rig.simulator.adminUrl}/faults`, {
    method: 'POST',
    body: JSON.stringify({ named: [fault], match: { prompt } }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** What the Web UI shows of the group's activities, until it is as wanted. */
async function troublesUntil(rig: Rig, groupId: GroupId, wanted: string): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (const deadline = Date.now() + SETTLED_WITHIN_MS; Date.now() < deadline; ) {
    for (const trouble of await pendingTroubles(rig, groupId)) seen.add(trouble);
    if ([...seen].some((trouble) => trouble.includes(wanted))) break;
    await delay(50);
  }
  return [...seen];
}

/** The provider's truth about one prompt, in jobs and micro-dollars. */
export async function billOf(rig: Rig, prompt: string): Promise<{ jobs: number; billed: number }> {
  const jobs = (await rig.ledger()).jobs.filter((job) => job.prompt === prompt);
  return { jobs: jobs.length, billed: sumUsd(jobs.map(({ billedMicroUsd }) => billedMicroUsd)) };
}

/** Our own book about one prompt, in micro-dollars. */
export async function bookOfPrompt(
  { database }: Rig,
  groupId: GroupId,
  prompt: string,
): Promise<{ reserved: number; charged: number; released: number }> {
  const entries = await database.$queryRaw<{ entry: string; amount: bigint }[]>`
    SELECT l.entry, l.amount_micro_usd AS amount
    FROM budget_ledger l
    JOIN video_generation_jobs j ON j.id = l.job_id
    JOIN video_variants v ON v.id = j.video_variant_id
    WHERE v.variant_group_id = ${groupId}::uuid AND v.prompt_text = ${prompt}`;
  const sumOf = (kind: string) =>
    sumUsd(entries.filter(({ entry }) => entry === kind).map(({ amount }) => microUsd(Number(amount))));
  return { reserved: sumOf('reserve'), charged: sumOf('settle'), released: sumOf('release') };
}
