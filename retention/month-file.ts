import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Database } from '../database/client.ts';
import type { ArchivedMonth, MonthExport } from '../database/month-archive.ts';
import { csvOfArchivedMonth } from '../database/month-rows.ts';
import { formatMonth } from '../domain/budget.ts';
import { Unavailable } from '../domain/errors.ts';
import type { VideoStore } from '../storage/video-store.ts';

export interface FileDependencies {
  readonly database: Database;
  readonly store: VideoStore;
}

/** Beside the groups' folders, whose names all end in an id. */
const FOLDER = 'archive';
const LARGEST_BYTES = 2 ** 40;
const NEW_LINE = 0x0a;
const QUOTE = 0x22;

/**
 * Writes an archived month into the store as CSV with a header, gzipped, and reads it back from there: as many rows, and
 * the same bytes. The same rows give the same file under the same name, so that this may be repeated.
 * @param onRows is told how many rows are written so far
 * @throws Unavailable when what was read back is not what was written
 */
export async function exportMonth(
  { database, store }: FileDependencies,
  { table, month }: Pick<ArchivedMonth, 'table' | 'month'>,
  onRows: (rows: number) => void,
): Promise<MonthExport> {
  let rows = 0;
  async function* text() {
    for await (const page of csvOfArchivedMonth(database, table, month)) {
      yield page.text;
      rows += page.rows;
      onRows(rows);
    }
  }
  const received = await pipeline(text, createGzip(), (zipped: AsyncIterable<Uint8Array>) =>
    store.receive(zipped, LARGEST_BYTES),
  );
  try {
    const { sha256, sizeBytes } = received;
    const key = `${FOLDER}/${table}-${formatMonth(month)}-${sha256.slice(0, 12)}.csv.gz`;
    const stored = await received.keep(key, 'application/gzip');
    const found = await readBack(store, key);
    if (found?.sha256 !== sha256 || found.rows !== rows) {
      throw new Unavailable({
        code: 'EXPORT_DIFFERS',
        given: `${key} has ${found?.rows ?? 'no'} rows and the SHA-256 ${found?.sha256 ?? 'of nothing'} in ${store.place}; ${rows} rows with ${sha256} were written`,
        fix: 'look at the store; the month stays in the database, and is exported again',
      });
    }
    return { key, url: stored.url, rows, sizeBytes, sha256 };
  } finally {
    await received.discard();
  }
}

/** What is in the store under this key; undefined where there is no such file. */
export async function readBack(
  store: VideoStore,
  key: string,
): Promise<{ readonly rows: number; readonly sha256: string } | undefined> {
  const body = await store.open(key);
  if (body === undefined) return undefined;
  const hash = createHash('sha256');
  async function* hashed(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const lines = await pipeline(body, hashed, createGunzip(), countLines);
  return { rows: lines - 1, sha256: hash.digest('hex') };
}

/** A new line within quotes is part of a value. */
async function countLines(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0;
  let isQuoted = false;
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      if (byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === NEW_LINE && !isQuoted) lines += 1;
    }
  }
  return lines;
}
