import { named, retireOldMonths } from './activities.ts';
import { showWork } from './show-work.ts';

/** Run by a schedule: months of metrics go into the archive after a year, and into a file after three. */
export async function retireMonths(): Promise<Awaited<ReturnType<typeof retireOldMonths>>> {
  const retired = await named(retireOldMonths, 'archive, export, drop')();
  showWork({ ...retired });
  return retired;
}
