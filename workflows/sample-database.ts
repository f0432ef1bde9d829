import type { DatabaseSample } from '../activities/monitoring.ts';
import { named, sampleDatabase as sample } from './activities.ts';

/** Run by a schedule: what monitoring has to remember from one day to the next. */
export async function sampleDatabase(): Promise<DatabaseSample> {
  return named(sample, 'sizes, totals and the book')();
}
