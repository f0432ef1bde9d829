import { makePartitionsAhead, named } from './activities.ts';

/** Run by a schedule: the months to come get their partitions before anybody needs them. */
export async function maintainPartitions(): Promise<{ readonly made: readonly string[] }> {
  return named(makePartitionsAhead, 'three months ahead')();
}
