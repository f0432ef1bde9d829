import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ensureSchedules } from '../../client/schedules.ts';
import type { GroupId } from '../../domain/ids.ts';
import type { Reconciliation } from '../../recovery/reconcile.ts';
import { workflowStateOf } from '../../temporal/workflow-state.ts';
import { WATCH_GROUPS_WORKFLOW, workflowIdOf } from '../../workflows/messages.ts';
import { runHere } from '../cli/run-here.ts';
import { until } from '../local/support/until.ts';
import { ordersOf } from '../paying/books.ts';
import { isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { expectExit } from '../support/screentest.ts';
import { type Backup, backUp } from './support/restores.ts';

let rig: Rig;
let backup: Backup | undefined;
beforeAll(async () => {
  rig = await startRig({
    startsWorkers: false,
    simulator: { render: { baseSeconds: 1, perVideoSecond: 0, jitter: 0 } },
  });
  await ensureSchedules(rig.temporal.schedule);
}, 60_000);
afterEach(async () => {
  await backup?.remove();
  backup = undefined;
});
afterAll(() => rig.stop(), 60_000);

async function reconcile(...args: string[]): Promise<Reconciliation> {
  return JSON.parse(
    expectExit(await runHere(['reconcile', '-o', 'json', ...args], rig.environment), 0).stdout,
  );
}

async function testing(name: string): Promise<GroupId> {
  const id = await rig.start({ name, variants: 2 });
  await rig.until(id, isTesting);
  return id;
}

test('numbers that a restore took away are named by file, checksum, time and person, until they are imported again', async () => {
  const stopWorkers = await rig.startWorkers();
  const id = await testing('Measured');
  backup = await backUp(rig);
  const csv = join(rig.storageFolder, '..', `${id}.csv`);
  await writeFile(
    csv,
    'variant,platform,metric,value,recorded_at\nControl,tiktok,impressions,2041,2026-11-21\nControl,tiktok,conversions,52,2026-11-21\n',
  );
  expectExit(await runHere(['import', id, csv], rig.environment), 0);
  const { fileSha256 } = await rig.database.metricImport.findFirstOrThrow();
  await rig.temporal.schedule.getHandle('screentest-groups').trigger();
  const query = `WorkflowType = '${WATCH_GROUPS_WORKFLOW}' AND ExecutionStatus = 'Completed'`;
  await until('the look is over', async () => (await rig.temporal.workflow.count(query)).count > 0);
  await stopWorkers();
  await backup.restore();

  const { imports } = await reconcile('--yes');
  expect(imports.imports).toMatchObject([
    { groupId: id, file: `${id}.csv`, sha256: fileSha256, person: ANA },
  ]);
  const told = expectExit(await runHere(['reconcile'], rig.environment), 0).stdout;
  expect(told).toContain(`screentest import ${id}`);
  expectExit(await runHere(['import', id, csv], rig.environment), 0);
  expect((await reconcile()).imports.imports).toEqual([]);
});

test('a job that no order has is listed with its cost; one that can only be one file’s is taken for it', async () => {
  const stopWorkers = await rig.startWorkers();
  const id = await rig.start({ name: 'Both lost', variants: 2 });
  await until('every order is accepted', async () => {
    const orders = await ordersOf(rig, id);
    return orders.length === 2 && orders.every(({ soraJobId }) => soraJobId !== null);
  });
  await stopWorkers();
  // Both stores have lost them: the rows are as they were planned, and the history is gone.
  const { workflowService, options } = rig.temporal;
  await rig.temporal.workflow.getHandle(workflowIdOf(id)).terminate('a test');
  await workflowService.deleteWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: workflowIdOf(id) },
  });
  await until(
    'the history is forgotten',
    async () => (await workflowStateOf(rig.temporal, workflowIdOf(id))) === 'not there',
    30,
  );
  await rig.database.$transaction([
    rig.database.$executeRaw`SET LOCAL screentest.erasure = 'on'`,
    rig.database.$executeRaw`DELETE FROM variant_renditions r USING video_variants v
      WHERE v.id = r.video_variant_id AND v.variant_group_id = ${id}::uuid`,
    rig.database.$executeRaw`DELETE FROM budget_ledger WHERE variant_group_id = ${id}::uuid`,
    rig.database.$executeRaw`DELETE FROM video_generation_jobs j USING video_variants v
      WHERE v.id = j.video_variant_id AND v.variant_group_id = ${id}::uuid`,
    rig.database.$executeRaw`UPDATE video_variants SET generation_status = 'pending', generation_job_id = NULL
      WHERE variant_group_id = ${id}::uuid`,
  ]);
  await fetch(`${rig.simulator.url}/videos`, {
    method: 'POST',
    headers: { authorization: 'Bearer test', 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'of somebody else', model: 'sora-2', seconds: '1', size: '128x72' }),
  });
  const { postsReceived } = await rig.ledger();

  const { jobs } = await reconcile('--yes');
  expect(jobs.map(({ prompt, adoptedFor }) => [prompt === 'of somebody else', adoptedFor?.variant])).toEqual(
    expect.arrayContaining([
      [true, undefined],
      [false, 'Control'],
      [false, 'Variant B'],
    ]),
  );
  expect((await reconcile()).jobs).toHaveLength(1);
  expectExit(await runHere(['resume', id], rig.environment), 0);
  await rig.startWorkers();
  const { variants } = await rig.until(id, isTesting);
  expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
  expect((await rig.ledger()).postsReceived).toBe(postsReceived);
});

test('a stored file that no row knows is listed, and a row whose file is gone', async () => {
  await writeFile(join(rig.storageFolder, 'stray-0123456789ab.mp4'), 'a film');
  const [row] = await rig.database.variantRendition.findMany({ take: 1 });
  await rig.database.variantRendition.update({
    where: { id: row?.id ?? '' },
    data: { storageKey: 'gone-0123456789ab.mp4' },
  });
  const { files } = await reconcile();
  expect(files.missing).toMatchObject([{ key: 'gone-0123456789ab.mp4' }]);
  expect(files.orphans).toEqual([row?.storageKey, 'stray-0123456789ab.mp4'].toSorted());
});
