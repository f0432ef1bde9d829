import type { BriefInput } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { libraryWords } from '../../planning/library/index.ts';
import type { Chat } from '../../simulator/chat-api.ts';
import { isTesting } from './groups.ts';
import type { Rig } from './rig.ts';

/** Two factors of two levels each: three variants, and two questions to a language model. */
export const TWO_FACTORS = { hook: ['scene', 'question'], pacing: ['steady', 'fast'] };

/** The library's words for the first of them. */
export const LIBRARY_HOOK = libraryWords('PRODUCT_REVEAL', 'hook', 'scene') ?? '';

/** A part of the question about the hook. */
export const ABOUT_HOOK = { prompt: '"name": "hook"' };

/** A group that asks for a writer, once it has its videos. */
export async function wordedGroup(rig: Rig, changes: Partial<BriefInput>): Promise<GroupId> {
  const id = await rig.start({ variants: 3, factors: TWO_FACTORS, writer: { enabled: true }, ...changes });
  await rig.until(id, isTesting, 60_000);
  return id;
}

/** What was asked for it, by factor and in the order in which it was asked. */
export function wordingsOf({ database }: Rig, id: GroupId) {
  return database.levelWording.findMany({
    where: { variantGroupId: id },
    orderBy: [{ factor: 'asc' }, { createdAt: 'asc' }],
  });
}

export async function promptsOf(rig: Rig, id: GroupId): Promise<readonly string[]> {
  const { group } = await rig.client.status(id);
  return group.variants.map(({ prompt }) => prompt);
}

/** What the language model was asked about a product. */
export async function chatsAbout(rig: Rig, product: string): Promise<readonly Chat[]> {
  return (await rig.chats()).filter(({ prompt }) => prompt.includes(product));
}

/** The text that was written for a level. */
export function textFor(row: { readonly wordings: unknown } | undefined, level: string): string {
  const text: unknown = new Map(Object.entries(Object(row?.wordings))).get(level);
  if (typeof text !== 'string')
    throw new Error(`nothing was written for ${level}: ${JSON.stringify(row?.wordings)}`);
  return text;
}
