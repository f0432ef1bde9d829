import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupFolder } from './backup-folder.ts';

/** What a drill is about: the newest backup of the server that is in use, or made-up campaigns. */
export type DrillSubject = 'backup' | 'sample';

export interface Damage {
  readonly kind: 'rows' | 'pages';
  readonly done: string;
  /** Undefined fails the drill: nobody would have known that there is anything to restore. */
  readonly noticedBy: string | undefined;
}

export interface DrillReport {
  readonly subject: DrillSubject;
  readonly at: string;
  readonly serverVersion: number;
  readonly tables: number;
  readonly rows: number;
  readonly bytes: number;
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
  readonly damage: readonly Damage[];
  /** From noticing the damage to a server that answers with every table checked. */
  readonly recoverySeconds: number;
  /** Of the server in use: from its backup and log to a server with every table checked; only where it is the subject. */
  readonly backupRestoredInSeconds?: number;
  /** Whether every table of it was held against the server in use; not so where its log is not archived. */
  readonly isComparedWithServer?: boolean;
  /** How what was restored differs from what it should be; none when the drill has passed. */
  readonly differences: readonly string[];
  readonly erasuresReplayed?: number;
  readonly hasPassed: boolean;
}

/** The requirements' target. */
export const RECOVERY_TARGET_SECONDS = 3600;

/** Kept beside the backups, so that the last drill can be looked up. Returns the file. */
export async function keepReport(folder: BackupFolder, report: DrillReport): Promise<string> {
  const file = join(folder.drills, `${report.at.replaceAll(/[-:]/g, '')}.json`);
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}
