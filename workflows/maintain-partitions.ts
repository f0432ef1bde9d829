import { makePartitionsAhead, named, refreshStatistics } from './activities.ts';
import { showWork } from './show-work.ts';

/** Run by a schedule: the months to come get their partitions before anybody needs them. */
export async function maintainPartitions(): Promise<{ readonly made: readonly string[] }> {
  const { made } = await named(makePartitionsAhead, 'three months ahead')();
  showWork({ made });
  await named(refreshStatistics, 'which autoanalyze does not do for partitioned tables')();
  return { made };
}
