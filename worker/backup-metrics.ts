import { setTimeout as delay } from 'node:timers/promises';
import type { BackupHealth } from '../recovery/backup/health.ts';
import type { MetricDefinition, Sample } from '../telemetry/metrics.ts';

/** Milliseconds between two looks at the folder: a backup is taken once a day. */
const LOOK_EVERY_MS = 60_000;
/** Milliseconds that a scrape waits; what is not there by then is in the next one. */
const WAIT_MS = 2000;

type BackupFacts = Pick<BackupHealth, 'newestVerified' | 'newestWalAgeSeconds' | 'problems'>;

export const BACKUP_GAUGES: readonly MetricDefinition[] = [
  {
    name: 'screentest_backup_age_seconds',
    type: 'gauge',
    help: 'How old the newest verified backup is, where a worker sees the folder of backups',
  },
  {
    name: 'screentest_backup_log_age_seconds',
    type: 'gauge',
    help: 'How old the newest archived piece of the log is, likewise',
  },
  {
    name: 'screentest_backup_problems',
    type: 'gauge',
    help: 'What is wrong with the backups, counted: none is there, too old, or the log is not shipped',
  },
];

/** Not shared with other workers: only those that see the folder know. */
export function createBackupMetrics(look: () => Promise<BackupFacts>): () => Promise<readonly Sample[]> {
  let known: readonly Sample[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  return async () => {
    if (looking === undefined && performance.now() - lookedAt > LOOK_EVERY_MS) {
      lookedAt = performance.now();
      looking = look()
        .then(samplesOf, () => [failed(1)])
        .then((samples) => {
          known = samples;
          looking = undefined;
        });
    }
    if (looking !== undefined) await Promise.race([looking, delay(WAIT_MS, undefined, { ref: false })]);
    return known;
  };
}

function samplesOf({ newestVerified, newestWalAgeSeconds, problems }: BackupFacts): readonly Sample[] {
  return [
    failed(0),
    { name: 'screentest_backup_problems', value: problems.length },
    ...(newestVerified === undefined
      ? []
      : [{ name: 'screentest_backup_age_seconds', value: newestVerified.ageSeconds }]),
    ...(newestWalAgeSeconds === undefined
      ? []
      : [{ name: 'screentest_backup_log_age_seconds', value: newestWalAgeSeconds }]),
  ];
}

function failed(value: 0 | 1): Sample {
  return { name: 'screentest_look_failed', labels: { look: 'backups' }, value };
}
