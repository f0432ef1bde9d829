import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  archivedSegments,
  archivingSettings,
  backupScript,
  missingSegments,
  restoreCommand,
  segmentsBetween,
} from '../../recovery/backup/wal-archive.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';

afterAll(removeFolders);

const SEGMENT_BYTES = 16_777_216;
const NAME = '000000010000000000000007';

describe('the names of segments', () => {
  test('go on from one log to the next, and over to another timeline', () => {
    expect(segmentsBetween('0000000100000000000000FE', '000000020000000100000001', SEGMENT_BYTES)).toEqual([
      '0000000200000000000000FE',
      '0000000200000000000000FF',
      '000000020000000100000000',
      '000000020000000100000001',
    ]);
    // A server may have been made with other segments than most.
    expect(segmentsBetween('000000010000000000000003', '000000010000000100000000', 1_073_741_824)).toEqual([
      '000000010000000000000003',
      '000000010000000100000000',
    ]);
  });

  test('show a gap, on whichever timeline the next one is', async () => {
    const archive = await newFolder();
    const names = [
      '000000010000000000000006',
      NAME,
      '000000010000000000000009',
      '00000002000000000000000A',
      '00000002.history',
      '000000010000000000000006.00000028.backup',
    ];
    for (const name of names) await writeFile(join(archive, `${name}.gz`), '');
    await writeFile(join(archive, '.00000001000000000000000B.77'), 'half of one');
    expect(await archivedSegments(archive)).toHaveLength(4);
    expect(await missingSegments(archive, '000000010000000000000005', SEGMENT_BYTES)).toEqual([
      '000000010000000000000005',
      '000000010000000000000008',
    ]);
    expect(await missingSegments(archive, '000000010000000000000009', SEGMENT_BYTES)).toEqual([]);
  });
});

describe('the archive', () => {
  const run = (script: Parameters<typeof backupScript>[0], ...args: string[]) =>
    spawnSync(backupScript(script), args, { encoding: 'utf8' });

  test('takes a segment whole, compressed, for its owner alone, and gives it back', async () => {
    const folder = await newFolder();
    const archive = join(folder, "it's 100% mine");
    await mkdir(archive);
    const segment = join(folder, NAME);
    await writeFile(segment, Buffer.alloc(SEGMENT_BYTES, 'log'));
    expect(run('archive-wal.sh', archive, segment, NAME)).toMatchObject({ status: 0, stderr: '' });
    expect(await readdir(archive)).toEqual([`${NAME}.gz`]);
    const kept = await readFile(join(archive, `${NAME}.gz`));
    expect(gunzipSync(kept).equals(await readFile(segment))).toBe(true);

    const back = join(folder, 'back');
    expect(run('fetch-wal.sh', archive, NAME, back).status).toBe(0);
    expect((await readFile(back)).equals(await readFile(segment))).toBe(true);
    // Such a path must reach the script through PostgreSQL, which knows the % and a shell that knows the quote.
    expect(archivingSettings('/bin/a', archive).archive_command).toContain(`it'\\''s 100%% mine' "%p" "%f"`);
    expect(restoreCommand('/bin/f', archive)).toContain(`it'\\''s 100%% mine' "%f" "%p"`);
  });

  test('takes the same segment twice, and never another one of its name', async () => {
    const folder = await newFolder();
    const [mine, theirs] = [join(folder, 'mine'), join(folder, 'theirs')];
    await writeFile(mine, 'of one server');
    await writeFile(theirs, 'of another');
    expect(run('archive-wal.sh', folder, mine, NAME).status).toBe(0);
    expect(run('archive-wal.sh', folder, mine, NAME)).toMatchObject({ status: 0, stderr: '' });
    expect(run('archive-wal.sh', folder, theirs, NAME)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is there already and differs'),
    });
    expect(String(gunzipSync(await readFile(join(folder, `${NAME}.gz`))))).toBe('of one server');
  });

  test('that has no such segment says so, and otherwise than of one that is damaged', async () => {
    const folder = await newFolder();
    // PostgreSQL takes up to 125 for the archive's end, and stops at more.
    expect(run('fetch-wal.sh', folder, NAME, join(folder, 'back')).status).toBe(1);
    await writeFile(join(folder, `${NAME}.gz`), 'not compressed at all');
    const damaged = run('fetch-wal.sh', folder, NAME, join(folder, 'back'));
    expect(damaged).toMatchObject({ status: 200, stderr: expect.stringContaining("can't be read") });
    expect(await readdir(folder)).toEqual([`${NAME}.gz`]);
  });

  test('that is not there, or has no room, takes nothing and leaves nothing behind', async () => {
    const folder = await newFolder();
    const segment = join(folder, NAME);
    await writeFile(segment, 'log');
    expect(run('archive-wal.sh', join(folder, 'away'), segment, NAME).status).not.toBe(0);
    expect(run('archive-wal.sh', '/dev/full', segment, NAME).status).not.toBe(0);
    expect(await readdir(folder)).toEqual([NAME]);
  });
});
