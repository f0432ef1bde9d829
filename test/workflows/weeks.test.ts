import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { workflowIdOf } from '../../workflows/messages.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { isTesting, rowOf } from '../support/groups.ts';
import { type Rig, required, startRig } from '../support/rig.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

let server: TestWorkflowEnvironment;
let rig: Rig;
beforeAll(async () => {
  server = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: required('SCREENTEST_TEST_SERVER_CLI') } },
  });
  // This server takes them, and can't list them, which our own setup asks for first.
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
  await server.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(names.map((name) => [name, KEYWORD])),
  });
  rig = await startRig({
    temporal: {
      address: server.address,
      namespace: 'default',
      client: server.client,
      nativeConnection: server.nativeConnection,
    },
  });
}, 60_000);
afterAll(async () => {
  await rig.stop();
  await server.teardown();
}, 60_000);

const DAY_MS = 86_400_000;

test('after four weeks of testing and two for deciding a group that nobody decides ends without a winner', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const result = await rig.client.result(id);
  expect(result).toMatchObject({ outcome: 'no_winner', reason: 'nobody declared a winner in time' });
  const { startTime, closeTime } = await rig.temporal.workflow.getHandle(workflowIdOf(id)).describe();
  const days = ((closeTime?.getTime() ?? 0) - startTime.getTime()) / DAY_MS;
  expect(Math.round(days)).toBe(42);
  expect(await rowOf(rig, id)).toMatchObject({ testStatus: 'completed', outcome: 'no_winner' });
});
