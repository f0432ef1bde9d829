import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runHere } from '../cli/run-here.ts';
import { until } from '../local/support/until.ts';
import { isTesting, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { expectExit } from '../support/screentest.ts';
import { type Backup, backUp } from './support/restores.ts';

let rig: Rig;
let backup: Backup;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(async () => {
  await rig.stop();
  await backup.remove();
}, 60_000);

test('somebody who was erased after the backup is erased again by reconcile, and their group does not come back', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await rig.client.declareWinner(id, { variant: 'Control', by: ANA, reason: undefined });
  await until('it is over', async () => (await rowOf(rig, id)).testStatus === 'completed');
  backup = await backUp(rig);
  const environment = { ...rig.environment, SCREENTEST_USER: 'bo@example.com' };
  expectExit(await runHere(['erase-user', ANA, '--yes'], environment), 0);
  expect(await rig.database.variantGroup.count()).toBe(0);
  await rig.stopWorkers();
  await backup.restore();
  expect(await rig.database.variantGroup.count()).toBe(1);

  expectExit(await runHere(['reconcile'], environment), 0);
  expect(await rig.database.variantGroup.count()).toBe(1);
  const told = expectExit(await runHere(['reconcile', '--yes'], environment), 0).stdout;
  expect(told).toContain('1 were back, and are erased again');
  expect(await rig.database.variantGroup.count()).toBe(0);
  expect(await rig.database.user.count({ where: { email: ANA } })).toBe(0);
  const again = expectExit(await runHere(['reconcile', '--yes', '-o', 'json'], environment), 0);
  expect(JSON.parse(again.stdout)).toMatchObject({ groups: [], steps: [{ done: [] }] });
  await rig.startWorkers();
});
