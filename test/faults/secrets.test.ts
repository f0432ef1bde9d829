import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { GroupId } from '../../domain/ids.ts';
import { REDACTED } from '../../providers/shared/without-secret.ts';
import type { FaultInput } from '../../simulator/faults.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { type Rig, startRig, textSettings } from '../support/rig.ts';
import { everyRun, textOf } from '../support/runs.ts';
import { killScreentests, type Running, screentest, startScreentest } from '../support/screentest.ts';

const API_KEY = 'sk-canary-5f1c9a3e7b2d4c6f8a0e';
const TEXT_API_KEY = 'sk-canary-text-2d9b7c1e4a6f8053';
/** What a worker is given and must never tell, by name. */
const secrets = new Map([
  ['VIDEO_API_KEY', API_KEY],
  ['TEXT_API_KEY', TEXT_API_KEY],
]);

/** Wherever the server repeats the key that it was sent. */
const ECHOES: readonly [about: string, fault: FaultInput][] = [
  ['an order refused', { on: 'create', ...answer(400), times: 'always' }],
  ['a key refused', { on: 'create', ...answer(401), times: 2 }],
  ['an order answered with an error', { on: 'create', ...answer(500), created: true }],
  ['an order nobody heard of', { on: 'create', ...answer(500) }],
  ['a limit', { on: 'create', ...answer(429), retryAfterSeconds: 3, times: 2 }],
  ['a job that is refused', { on: 'retrieve', ...answer(400), times: 'always' }],
  ['a status that is away', { on: 'retrieve', ...answer(503), times: 4 }],
  ['a file that is not there', { on: 'content', ...answer(404), times: 2 }],
  ['a file that may not be fetched', { on: 'content', ...answer(401), times: 2 }],
  ['a connection that broke', { on: 'create', does: 'drop' }],
  ['nothing', { on: 'job', does: 'slow', factor: 1 }],
];

function answer(status: number) {
  return { does: 'answer', status, message: 'Not with the key {key}, sent as Bearer {key}.' } as const;
}

/** Likewise the language model's server, asked about each of these products. */
const TEXT_ECHOES: readonly [about: string, fault: FaultInput][] = [
  ['a cup refused', { on: 'chat', ...answer(400), times: 'always' }],
  ['a cup with a key refused', { on: 'chat', ...answer(401), times: 'always' }],
  ['a cup that has to wait', { on: 'chat', ...answer(429), retryAfterSeconds: 1 }],
  ['a cup that meets an error', { on: 'chat', ...answer(500) }],
  ['a cup with a broken handle', { on: 'chat', does: 'drop' }],
  ['a cup that is forbidden', { on: 'chat', does: 'refuse' }],
];

let rig: Rig;
let worker: Running;
const groups: GroupId[] = [];
/** What the Web UI showed on the way. */
const shown: string[] = [];
/** What the command line printed. */
const printed: string[] = [];

beforeAll(async () => {
  rig = await startRig({
    apiKey: API_KEY,
    startsWorkers: false,
    // Without a list each job is asked for by itself.
    simulator: { apiKey: API_KEY, textApiKey: TEXT_API_KEY, listsJobs: false },
  });
  secrets.set('the password in DATABASE_URL', new URL(rig.environment.DATABASE_URL ?? '').password);
  await rig.addFaults(...ECHOES.map(([about, fault]) => ({ ...fault, match: { prompt: about } })));
  await rig.addFaults(...TEXT_ECHOES.map(([about, fault]) => ({ ...fault, match: { prompt: about } })));
  const settings = Object.entries({ ...textSettings(rig.simulator), TEXT_API_KEY });
  const texts = Object.fromEntries(settings.map(([name, value]) => [name, String(value)]));
  worker = startScreentest(['worker'], { ...rig.environment, ...texts, LOG_LEVEL: 'trace' });
  await worker.untilPrinted('the worker is ready');
  const settled: Promise<void>[] = [];
  for (const [about] of ECHOES) {
    const id = await rig.start({
      name: about,
      variants: [about, `${about}, beside it`].map((text, nth) => ({
        name: text,
        prompt: nth === 0 ? text : `variant ${groups.length} of no trouble`,
      })),
    });
    groups.push(id);
    // Watched from its start: what is shown for seconds only would be over when the last group has started.
    settled.push(untilSettled(id));
  }
  for (const [product] of TEXT_ECHOES) {
    const id = await rig.start({ name: product, product, variants: 2, writer: { enabled: true } });
    groups.push(id);
    settled.push(untilSettled(id));
  }
  await Promise.all(settled);
  for (const verb of [['list'], ['jobs', 'list', '--all'], ['doctor']]) await run(verb);
  for (const id of groups) {
    await run(['status', id]);
    await run(['status', id, '--output', 'json']);
  }
  await run(['doctor'], { VIDEO_API_BASE_URL: 'http://127.0.0.1:1/v1', DATABASE_URL: nowhere() });
  await run(['doctor'], texts);
  await run(['doctor'], { ...texts, TEXT_MODEL: '' });
  await run(['list'], { DATABASE_URL: nowhere() });
  await run(['worker'], { DATABASE_URL: nowhere() });
  await run(['worker'], { VIDEO_JOB_TIMEOUT_MINUTES: 'never' });
  await worker.end('SIGTERM');
}, 180_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

describe('what the worker was told in confidence', () => {
  test('is repeated by the server in every one of its errors', async () => {
    const response = await fetch(`${rig.simulator.adminUrl}/faults`);
    const { faults }: { faults: { applied: number }[] } = JSON.parse(await response.text());
    expect(faults.filter(({ applied }) => applied === 0)).toEqual([]);
  });

  test('is in no history, decoded or not', async () => {
    const histories = await historiesOf(groups);
    expect(histories).toContain(REDACTED);
    expectNoSecretIn(histories);
  });

  test('is in nothing that the Web UI showed on the way', () => {
    expect(shown.join('\n')).toContain('asked to slow down');
    expectNoSecretIn(shown.join('\n'));
  });

  test('is in no line of the log, at its most talkative', () => {
    expect(worker.printed()).toContain(REDACTED);
    expectNoSecretIn(worker.printed());
  });

  test('is in no row of any table', async () => {
    const rows = await everyRow();
    expect(rows).toContain(REDACTED);
    expectNoSecretIn(rows);
  });

  test('is in nothing that the command line prints, whatever goes wrong', () => {
    expect(printed.join('\n')).toContain(REDACTED);
    expect(printed.join('\n')).toContain('Postgres does not answer at 127.0.0.1:1/');
    expectNoSecretIn(printed.join('\n'));
  });
});

/** Neither as it is nor in a form that something might have put it in. */
function expectNoSecretIn(text: string): void {
  const found = [...secrets].flatMap(([name, secret]) =>
    [secret, encodeURIComponent(secret), ...inBase64(secret)].flatMap((form) => {
      const at = text.indexOf(form);
      return at === -1 ? [] : [`${name}: …${text.slice(Math.max(0, at - 200), at + 100)}…`];
    }),
  );
  expect(found).toEqual([]);
}

/** The part that is the same whatever stands around it, for each of the three places where it can begin. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].map((offset) =>
    Buffer.from(`${'x'.repeat(offset)}${secret}`)
      .toString('base64')
      .slice(4, -4),
  );
}

async function untilSettled(id: GroupId): Promise<void> {
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(id));
  for (const deadline = Date.now() + 150_000; ; await delay(300)) {
    const { variants } = await rig.overview(id);
    if (variants.length > 0 && variants.every(({ status }) => isOver(status))) return;
    if (Date.now() > deadline) throw new Error(`not settled in time: ${JSON.stringify(variants)}`);
    shown.push(textOf((await handle.describe()).raw));
  }
}

function isOver(status: string): boolean {
  return status === 'completed' || status === 'failed';
}

async function historiesOf(ids: readonly GroupId[]): Promise<string> {
  const texts: string[] = [];
  for (const id of ids) {
    for (const history of await everyRun(rig.temporal, workflowIdOf(id))) {
      texts.push(textOf(history), JSON.stringify(historyToJSON(history)));
    }
  }
  return texts.join('\n');
}

/** As text, every column of it, of every table that the database has. */
async function everyRow(): Promise<string> {
  const tables = await rig.database.$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`;
  expect(tables.length).toBeGreaterThan(15);
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await rig.database.$queryRawUnsafe<{ row: string }[]>(
      `SELECT one::text AS row FROM ${name} AS one`,
    );
    texts.push(...rows.map(({ row }) => `${name}: ${row}`));
  }
  return texts.join('\n');
}

async function run(verb: readonly string[], changes: NodeJS.ProcessEnv = {}): Promise<void> {
  const { stdout, stderr } = await screentest(verb, { ...rig.environment, ...changes });
  printed.push(stdout, stderr);
}

/** Where no Postgres is. */
function nowhere(): string {
  const url = new URL(rig.environment.DATABASE_URL ?? '');
  url.port = '1';
  return url.href;
}
