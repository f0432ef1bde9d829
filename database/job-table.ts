import type { Queries } from './client.ts';

/**
 * The job table is there once automatic mode has been opened. Without it nothing was ever ordered: whoever asks about
 * orders asks here first, and takes that for the answer.
 */
export async function hasJobTable(queries: Queries): Promise<boolean> {
  const [row] = await queries.$queryRaw<{ exists: boolean }[]>`
    SELECT to_regclass('public.video_generation_jobs') IS NOT NULL AS exists`;
  return row?.exists === true;
}
