import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Segments of the write-ahead log, and the archive that they are shipped to. */

/** Seconds. A segment is shipped when it is full, or this old: so much work at most is lost with the disk. */
const ARCHIVE_TIMEOUT_SECONDS = 60;

const SEGMENT = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

/** `000000010000000000000007`: its timeline, and its place in the log as one number. */
export interface Segment {
  readonly timeline: number;
  readonly number: bigint;
}

/** Undefined for what is no segment: a timeline's history, a backup's note. */
export function parseSegment(name: string, segmentBytes: number): Segment | undefined {
  const parts = SEGMENT.exec(name);
  if (parts === null) return undefined;
  const [, timeline = '', log = '', part = ''] = parts;
  return {
    timeline: Number.parseInt(timeline, 16),
    number: BigInt(`0x${log}`) * segmentsInALog(segmentBytes) + BigInt(`0x${part}`),
  };
}

export function segmentName({ timeline, number }: Segment, segmentBytes: number): string {
  const perLog = segmentsInALog(segmentBytes);
  return [BigInt(timeline), number / perLog, number % perLog]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

/** From the first to the last, both included, on the last one's timeline. */
export function segmentsBetween(first: string, last: string, segmentBytes: number): readonly string[] {
  const [from, to] = [parseSegment(first, segmentBytes), parseSegment(last, segmentBytes)];
  if (from === undefined || to === undefined) throw new TypeError(`no segments: ${first}, ${last}`);
  const count = Number(to.number - from.number) + 1;
  return Array.from({ length: count }, (_, index) =>
    segmentName({ timeline: to.timeline, number: from.number + BigInt(index) }, segmentBytes),
  );
}

/** The archive's segments, the oldest first; without those that are being written. */
export async function archivedSegments(archive: string): Promise<readonly string[]> {
  const names = await readdir(archive).catch(() => []);
  return names
    .filter((name) => name.endsWith('.gz'))
    .map((name) => name.slice(0, -'.gz'.length))
    .filter((name) => SEGMENT.test(name))
    .sort((a, b) => (a.slice(8) < b.slice(8) ? -1 : a.slice(8) > b.slice(8) ? 1 : a < b ? -1 : 1));
}

/**
 * The segments that are missing between `first` and the archive's newest: whatever comes after one of them can't be
 * reached. A place in the log counts as filled on any timeline.
 */
export async function missingSegments(
  archive: string,
  first: string,
  segmentBytes: number,
): Promise<readonly string[]> {
  const from = parseSegment(first, segmentBytes);
  if (from === undefined) throw new TypeError(`no segment: ${first}`);
  const present = (await archivedSegments(archive)).flatMap((name) => parseSegment(name, segmentBytes) ?? []);
  const numbers = new Set(present.map(({ number }) => number));
  const newest = present.at(-1)?.number ?? from.number;
  const missing: string[] = [];
  for (let number = from.number; number <= newest; number++) {
    if (!numbers.has(number)) missing.push(segmentName({ timeline: from.timeline, number }, segmentBytes));
  }
  return missing;
}

/** What a server is started with so that it ships its log to `archive`, by the script `archiveScript`. */
export function archivingSettings(archiveScript: string, archive: string): Readonly<Record<string, string>> {
  return {
    archive_mode: 'on',
    archive_command: [archiveScript, archive].map(inACommand).concat('"%p"', '"%f"').join(' '),
    archive_timeout: String(ARCHIVE_TIMEOUT_SECONDS),
  };
}

/** What brings it back. */
export function restoreCommand(fetchScript: string, archive: string): string {
  return [fetchScript, archive].map(inACommand).concat('"%f"', '"%p"').join(' ');
}

/** One of the shell scripts that come with the package; scripts aren't compiled, so they are where the sources are. */
export function backupScript(name: 'archive-wal.sh' | 'fetch-wal.sh'): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'ops', 'backup', name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new Error(`ops/backup/${name} is missing from the package`);
  }
}

/** Quoted for the shell; and a % is PostgreSQL's own sign there. */
function inACommand(path: string): string {
  return `'${path.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;
}

function segmentsInALog(segmentBytes: number): bigint {
  return 0x1_0000_0000n / BigInt(segmentBytes);
}
