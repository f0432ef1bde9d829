import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { describeStatus } from '../../cli/describe-status.ts';
import { readGroupHistory } from '../../database/group-history.ts';
import { spendByMonth } from '../../database/spend-queries.ts';
import { type Rig, startRig } from '../support/rig.ts';
import {
  ABOUT_HOOK,
  chatsAbout,
  LIBRARY_HOOK,
  promptsOf,
  textFor,
  wordedGroup,
  wordingsOf,
} from '../support/worded-groups.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ writer: { TEXT_BUDGET_USD: 0.5, patienceMs: 6000 } });
}, 60_000);
afterAll(() => rig.stop(), 60_000);
beforeEach(() => fetch(`${rig.simulator.adminUrl}/faults`, { method: 'DELETE' }));

test('the same brief is worded once, whoever starts it again', async () => {
  const changes = { product: 'a copper pan' };
  const first = await wordedGroup(rig, changes);
  const second = await wordedGroup(rig, { ...changes, name: 'Again' });
  expect(await promptsOf(rig, second)).toEqual(await promptsOf(rig, first));
  expect(await chatsAbout(rig, 'a copper pan')).toHaveLength(2);
  const rows = await wordingsOf(rig, second);
  expect(rows.map(({ costMicroUsd, wordings }) => [costMicroUsd, wordings !== null])).toEqual([
    [0n, true],
    [0n, true],
  ]);
});

test('a refusal is not argued with: that factor has the library’s words, and the record says so', async () => {
  await rig.addFaults({ on: 'chat', does: 'refuse', match: ABOUT_HOOK });
  const id = await wordedGroup(rig, { product: 'a steel flask' });
  const [hook, pacing] = await wordingsOf(rig, id);
  expect(hook).toMatchObject({
    state: 'answered',
    wordings: null,
    problem: expect.stringContaining('refused'),
  });
  const [control] = await promptsOf(rig, id);
  expect(control).toContain(LIBRARY_HOOK);
  expect(control).toContain(textFor(pacing, 'steady'));
  expect(await chatsAbout(rig, 'a steel flask')).toHaveLength(2);
  const [entry] = (await readGroupHistory(rig.database, id)).filter(({ event }) => event === 'levels worded');
  expect(entry?.reason).toMatch(/^hook has the library's words: the language model refused \(I'm sorry/);
  expect(describeStatus(await rig.client.status(id))).toMatch(
    /writer +2 levels by .*\n +hook has the library's words/,
  );
});

test.each(['chatter', 'misfit', 'cut'] as const)(
  'an answer that can’t be used is asked for once more, with what was wrong: %s',
  async (does) => {
    await rig.addFaults({ on: 'chat', does, match: ABOUT_HOOK });
    const product = `a ${does} jug`;
    const id = await wordedGroup(rig, { product });
    const [first, second] = await wordingsOf(rig, id);
    expect(first).toMatchObject({ factor: 'hook', wordings: null, problem: expect.any(String) });
    expect(second).toMatchObject({ factor: 'hook', problem: null });
    expect((await promptsOf(rig, id))[0]).toContain(textFor(second, 'scene'));
    const [, again] = (await chatsAbout(rig, product)).filter(({ prompt }) =>
      prompt.includes('"name": "hook"'),
    );
    expect(again?.prompt).toContain(`That answer can't be used: ${first?.problem}`);
    expect((await rig.client.status(id)).group.writing?.warnings).toEqual([]);
  },
);

test.each([
  ['once', 1],
  ['twice', 2],
] as const)('an answer that says what the brand must not say is not used: %s', async (_, times) => {
  await rig.addFaults({ on: 'chat', does: 'say', words: 'the cheapest of all', match: ABOUT_HOOK, times });
  const product = `a kettle of ${times} tries`;
  const id = await wordedGroup(rig, { product, brand: { mustNotSay: ['cheapest'] } });
  const rows = (await wordingsOf(rig, id)).filter(({ factor }) => factor === 'hook');
  expect(rows).toHaveLength(2);
  expect(rows[0]?.problem).toMatch(/level1 says "cheapest", which the brand must not say/);
  const { variants, writing } = (await rig.client.status(id)).group;
  for (const { prompt } of variants) expect(prompt).not.toContain('cheapest');
  if (times === 1) {
    expect(writing?.warnings).toEqual([]);
    expect(variants[0]?.prompt).toContain(textFor(rows[1], 'scene'));
  } else {
    expect(writing?.warnings).toEqual([
      expect.stringMatching(/^hook has the library's words: the language model was asked twice.*cheapest/),
    ]);
    expect(variants[0]?.prompt).toContain(LIBRARY_HOOK);
  }
});

test('a server that asks to slow down is left alone for as long, and one that is away is waited for', async () => {
  await rig.addFaults(
    { on: 'chat', does: 'answer', status: 429, retryAfterSeconds: 1.5, times: 1 },
    { on: 'chat', does: 'answer', status: 503, times: 1 },
  );
  const before = Date.now();
  const id = await wordedGroup(rig, { product: 'a slow pot' });
  expect(Date.now() - before).toBeGreaterThan(1500);
  expect((await rig.client.status(id)).group.writing?.warnings).toEqual([]);
  // What was refused was never sent, as far as money goes.
  expect((await wordingsOf(rig, id)).map(({ state }) => state)).toEqual(['answered', 'answered']);
});

test('a server that stays away costs the test its words and nothing more', async () => {
  await rig.addFaults({ on: 'chat', does: 'answer', status: 500, times: 'always' });
  const id = await wordedGroup(rig, { product: 'a lost ladle' });
  expect(await wordingsOf(rig, id)).toEqual([]);
  const { writing } = (await rig.client.status(id)).group;
  expect(writing?.warnings).toHaveLength(2);
  expect(writing?.warnings[0]).toMatch(/hook has the library's words: .*does not answer as it should/);
  expect((await promptsOf(rig, id))[0]).toContain(LIBRARY_HOOK);
}, 30_000);

test('an answer that never came counts as charged, and is asked for again', async () => {
  await rig.addFaults({ on: 'chat', does: 'drop', match: ABOUT_HOOK });
  const id = await wordedGroup(rig, { product: 'a torn filter' });
  const [lost, found] = await wordingsOf(rig, id);
  expect(lost).toMatchObject({ factor: 'hook', state: 'lost', answer: null });
  expect(lost?.costMicroUsd).toBe(lost?.reservedMicroUsd);
  expect(found).toMatchObject({ factor: 'hook', state: 'answered' });
});

test('a budget that a question does not fit into buys none, and the test goes on', async () => {
  const id = await wordedGroup(rig, {
    product: 'a dear cup',
    writer: { enabled: true, budgetUsd: 0.000001 },
  });
  expect(await chatsAbout(rig, 'a dear cup')).toEqual([]);
  expect((await rig.client.status(id)).group.writing?.warnings[0]).toMatch(
    /hook has the library's words: Asking may cost up to \$0\.0\d+, and of \$0\.000001 in its budget for words/,
  );
});

test("what words cost counts against the venture's month", async () => {
  const rows = await spendByMonth(rig.database, {}, { defaultMonthlyCap: undefined });
  const all = await rig.database.levelWording.aggregate({ _sum: { costMicroUsd: true } });
  expect(rows.reduce((sum, { writing }) => sum + writing, 0)).toBe(Number(all._sum.costMicroUsd));
});
