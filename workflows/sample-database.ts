import type { DatabaseSample } from '../activities/monitoring.ts';
import { named, sampleDatabase as sample } from './activities.ts';
import { showWork } from './show-work.ts';

/** Run by a schedule: what monitoring has to remember from one day to the next. */
export async function sampleDatabase(): Promise<DatabaseSample> {
  const found = await named(sample, 'sizes, totals and the book')();
  showWork({ ...found });
  return found;
}
