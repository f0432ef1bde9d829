import { readStartSettings } from '../config/environment.ts';
import type { Database } from '../database/client.ts';
import { hasJobTable } from '../database/job-table.ts';
import { newestResult, requireSmokeTests } from '../database/smoke-tests.ts';
import { type ChosenMode, chooseMode } from '../domain/generation-mode.ts';

/** Who would make the videos of a group that starts now. */
export interface VideoSource {
  /** The account that is charged. */
  readonly providerAccount: string;
  /** There is no video API, by configuration. */
  readonly isManualByChoice: boolean;
}

/** As the environment has it. */
export function videoSourceOf(environment: NodeJS.ProcessEnv): VideoSource {
  const { VIDEO_API_ACCOUNT, VIDEO_PROVIDER } = readStartSettings(environment);
  return { providerAccount: VIDEO_API_ACCOUNT, isManualByChoice: VIDEO_PROVIDER === 'manual' };
}

/** Where the videos of a group that starts now come from, and why. @throws PreconditionFailed for an old schema */
export async function modeOfNewGroups(database: Database, source: VideoSource): Promise<ChosenMode> {
  const { providerAccount, isManualByChoice } = source;
  await requireSmokeTests(database);
  return chooseMode({
    isManualByChoice,
    hasJobTable: await hasJobTable(database),
    smokeTest: await newestResult(database, providerAccount),
  });
}
