import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type BackupFolder, listBackups, openBackupFolder } from '../../recovery/backup/backup-folder.ts';
import { planPruning, prune } from '../../recovery/backup/prune.ts';
import { runHere } from '../cli/run-here.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';

afterAll(removeFolders);

const NOW = new Date('2026-11-24T12:00:00Z');
const DAY_MS = 86_400_000;

interface Sample {
  readonly daysAgo: number;
  /** Of the segment in which it began. */
  readonly segment: number;
  readonly isVerified?: boolean;
}

/** Backups of that age, and an archive that goes from segment 1 to 20. */
async function folderWith(samples: readonly Sample[]): Promise<BackupFolder> {
  const folder = await openBackupFolder(await newFolder());
  for (const { daysAgo, segment, isVerified = true } of samples) {
    const at = new Date(NOW.getTime() - daysAgo * DAY_MS).toISOString();
    const path = join(folder.backups, at.replaceAll(/[-:]/g, ''));
    await mkdir(join(path, 'data'), { recursive: true });
    const record = {
      method: 'copy',
      startedAt: at,
      finishedAt: at,
      serverVersion: 180_004,
      systemIdentifier: '1',
      bytes: 1,
      isArchived: true,
      ...(isVerified && { verifiedAt: at }),
    };
    await writeFile(join(path, 'backup.json'), JSON.stringify(record));
    const label = `START WAL LOCATION: 0/28 (file ${name(segment)})\n`;
    await writeFile(join(path, 'data', 'backup_label'), label);
  }
  for (let segment = 1; segment <= 20; segment++)
    await writeFile(join(folder.wal, `${name(segment)}.gz`), '');
  await writeFile(join(folder.wal, `${name(2)}.00000028.backup.gz`), '');
  await writeFile(join(folder.wal, '00000002.history.gz'), '');
  return folder;
}

function name(segment: number): string {
  return `0000000100000000${segment.toString(16).toUpperCase().padStart(8, '0')}`;
}

const idsOf = async (folder: BackupFolder) =>
  (await listBackups(folder)).map(({ startedAt }) => (NOW.getTime() - startedAt.getTime()) / DAY_MS);

test('every moment of the last 30 days can still be restored, and no more than that needs is kept', async () => {
  const folder = await folderWith([
    { daysAgo: 40, segment: 2 },
    { daysAgo: 32, segment: 5 },
    { daysAgo: 31, segment: 7 },
    { daysAgo: 29, segment: 9 },
    { daysAgo: 1, segment: 18 },
  ]);
  const plan = await planPruning(folder, 30, NOW);
  expect(plan.reachesBackTo).toEqual(new Date('2026-10-24T12:00:00Z'));
  await prune(folder, plan);
  // The one of 31 days ago is what a moment 30 days ago is restored from.
  expect(await idsOf(folder)).toEqual([31, 29, 1]);
  expect((await readdir(folder.wal)).sort()).toEqual([
    ...Array.from({ length: 14 }, (_, index) => `${name(index + 7)}.gz`),
    '00000002.history.gz',
  ]);
});

test('the last good backup is kept however old it is, and those that never were verified do not count', async () => {
  const alone = await folderWith([{ daysAgo: 400, segment: 3 }]);
  expect(await planPruning(alone, 30, NOW)).toMatchObject({
    backups: [],
    wal: [`${name(1)}.gz`, `${name(2)}.00000028.backup.gz`, `${name(2)}.gz`],
  });
  const doubtful = await folderWith([
    { daysAgo: 60, segment: 4 },
    { daysAgo: 31, segment: 6, isVerified: false },
    { daysAgo: 2, segment: 8, isVerified: false },
  ]);
  expect((await planPruning(doubtful, 30, NOW)).backups).toEqual([]);
});

test('an archive without any backup is left alone', async () => {
  const folder = await folderWith([]);
  expect(await planPruning(folder, 30, NOW)).toEqual({ backups: [], wal: [], reachesBackTo: undefined });
});

test('`backup prune` says what it would remove, and wants --yes', async () => {
  const folder = await folderWith([
    { daysAgo: 400, segment: 4 },
    { daysAgo: 300, segment: 6 },
  ]);
  const args = ['backup', 'prune', '--from', folder.path];
  const asked = await runHere(args, {});
  expect(asked).toMatchObject({ exit: 2, stderr: expect.stringContaining('This removes 1 backups (') });
  expect(await idsOf(folder)).toEqual([400, 300]);
  expect((await runHere([...args, '--yes'], {})).stdout).toContain('Removed 1 backups (');
  expect(await idsOf(folder)).toEqual([300]);
});

test('verbs say where backups must be named, and make no folder where a name is mistyped', async () => {
  expect(await runHere(['backup', 'list'], {})).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('BACKUP_FOLDER_NOT_NAMED'),
  });
  const mistyped = join(await newFolder(), 'bakcups');
  expect(await runHere(['backup', 'list'], { SCREENTEST_BACKUP_DIR: mistyped })).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('BACKUP_FOLDER_NOT_FOUND'),
  });
  const into = join(await newFolder(), 'restored');
  for (const time of ['yesterday', '2026-11-24T02:15:00', '2999-01-01T00:00:00Z']) {
    const answer = await runHere(['restore', '--to-time', time, '--into', into, '--from', mistyped], {});
    expect(answer).toMatchObject({ exit: 2, stderr: expect.stringContaining('RESTORE_TIME') });
  }
  expect(await runHere(['restore', '--into', into], {})).toMatchObject({ exit: 2 });
});
