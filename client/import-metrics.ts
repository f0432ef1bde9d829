import { createHash } from 'node:crypto';
import type { Database } from '../database/client.ts';
import { closedMonths } from '../database/closed-months.ts';
import { variantIdsByName } from '../database/group-queries.ts';
import { ingestObservations } from '../database/metric-ingest.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { badRows, readLongCsv } from '../metrics/long-csv.ts';
import { readStandings, type Standings } from './group-status.ts';

export interface ImportRequest {
  readonly groupId: GroupId;
  readonly fileName: string;
  readonly csv: string;
  readonly by: string;
  /** Import the good rows of a file that has bad ones, and say which were left out. */
  readonly skipBad: boolean;
  /** Told how many rows of a file are written, of how many, some thousands at a time; all of them count at the end, or none. */
  readonly onProgress?: (written: number, rows: number) => void;
}

export interface ImportReport {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Why each skipped row was skipped. */
  readonly skipped: readonly string[];
  readonly standings: Standings | undefined;
}

/** All of the file or nothing of it. @throws BadInput naming each bad row, unless they are to be skipped. */
export async function importMetrics(database: Database, request: ImportRequest): Promise<ImportReport> {
  const variants = await variantIdsByName(database, request.groupId);
  if (variants.size === 0) {
    throw new PreconditionFailed({
      code: 'GROUP_NOT_PLANNED',
      given: `The group ${request.groupId} has no variants yet`,
      fix: 'import metrics once it is testing',
    });
  }
  const read = readLongCsv(request.csv, variants, new Date(), await closedMonths(database));
  if (read.problems.length > 0 && !request.skipBad) throw badRows(request.fileName, read);
  const counts = await ingestObservations(
    database,
    {
      groupId: request.groupId,
      fileName: request.fileName,
      fileSha256: createHash('sha256').update(request.csv).digest('hex'),
      by: request.by,
      skipped: read.problems.length,
    },
    read.observations,
    (written) => request.onProgress?.(written, read.observations.length),
  );
  return { ...counts, skipped: read.problems, standings: await readStandings(database, request.groupId) };
}
