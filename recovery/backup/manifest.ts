import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** PostgreSQL's own backup manifest, so that its `pg_verifybackup` can check our backups and we those of its tools. */

const MANIFEST_FILE = 'backup_manifest';

export interface BackedUpFile {
  /** Below the data directory, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface WalRange {
  readonly timeline: number;
  /** Of PostgreSQL's form, `0/2000028`. */
  readonly startLsn: string;
  readonly endLsn: string;
}

export interface Manifest {
  readonly files: readonly BackedUpFile[];
  readonly walRange: WalRange;
}

const manifestSchema = z.object({
  Files: z.array(
    z.object({
      Path: z.string(),
      Size: z.number(),
      'Last-Modified': z.string(),
      'Checksum-Algorithm': z.literal('SHA256'),
      Checksum: z.string(),
    }),
  ),
  'WAL-Ranges': z
    .array(z.object({ Timeline: z.number(), 'Start-LSN': z.string(), 'End-LSN': z.string() }))
    .min(1),
  'Manifest-Checksum': z.string(),
});

/** Version 1 of the form, which PostgreSQL 13 and newer read. Its last line holds the checksum of all before it. */
export async function writeManifest(dataDirectory: string, { files, walRange }: Manifest): Promise<void> {
  const lines = files.map(({ path, bytes, modifiedAt, sha256 }) =>
    JSON.stringify({
      Path: path,
      Size: bytes,
      'Last-Modified': `${modifiedAt.toISOString().slice(0, 19).replace('T', ' ')} GMT`,
      'Checksum-Algorithm': 'SHA256',
      Checksum: sha256,
    }),
  );
  const range = JSON.stringify({
    Timeline: walRange.timeline,
    'Start-LSN': walRange.startLsn,
    'End-LSN': walRange.endLsn,
  });
  const body = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${lines.join(',\n')}\n],\n"WAL-Ranges": [\n${range}\n],\n`;
  const text = `${body}"Manifest-Checksum": "${sha256Of(body)}"}\n`;
  await writeFile(join(dataDirectory, MANIFEST_FILE), text, { mode: 0o600 });
}

/** @throws Error in a sentence, when it is missing, changed, or made with other checksums than SHA-256 */
export async function readManifest(dataDirectory: string): Promise<Manifest> {
  const text = await readFile(join(dataDirectory, MANIFEST_FILE), 'utf8');
  const lastLine = text.lastIndexOf('"Manifest-Checksum"');
  const manifest = manifestSchema.parse(JSON.parse(text));
  if (manifest['Manifest-Checksum'] !== sha256Of(text.slice(0, lastLine))) {
    throw new Error(`${MANIFEST_FILE} has been changed since it was made`);
  }
  const range = manifest['WAL-Ranges'].at(-1);
  if (range === undefined) throw new Error(`${MANIFEST_FILE} names no range of the log`);
  return {
    files: manifest.Files.map((file) => ({
      path: file.Path,
      bytes: file.Size,
      modifiedAt: new Date(file['Last-Modified']),
      sha256: file.Checksum,
    })),
    walRange: { timeline: range.Timeline, startLsn: range['Start-LSN'], endLsn: range['End-LSN'] },
  };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
