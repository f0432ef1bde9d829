import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { type Overview, workflowIdOf } from '../../workflows/messages.ts';
import { eventsOfGroup, isTesting, rowOf } from '../support/groups.ts';
import { ANA, type Rig, required, startRig } from '../support/rig.ts';

let rig: Rig;
/** Gets every bad signal, one after the other, and goes on. */
let pestered: GroupId;

beforeAll(async () => {
  rig = await startRig();
  await rig.addFaults({ on: 'job', does: 'fail', match: { prompt: 'fails once' }, times: 1 });
  pestered = await rig.start({ variants: 2 });
  await rig.until(pestered, isTesting);
}, 60_000);
afterAll(() => rig.stop(), 60_000);

interface RawPayload {
  readonly encoding?: string;
  readonly data: string;
}

/** As anything that speaks Temporal's protocol may send it. */
async function send(id: GroupId, signalName: string, ...payloads: readonly RawPayload[]): Promise<void> {
  await rig.temporal.workflowService.signalWorkflowExecution({
    namespace: rig.temporal.options.namespace,
    workflowExecution: { workflowId: workflowIdOf(id) },
    signalName,
    input: {
      payloads: payloads.map(({ encoding, data }) => ({
        metadata: encoding === undefined ? {} : { encoding: Buffer.from(encoding) },
        data: Buffer.from(data),
      })),
    },
  });
}

const json = (value: unknown): RawPayload => ({ encoding: 'json/plain', data: JSON.stringify(value) });
const declaration = (variant: unknown, by: unknown = ANA): RawPayload => json({ variant, by });

/** @returns the group after it has refused one more message, which is the newest shown and the newest recorded */
async function refused(
  id: GroupId,
  message: string,
  act: () => Promise<void>,
): Promise<{ reason: string; seen: Overview }> {
  const before = (await rig.overview(id)).refusedCount;
  await act();
  const seen = await rig.until(id, ({ refusedCount }) => refusedCount === before + 1);
  const shown = seen.refusedMessages.at(-1);
  expect(shown?.message).toBe(message);
  const reason = shown?.reason ?? '';
  const details = await recordedRefusal(id, before + 1);
  expect(details).toMatchObject({ event: `refused ${message}`, actor: 'unknown' });
  return { reason, seen };
}

async function recordedRefusal(id: GroupId, number: number) {
  for (let attempt = 1; ; attempt++) {
    const refusals = (await eventsOfGroup(rig, id)).filter(({ event }) => event.startsWith('refused'));
    const found = refusals[number - 1];
    if (found !== undefined || attempt === 200) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test.each<[string, RawPayload[], RegExp]>([
  ['an encoding nobody knows', [{ encoding: 'binary/strange', data: 'x' }], /binary\/strange/],
  ['no encoding', [{ data: '{}' }], /variant/],
  [
    'an encrypted payload that nobody here can read',
    [{ encoding: 'binary/encrypted', data: 'x' }],
    /encrypted/,
  ],
  ['broken JSON', [{ encoding: 'json/plain', data: '{"variant": "Vari' }], /json/],
  ['null', [json(null)], /null/],
  ['nothing', [], /nothing/],
  ['a number', [json(42)], /42/],
  ['a text', [json('Variant B')], /Variant B/],
  ['a list', [json([{ variant: 'Variant B', by: ANA }])], /Variant B/],
  ['other fields', [json({ winner: 'Variant B' })], /variant: .*by: /],
  ['a variant that does not exist', [declaration('Variant Z')], /"Variant Z".*Control, Variant B/],
  ['a number for a variant', [declaration(2)], /variant/],
  ['a name of a million letters', [declaration('x'.repeat(1_000_000))], /variant/],
  ['no e-mail address', [declaration('Variant B', 'Ana')], /by: an e-mail address/],
  ['an endless e-mail address', [declaration('Variant B', `${'a'.repeat(3000)}@example.com`)], /by: /],
  ['a character that Postgres cannot keep', [declaration('Variant\u0000B')], /Control, Variant B/],
  ['half a character', [declaration('Variant \ud83d')], /Control, Variant B/],
  ['half a character where it is cut', [json({ odd: `${'x'.repeat(291)}😀😀😀` })], /variant/],
  [
    'JSON as deep as it is long',
    [{ encoding: 'json/plain', data: '['.repeat(50_000) + ']'.repeat(50_000) }],
    /./,
  ],
])(
  'a declaration by signal with %s is refused, shown and recorded, and the group goes on',
  async (_, payloads, why) => {
    const { reason, seen } = await refused(pestered, 'declareWinner', () =>
      send(pestered, 'declareWinner', ...payloads),
    );
    expect(reason).toMatch(why);
    expect(reason.length).toBeLessThan(1000);
    expect(seen.status).toBe('testing');
  },
);

test('a verdict that is none is refused, and does not end the test', async () => {
  const { reason, seen } = await refused(pestered, 'verdictReached', () =>
    send(pestered, 'verdictReached', json({ kind: 'winner' })),
  );
  expect(reason).toMatch(/snapshotId/);
  expect(seen.status).toBe('testing');
});

test('a signal whose name is misspelt harms nothing', async () => {
  await send(pestered, 'declareWiner', declaration('Variant B'));
  await send(pestered, '__temporal_declareWinner', declaration('Variant B'));
  expect((await rig.overview(pestered)).status).toBe('testing');
});

test('after all these the same group can still be declared', async () => {
  await send(pestered, 'declareWinner', declaration('Variant B', 'Bo@Example.com'));
  await expect(rig.client.result(pestered)).resolves.toMatchObject({
    outcome: 'winner',
    winner: 'Variant B',
  });
  expect(await rowOf(rig, pestered)).toMatchObject({
    testStatus: 'completed',
    decision: { by: 'bo@example.com' },
  });
});

test("the README's command declares a winner with Temporal's own command line", async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await promisify(execFile)(required('SCREENTEST_TEST_TEMPORAL_CLI'), [
    ...['workflow', 'signal', '--address', required('SCREENTEST_TEST_TEMPORAL_ADDRESS')],
    ...['--namespace', rig.temporal.options.namespace, '--workflow-id', workflowIdOf(id)],
    ...['--name', 'declareWinner', '--input', '{"variant":"Variant B","by":"ana@example.com"}'],
  ]);
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'winner', winner: 'Variant B' });
});

test('a declaration before there is a test is refused, and can be made later', async () => {
  const id = await rig.start({
    variants: [
      { name: 'One', prompt: 'one' },
      { name: 'Two', prompt: 'fails once' },
    ],
  });
  await rig.until(
    id,
    ({ variants }) => variants[0]?.status === 'completed' && variants[1]?.status === 'failed',
  );
  const one = { variant: 'One', by: ANA, reason: undefined };
  const { reason } = await refused(id, 'declareWinner', () => rig.client.signalWinner(id, one));
  expect(reason).toMatch(/generating.*testing and analyzing/);
  await rig.client.retryVariant(id, { variant: 'Two', by: ANA });
  await rig.until(id, isTesting);
  await rig.client.signalWinner(id, one);
  await expect(rig.client.result(id)).resolves.toMatchObject({ outcome: 'winner', winner: 'One' });
});

test('a verdict that nobody reached stops nothing and declares nothing, even where the machine may', async () => {
  const id = await rig.start({
    variants: 2,
    assignment: { tiktok: 'randomised' },
    decision: { declare: 'automatic' },
  });
  await rig.until(id, isTesting);
  const made = { snapshotId: 'made up', kind: 'winner', sentence: 'Control leads.', mayDeclare: 'Control' };
  await send(id, 'verdictReached', json(made));
  // The group looks for itself before it acts.
  await rig.until(id, ({ analysis }) => analysis !== undefined && analysis !== made.sentence);
  expect(await rig.overview(id)).toMatchObject({ status: 'testing', waitsFor: 'metrics and a declaration' });
  await rig.client.closeTest(id, { by: ANA });
  const { reason } = await refused(id, 'verdictReached', () =>
    send(id, 'verdictReached', json({ snapshotId: 'another', kind: 'winner', sentence: 'Variant B leads.' })),
  );
  expect(reason).toMatch(/analyzing/);
  await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: undefined });
  expect((await rowOf(rig, id)).outcome).toBe('winner');
});

test('150 bad signals are counted, 100 of them recorded, and the group can still be declared', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await Promise.all(Array.from({ length: 150 }, () => send(id, 'declareWinner', json(null))));
  const seen = await rig.until(id, ({ refusedCount }) => refusedCount === 150);
  expect(seen.refusedMessages).toHaveLength(20);
  await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: undefined });
  const refusals = (await eventsOfGroup(rig, id)).filter(({ event }) => event.startsWith('refused'));
  expect(refusals).toHaveLength(100);
});
