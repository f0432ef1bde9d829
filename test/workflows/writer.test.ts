import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeStatus } from '../../cli/describe-status.ts';
import { spendByGroup } from '../../database/spend-queries.ts';
import { eventsOfGroup, isTesting } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import {
  chatsAbout,
  LIBRARY_HOOK,
  promptsOf,
  TWO_FACTORS,
  textFor,
  wordedGroup,
  wordingsOf,
} from '../support/worded-groups.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ writer: { TEXT_BUDGET_USD: 0.5 } });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

test('a brief that asks for a writer gets prompts in its words, kept with model, hash and cost', async () => {
  const id = await wordedGroup(rig, { product: 'a brass kettle' });
  const [hook, pacing, ...others] = await wordingsOf(rig, id);
  expect(others).toEqual([]);
  expect(hook).toMatchObject({ factor: 'hook', model: 'simulated-writer', state: 'answered', problem: null });
  expect(hook?.promptSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(pacing?.promptSha256).not.toBe(hook?.promptSha256);
  const [control, asked, fast] = await promptsOf(rig, id);
  expect(control).toContain(textFor(hook, 'scene'));
  expect(control).toContain(textFor(pacing, 'steady'));
  expect(asked).toBe(control?.replace(textFor(hook, 'scene'), textFor(hook, 'question')));
  expect(fast).toBe(control?.replace(textFor(pacing, 'steady'), textFor(pacing, 'fast')));
  expect(control).not.toContain(LIBRARY_HOOK);

  // What the server counted, at the prices of the settings.
  const chats = await chatsAbout(rig, 'a brass kettle');
  const cost = chats.reduce(
    (sum, { usage }) => sum + 2 * usage.prompt_tokens + 10 * usage.completion_tokens,
    0,
  );
  expect(chats).toHaveLength(2);
  expect(Number(hook?.costMicroUsd) + Number(pacing?.costMicroUsd)).toBe(cost);
  const { group, ...report } = await rig.client.status(id);
  expect(group.writing).toMatchObject({ model: 'simulated-writer', warnings: [], costMicroUsd: cost });
  expect(describeStatus({ group, ...report })).toMatch(/writer +4 levels by simulated-writer, \$0\.0\d+/);
  const spend = await spendByGroup(rig.database, {});
  expect(spend.find((row) => row.id === id)).toMatchObject({ orders: 3, spent: 300_000, writing: cost });
});

test('without a writer in the brief nothing is asked, and nothing is said about one', async () => {
  const id = await rig.start({ variants: 3, factors: TWO_FACTORS, product: 'a plain cup' });
  await rig.until(id, isTesting);
  expect(await chatsAbout(rig, 'a plain cup')).toEqual([]);
  expect(await wordingsOf(rig, id)).toEqual([]);
  expect((await promptsOf(rig, id))[0]).toContain(LIBRARY_HOOK);
  expect((await eventsOfGroup(rig, id)).map(({ event }) => event)).not.toContain('levels worded');
  const report = await rig.client.status(id);
  expect(report.group.writing).toBeUndefined();
  expect(describeStatus(report)).not.toContain('writer');
});
