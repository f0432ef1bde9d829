import { isJobId, type JobId } from '../domain/ids.ts';

/**
 * An order that is being sent, or a job that was made, of which Postgres may know nothing yet, or nothing any more: as
 * the heartbeat of the activity has it.
 */
export interface SentJob {
  readonly intentId: JobId;
  /** ISO 8601 */
  readonly claimedAt: string;
  readonly ordinal: number;
  readonly reservedMicroUsd: number;
  readonly provider: string;
  readonly providerAccount: string;
  readonly providerJobId?: string;
}

/** Undefined where a heartbeat speaks of something else. */
export function readSentJob(details: unknown): SentJob | undefined {
  return isSentJob(details) ? details : undefined;
}

function isSentJob(details: unknown): details is SentJob {
  if (typeof details !== 'object' || details === null) return false;
  const told = new Map<string, unknown>(Object.entries(details));
  const intentId = told.get('intentId');
  const providerJobId = told.get('providerJobId');
  return (
    typeof intentId === 'string' &&
    isJobId(intentId) &&
    ['claimedAt', 'provider', 'providerAccount'].every((name) => typeof told.get(name) === 'string') &&
    ['ordinal', 'reservedMicroUsd'].every((name) => Number.isSafeInteger(told.get(name))) &&
    (providerJobId === undefined || typeof providerJobId === 'string')
  );
}
