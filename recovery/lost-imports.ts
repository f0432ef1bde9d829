import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { Database } from '../database/client.ts';
import { hasImport, type ImportRecord } from '../database/metric-imports.ts';
import { isGroupId } from '../domain/ids.ts';
import { resultsOfWatches } from './histories.ts';

/** A file of numbers that came in once, and that the database has no more. Its numbers are in no other place. */
export interface LostImport extends ImportRecord {
  /** E-mail address, where the person is still known. */
  readonly person?: string | undefined;
}

export interface LostImports {
  readonly imports: readonly LostImport[];
  /** ISO 8601: files that came in before are not known of; undefined where nobody has ever looked. */
  readonly knownSince: string | undefined;
  /** ISO 8601: nor are those that came in after. */
  readonly knownUntil: string | undefined;
}

const watchSchema = z.object({
  lookedAt: z.string(),
  imports: z.array(
    z.object({
      groupId: z.string().refine(isGroupId),
      file: z.string().optional(),
      sha256: z.string().optional(),
      at: z.string(),
      by: z.string().optional(),
    }),
  ),
});

/**
 * Imports go straight to the database, so that no group's history has them. The hourly look at all groups tells which
 * came in since the look before: what it has told is known for as long as the namespace keeps closed workflows.
 */
export async function lostImports(database: Database, temporal: Client): Promise<LostImports> {
  const watches = (await resultsOfWatches(temporal)).flatMap((result) => {
    const watch = watchSchema.safeParse(result);
    return watch.success ? [watch.data] : [];
  });
  const told = new Map(
    watches.flatMap(({ imports }) =>
      imports.map((record) => [`${record.groupId}/${record.sha256}`, record] as const),
    ),
  );
  const imports: LostImport[] = [];
  for (const record of told.values()) {
    if (await hasImport(database, record)) continue;
    const person =
      record.by === undefined
        ? undefined
        : await database.user.findUnique({ where: { id: record.by }, select: { email: true } });
    imports.push({ ...record, person: person?.email ?? undefined });
  }
  const looks = watches.map(({ lookedAt }) => lookedAt).toSorted();
  return {
    imports: imports.toSorted((a, b) => (a.at < b.at ? -1 : 1)),
    knownSince: looks[0],
    knownUntil: looks.at(-1),
  };
}
