import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type { Writing } from '../domain/writer.ts';
import { named, writeLevels } from './activities.ts';
import type { Group } from './group.ts';

/** What a language model writes for the levels, where the brief asks for one. Whatever goes wrong, the test goes on. */
export async function wordLevels({ input }: Group): Promise<Writing | undefined> {
  const { groupId, brief, ventureId, startedBy } = input;
  if (!brief.writer.enabled) return undefined;
  try {
    return await named(writeLevels, brief.name)({ groupId, brief, ventureId, startedBy });
  } catch (error) {
    if (isCancellation(error)) return unwritten('the group was cancelled');
    if (error instanceof ActivityFailure) return unwritten(error.cause?.message ?? error.message);
    throw error;
  }
}

function unwritten(why: string): Writing {
  return { wording: [], warnings: [`All levels have the library's words: ${why}`], costMicroUsd: 0 };
}
