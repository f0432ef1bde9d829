import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readBinding } from '../../recovery/binding.ts';
import { runHere } from '../cli/run-here.ts';
import { until } from '../local/support/until.ts';
import { ordersOf, postsOf } from '../paying/books.ts';
import { isTesting } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { expectExit, killScreentests, screentest, startScreentest } from '../support/screentest.ts';
import { backUp } from './support/restores.ts';

/** Two installations that have nothing to do with each other. */
let ours: Rig;
let theirs: Rig;
beforeAll(async () => {
  [ours, theirs] = await Promise.all([startRig(), startRig({ startsWorkers: false })]);
}, 60_000);
afterEach(killScreentests);
afterAll(async () => {
  await ours.stop();
  await theirs.stop();
}, 60_000);

const idOf = async ({ database }: Rig) => (await database.installation.findFirstOrThrow()).id;

test('first use ties a namespace and a database to each other, and a worker keeps the mark of both', async () => {
  const row = await ours.database.installation.findFirstOrThrow();
  expect(row.namespace).toContain(ours.environment.TEMPORAL_NAMESPACE);
  expect(await readBinding(ours.temporal)).toEqual({ installation: row.id, mark: Number(row.mark) });
  const again = expectExit(await runHere(['setup', '-o', 'json'], ours.environment), 0);
  expect(JSON.parse(again.stdout)).toMatchObject({ database: row.id });
});

describe('a worker', () => {
  test('refuses a namespace that belongs to another database, and names both', async () => {
    const environment = { ...theirs.environment, TEMPORAL_NAMESPACE: ours.environment.TEMPORAL_NAMESPACE };
    const { exit, stderr } = await screentest(['worker'], environment);
    expect(exit).toBe(4);
    expect(stderr).toContain('NAMESPACE_OF_ANOTHER_DATABASE');
    for (const id of [await idOf(ours), await idOf(theirs)]) expect(stderr).toContain(id);
    expect(stderr).toContain('screentest setup --take-over');
    // Nor is anything added to a namespace of others.
    expect(await runHere(['setup'], environment)).toMatchObject({ exit: 4 });
  });

  test('refuses a database that belongs to another namespace', async () => {
    const environment = { ...ours.environment, TEMPORAL_NAMESPACE: theirs.environment.TEMPORAL_NAMESPACE };
    const { exit, stderr } = await screentest(['worker'], environment);
    expect(exit).toBe(4);
    expect(stderr).toContain('DATABASE_OF_ANOTHER_NAMESPACE');
  });

  test('refuses a copy of its database, which does no harm in the namespace of the first', async () => {
    const copy = await backUp(ours);
    try {
      const environment = { ...ours.environment, DATABASE_URL: copy.url };
      const { exit, stderr } = await screentest(['worker'], environment);
      expect(exit).toBe(4);
      expect(stderr).toContain('DATABASE_RESTORED');
      const taken = await runHere(['setup', '--take-over', '--yes'], environment);
      expect(taken).toMatchObject({ exit: 4, stderr: expect.stringContaining('a namespace of its own') });
    } finally {
      await copy.remove();
    }
  });

  test('refuses a database whose rows were put back in their place', async () => {
    await ours.database.$executeRaw`UPDATE installation SET mark = mark - 1`;
    const { exit, stderr } = await screentest(['worker'], ours.environment);
    expect(exit).toBe(4);
    expect(stderr).toMatch(/behind its namespace \(mark \d+ of \d+\)/);
    expectExit(await runHere(['reconcile', '--yes'], ours.environment), 0);
    const worker = startScreentest(['worker'], ours.environment);
    await worker.untilPrinted('the worker is ready');
    expect((await worker.end('SIGTERM')).exit).toBe(0);
  });
});

test('a namespace that was lost gives way to a new one, where every group goes on and pays nothing twice', async () => {
  const lost = await startRig({ simulator: { render: { baseSeconds: 3, perVideoSecond: 0, jitter: 0 } } });
  const fresh = await startRig({ startsWorkers: false });
  try {
    const parked = await lost.start({ name: 'Parked', variants: 2 });
    await lost.until(parked, isTesting);
    const making = await lost.start({ name: 'Making', variants: 3 });
    await until('every order is accepted', async () => {
      const orders = await ordersOf(lost, making);
      return orders.length === 3 && orders.every(({ soraJobId }) => soraJobId !== null);
    });
    await lost.stopWorkers();

    const environment = { ...lost.environment, TEMPORAL_NAMESPACE: fresh.environment.TEMPORAL_NAMESPACE };
    const run = (...args: string[]) => runHere(args, environment);
    expect(await run('setup')).toMatchObject({ exit: 4 });
    expect(await run('setup', '--take-over')).toMatchObject({ exit: 2 });
    expectExit(await run('setup', '--take-over', '--yes'), 0);
    const told = expectExit(await run('reconcile'), 0).stdout;
    expect(told).toContain('its workflow is not there');
    const resumed = expectExit(await run('resume', '--all', '-o', 'json'), 0);
    expect(JSON.parse(resumed.stdout).resumed).toHaveLength(2);
    const worker = startScreentest(['worker'], environment);
    await worker.untilPrinted('the worker is ready');
    await until(
      'both are testing',
      async () => (await lost.database.variantGroup.count({ where: { testStatus: 'testing' } })) === 2,
      30,
    );
    expect(await postsOf(lost, making)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    expect((await lost.ledger()).postsReceived).toBe(5);
    await until('all are made', async () => {
      const orders = await ordersOf(lost, making);
      return orders.every(({ jobStatus }) => jobStatus === 'completed');
    });
    const declared = ['declare-winner', parked, '--variant', 'Control'];
    expectExit(await run(...declared), 0);
    await worker.end('SIGTERM');
  } finally {
    killScreentests();
    await lost.stop();
    await fresh.stop();
  }
}, 120_000);
