import type { MetricDefinition, Sample } from '../telemetry/metrics.ts';

/** What whoever takes backups knows of them. */
export interface BackupFacts {
  /** Undefined where there is none. */
  readonly newestVerified: { readonly ageSeconds: number } | undefined;
  /** Undefined where none has been archived. */
  readonly newestWalAgeSeconds: number | undefined;
  /** In sentences; none when all is well. */
  readonly problems: readonly string[];
}

/** Milliseconds between two looks at the folder: a backup is taken once a day. */
const LOOK_EVERY_MS = 60_000;

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
  let lookedAt = Number.NEGATIVE_INFINITY;
  let samples: Promise<readonly Sample[]> = Promise.resolve([]);
  return () => {
    if (performance.now() - lookedAt > LOOK_EVERY_MS) {
      lookedAt = performance.now();
      samples = look().then(samplesOf, () => [failed(1)]);
    }
    return samples;
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
