import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runHere } from './run-here.ts';

const BRIEF = {
  venture: 'Crema & Co',
  name: 'Planned',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
};
const TWO_LEVELS = {
  hook: ['scene', 'question'],
  pacing: ['steady', 'fast'],
  lighting: ['studio', 'golden_hour'],
  tone: ['warm', 'urgent'],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(brief: object, verb: readonly string[], ...options: readonly string[]) {
  const path = join(folder, 'brief.yaml');
  await writeFile(path, JSON.stringify({ ...BRIEF, ...brief }));
  return runHere([...verb, path, ...options], {});
}

describe('plan', () => {
  test('shows the variants, what their design can tell and what not, the checks and the price', async () => {
    const { exit, stdout, stderr } = await run({ design: 'factorial', variants: 8, factors: TWO_LEVELS }, [
      'plan',
    ]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(/^8 variants, factorial: regular fraction 2\^\(4-1\) \(seed 0\)$/m);
    expect(stdout).toMatch(
      /^Control +\(the control: hook: scene, pacing: steady, lighting: studio, tone: warm\)$/m,
    );
    expect(stdout).toMatch(/^Variant H +hook: question, pacing: fast, lighting: golden_hour, tone: urgent$/m);
    expect(stdout).toMatch(/resolution IV; 3 videos left/);
    expect(stdout).toContain(
      'what hook does, over the other factors: question (4 videos) against scene (4 videos)',
    );
    expect(stdout).toContain('how hook and pacing work together, from how lighting and tone do');
    expect(stdout).toContain('The checks found nothing.');
    expect(stdout).toContain('8 variants, 32 s of video, $3.20');
    expect(stdout).not.toContain('Product: a small');
  });

  test('shows whole prompts when asked to, and everything as JSON', async () => {
    const text = await run({ variants: 2 }, ['plan'], '--prompts');
    expect(text.stdout).toMatch(/^Variant B:\nStyle: .*^Product: a small espresso machine\.$/ms);
    const { stdout } = await run({ variants: 2 }, ['plan'], '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      variants: [
        { name: 'Control', mutations: {} },
        { name: 'Variant B', prompt: expect.stringContaining('espresso') },
      ],
      statement: { design: 'isolate', effects: [{ inseparable: 'one_video' }] },
      findings: [],
      estimated: { cost: 800_000 },
    });
  });

  test('shows all that the checks found, and exits with 2 for an error', async () => {
    const variants = [
      { name: 'A', prompt: 'A cup, steaming.' },
      { name: 'B', prompt: 'A CUP, steaming' },
    ];
    const { exit, stdout, stderr } = await run({ variants }, ['plan']);
    expect(exit).toBe(2);
    expect(stdout).toMatch(
      /^Error: A, B: the prompts say the same words: "A cup, steaming\."\. To fix: .* \(SAME_PROMPT\)$/m,
    );
    expect(stderr).toMatch(
      /The plan has an error:\n.*SAME_PROMPT.*\nTo fix: change the brief.*\(PLAN_REFUSED\)/s,
    );
  });

  test('tells what a design needs when it can not be had', async () => {
    const { exit, stdout, stderr } = await run({ design: 'factorial', variants: 5, factors: TWO_LEVELS }, [
      'plan',
    ]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(
      /variants: given 5.*allowed: 6 to 16 for a factorial of hook \(2 levels\), pacing \(2\)/s,
    );
  });
});

test('start --dry-run says as much of the design and the checks', async () => {
  const variants = [
    { name: 'New', prompt: 'A cup, steaming.' },
    { name: 'Control', prompt: 'Ten hands.' },
  ];
  const { exit, stdout } = await run({ variants }, ['start'], '--dry-run');
  expect(exit).toBe(2);
  expect(stdout).toContain('which video is the best');
  expect(stdout).toMatch(/^Error: Control: it is called the control.*\(CONTROL_NOT_FIRST\)$/m);
});
