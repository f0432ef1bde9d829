import type pg from 'pg';

/** A migration that is held back until something has happened; those that depend on it are held back with it. */
export interface Condition {
  /** What it waits for, to follow "waits for". */
  readonly waitsFor: string;
  isMet(client: pg.Client): Promise<boolean>;
}

const SMOKE_TEST: Condition = { waitsFor: 'the smoke test', isMet: isAutomaticModeOpen };

/** By the migration's name. */
const CONDITIONS: ReadonlyMap<string, Condition> = new Map([
  ['0008_video_generation_jobs', SMOKE_TEST],
  ['0022_job_table_rules', SMOKE_TEST],
]);

/** Undefined for one that is met, or that was never set. */
export async function unmetCondition(client: pg.Client, name: string): Promise<Condition | undefined> {
  const condition = CONDITIONS.get(name);
  return condition === undefined || (await condition.isMet(client)) ? undefined : condition;
}

/**
 * A smoke test of the video API has passed; or the table is there although this history does not say so, which is
 * for the migration itself to find out.
 */
async function isAutomaticModeOpen(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ jobs: boolean; tests: boolean }>(
    `SELECT to_regclass('public.video_generation_jobs') IS NOT NULL AS jobs,
            to_regclass('public.provider_smoke_tests') IS NOT NULL AS tests`,
  );
  if (rows[0]?.jobs === true) return true;
  if (rows[0]?.tests !== true) return false;
  const passed = await client.query(`SELECT FROM public.provider_smoke_tests WHERE result = 'PASS' LIMIT 1`);
  return passed.rowCount === 1;
}
