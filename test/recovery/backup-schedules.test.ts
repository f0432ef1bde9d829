import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
import { type BackupDuty, createBackupActivities } from '../../activities/backup.ts';
import { failureInterceptor } from '../../activities/failures.ts';
import { ensureSchedules } from '../../client/schedules.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { migrate } from '../../prisma/migrator.ts';
import { type BackupFolder, listBackups, openBackupFolder } from '../../recovery/backup/backup-folder.ts';
import { backupDuty } from '../../recovery/backup/duty.ts';
import { archivingSettings } from '../../recovery/backup/wal-archive.ts';
import { BACK_UP_DATABASE_WORKFLOW, BACKUP_QUEUE, MAIN_QUEUE } from '../../workflows/messages.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { until } from '../local/support/until.ts';
import { insertRowsEverywhere } from '../prisma/rows.ts';
import { type Rig, required, startRig } from '../support/rig.ts';
import { replayEveryRun } from '../support/runs.ts';

let rig: Rig;
let folder: BackupFolder;
let server: RunningPostgres;
let connection: NativeConnection;
beforeAll(async () => {
  folder = await openBackupFolder(join(await newFolder(), 'backups'));
  server = await startPostgres({
    dataDirectory: await newFolder(),
    settings: archivingSettings(folder.archiveScript, folder.wal),
  });
  await migrate({ connectionString: server.url, opensAutomaticMode: true });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await insertRowsEverywhere(client);
  await client.end();
  rig = await startRig();
  connection = await NativeConnection.connect({ address: required('SCREENTEST_TEST_TEMPORAL_ADDRESS') });
  await ensureSchedules(rig.temporal.schedule);
}, 120_000);
afterAll(async () => {
  await rig.stop();
  await connection.close();
  await server.stop();
  await removeFolders();
}, 60_000);

/** Triggers the schedule and gives the workflow that it started, while a worker with this duty polls. */
async function runOf<Result>(
  scheduleId: string,
  duty: BackupDuty,
  use: (workflowId: string) => Promise<Result>,
): Promise<Result> {
  const worker = await Worker.create({
    connection,
    namespace: rig.temporal.options.namespace,
    taskQueue: BACKUP_QUEUE,
    activities: createBackupActivities(duty),
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
  });
  return worker.runUntil(async () => {
    const schedule = rig.temporal.schedule.getHandle(scheduleId);
    const startedBefore = (await schedule.describe()).info.numActionsTaken;
    await schedule.trigger();
    let workflowId = '';
    await until('the schedule starts its workflow', async () => {
      const { numActionsTaken, recentActions } = (await schedule.describe()).info;
      workflowId = recentActions.at(-1)?.action.workflow.workflowId ?? '';
      return numActionsTaken > startedBefore && workflowId !== '';
    });
    const result = await use(workflowId);
    await replayEveryRun(rig.temporal, [workflowId]);
    return result;
  });
}

async function duty(): Promise<BackupDuty> {
  const settings = {
    DATABASE_URL: server.url,
    SCREENTEST_BACKUP_DIR: folder.path,
    SCREENTEST_BACKUP_KEEP_DAYS: 30,
  };
  const found = await backupDuty(settings);
  if (found === undefined) throw new Error('no duty');
  return found;
}

test('the daily schedule takes a backup at 02:00 UTC and verifies it, and the monthly one restores it and passes', async () => {
  const daily = await rig.temporal.schedule.getHandle('screentest-backup').describe();
  expect(daily.spec.calendars?.[0]).toMatchObject({ hour: [{ start: 2 }], minute: [{ start: 0 }] });
  await runOf('screentest-backup', await duty(), async (workflowId) => {
    const handle = rig.temporal.workflow.getHandle(workflowId);
    const result = await handle.result();
    const [backup] = await listBackups(folder);
    expect(result).toMatchObject({ id: backup?.id, method: 'copy', isArchived: true });
    expect(backup?.verifiedAt).toBeInstanceOf(Date);
    expect((await handle.describe()).memo).toMatchObject({ backup: backup?.id });
  });

  const monthly = await rig.temporal.schedule.getHandle('screentest-restore-drill').describe();
  expect(monthly.spec.calendars?.[0]).toMatchObject({ dayOfMonth: [{ start: 1 }], hour: [{ start: 3 }] });
  await runOf('screentest-restore-drill', await duty(), async (workflowId) => {
    const handle = rig.temporal.workflow.getHandle(workflowId);
    const result = await handle.result();
    expect(result).toMatchObject({ hasPassed: true, differences: [] });
    expect((await handle.describe()).memo).toMatchObject({ drill: 'passed' });
    const report: unknown = JSON.parse(await readFile(Object(result).reportFile, 'utf8'));
    // Of the server in use every table was compared, and the damage was done to a copy of it.
    expect(report).toMatchObject({
      subject: 'backup',
      isComparedWithServer: true,
      damage: [{ kind: 'rows' }, { kind: 'pages' }],
    });
  });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query('SELECT count(*)::int AS groups FROM variant_groups');
  await client.end();
  expect(rows).toEqual([{ groups: 2 }]);
}, 120_000);

test('a drill that finds a difference fails its run, and says which', async () => {
  const failing: BackupDuty = {
    backUp: () => Promise.reject(new Error('not asked for')),
    drill: () =>
      Promise.resolve({
        hasPassed: false,
        tables: 30,
        rows: 100,
        recoverySeconds: 3,
        backupRestoredInSeconds: 2,
        differences: ['public.ventures has 3 rows instead of 4'],
        reportFile: '/var/backups/screentest/drills/newest.json',
      }),
  };
  await runOf('screentest-restore-drill', failing, async (workflowId) => {
    const handle = rig.temporal.workflow.getHandle(workflowId);
    const error = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({
      cause: {
        type: 'DRILL_FAILED',
        message: expect.stringContaining('public.ventures has 3 rows instead of 4'),
      },
    });
    expect((await handle.describe()).memo).toMatchObject({ drill: 'failed' });
  });
});

test('where no worker knows a place for backups, the run says so and ends', async () => {
  const workflowId = 'back-up-nowhere';
  const result = await rig.temporal.workflow.execute(BACK_UP_DATABASE_WORKFLOW, {
    taskQueue: MAIN_QUEUE,
    workflowId,
    args: [{ withinMs: 1000 }],
  });
  expect(result).toEqual({ notDone: expect.stringContaining('SCREENTEST_BACKUP_DIR') });
  await replayEveryRun(rig.temporal, [workflowId]);
});
