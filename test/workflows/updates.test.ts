import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { GroupId } from '../../domain/ids.ts';
import { type Retry, workflowIdOf } from '../../workflows/messages.ts';
import { eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
/** In testing; only refused messages are sent to it. */
let group: GroupId;

beforeAll(async () => {
  rig = await startRig();
  group = await rig.start({ variants: 2 });
  await rig.until(group, isTesting);
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const variantB = { variant: 'Variant B', by: ANA, reason: undefined };

/** Whatever is sent, as another program might; the reason it is refused for. */
async function refusal(id: GroupId, update: string, ...args: unknown[]): Promise<string> {
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(id));
  const [message] = args;
  const sent =
    args.length === 0 ? handle.executeUpdate(update) : handle.executeUpdate(update, { args: [message] });
  const answer = await sent.catch((error: unknown) => error);
  if (!(answer instanceof WorkflowUpdateFailedError)) throw new Error(`not refused: ${String(answer)}`);
  return answer.cause?.message ?? '';
}

test.each<[string, string, unknown[], RegExp]>([
  ['declareWinner', 'null', [null], /null/],
  ['declareWinner', 'nothing', [], /nothing/],
  ['declareWinner', 'a number', [7], /7/],
  ['declareWinner', 'other fields', [{ winner: 'Control' }], /variant: .*by: an e-mail address/],
  [
    'declareWinner',
    'an unknown variant',
    [{ variant: 'Variant Z', by: ANA }],
    /"Variant Z".*Control, Variant B/,
  ],
  ['declareWinner', 'no e-mail address', [{ variant: 'Control', by: 'Ana' }], /by: an e-mail address.*Ana/],
  ['closeTest', 'null', [null], /null/],
  ['closeTest', 'no e-mail address', [{ by: 'me' }], /by: an e-mail address/],
  ['closeTest', 'a word for a yes', [{ by: ANA, withoutWinner: 'yes' }], /withoutWinner/],
  ['retryVariant', 'null', [null], /null/],
  ['retryVariant', 'an unknown variant', [{ variant: 'Z', by: ANA }], /"Z".*Control, Variant B/],
  [
    'retryVariant',
    'a variant that has a video',
    [{ variant: 'Control', by: ANA }],
    /Control is completed; only a failed one/,
  ],
  ['provideVideo', 'null', [null], /null/],
  ['provideVideo', 'no source', [{ variant: 'Control', by: ANA }], /source/],
  [
    'provideVideo',
    'a path, which would open any file of the worker',
    [{ variant: 'Control', by: ANA, source: '/etc/passwd' }],
    /source: an http\(s\) address/,
  ],
])('%s with %s is refused with the reason, and leaves no trace', async (update, _, args, why) => {
  const before = await eventsOfGroup(rig, group);
  expect(await refusal(group, update, ...args)).toMatch(why);
  expect(await eventsOfGroup(rig, group)).toEqual(before);
  expect((await rig.overview(group)).status).toBe('testing');
});

test('an update in an encoding nobody knows is refused', async () => {
  const { outcome } = await rig.temporal.workflowService.updateWorkflowExecution({
    namespace: rig.temporal.options.namespace,
    workflowExecution: { workflowId: workflowIdOf(group) },
    // COMPLETED
    waitPolicy: { lifecycleStage: 3 },
    request: {
      meta: { updateId: 'strange', identity: 'a test' },
      input: {
        name: 'declareWinner',
        args: {
          payloads: [{ metadata: { encoding: Buffer.from('binary/strange') }, data: Buffer.from('x') }],
        },
      },
    },
  });
  expect(outcome?.failure?.message).toMatch(/binary\/strange/);
});

test('an update whose name is misspelt is refused', async () => {
  expect(await refusal(group, 'declareWiner', variantB)).toMatch(/declareWiner/);
});

test('of twenty declarations at once one counts, and is answered with its evidence; the others hear why not', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) =>
      rig.client.declareWinner(id, { ...variantB, by: `person-${n}@example.com` }),
    ),
  );
  const taken = answers.filter((answer) => answer.status === 'fulfilled');
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(taken.map(({ value }) => value)).toEqual([
    {
      outcome: 'winner',
      winner: 'Variant B',
      evidence: expect.stringMatching(/\w+ \w+/),
      look: 1,
      imports: [],
    },
  ]);
  expect(refused).toHaveLength(19);
  for (const { reason } of refused) {
    expect(String(reason)).toMatch(/has already declared Variant B|is ending|has ended|completed/);
  }
  const { decision } = await rowOf(rig, id);
  expect(decision).toMatchObject({ winner: 'Variant B', by: expect.stringMatching(/^person-\d+@/) });
});

test('a declaration with a reason that Postgres cannot keep as it is still completes the group', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await rig.client.declareWinner(id, { ...variantB, reason: 'be\u0000cause \ud83d' });
  expect((await rowOf(rig, id)).decision).toMatchObject({ reason: 'because \ufffd' });
});

test('a test closed without a winner ends so, with who closed it and why', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const receipt = await rig.client.closeTest(id, { by: ANA, reason: 'no budget', withoutWinner: true });
  expect(receipt).toEqual({ status: 'completed' });
  expect(await rowOf(rig, id)).toMatchObject({
    testStatus: 'completed',
    outcome: 'no_winner',
    winner: null,
    decision: { by: ANA, reason: 'no budget' },
  });
});

test('a test closed with the decision left open waits for it', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  expect(await rig.client.closeTest(id, { by: ANA })).toEqual({ status: 'analyzing' });
  expect(await refusal(id, 'closeTest', { by: ANA })).toMatch(/analyzing.*withoutWinner/);
  expect(await refusal(id, 'retryVariant', { variant: 'Control', by: ANA } satisfies Retry)).toMatch(
    /analyzing/,
  );
  await expect(rig.client.declareWinner(id, variantB)).resolves.toMatchObject({ winner: 'Variant B' });
});

test('a completed group takes nothing more', async () => {
  const id = await rig.start({ variants: 2, product: 'a closed kettle' });
  await rig.until(id, isTesting);
  await rig.client.declareWinner(id, variantB);
  await expect(rig.client.declareWinner(id, variantB)).rejects.toThrow(/ended/);
  await expect(rig.client.retryVariant(id, { variant: 'Control', by: ANA })).rejects.toThrow(/ended/);
  await expect(rig.client.signalWinner(id, variantB)).rejects.toThrow(/ended/);
  expect(await jobsFor(rig, 'a closed kettle')).toHaveLength(2);
});
