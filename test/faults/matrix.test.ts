import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FAULT_CATALOGUE, type FaultName, ORDER_FAULTS } from '../../simulator/fault-catalogue.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks } from '../paying/books.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { OUTCOMES, type Outcome, WORLDS, type WorldName } from './outcomes.ts';
import { billOf, bookOfPrompt, type Played, PRICE, play } from './play.ts';

const worldOf = ({ world = 'usual' }: Outcome): WorldName => world;
const rigs = new Map<WorldName, Rig>();
const plays = new Map<Outcome, Promise<Played>>();

beforeAll(async () => {
  const inTurn = sideBySide(16);
  for (const world of new Set(OUTCOMES.map(worldOf))) {
    const rig = await startRig(WORLDS[world]);
    rigs.set(world, rig);
    for (const outcome of OUTCOMES.filter((other) => worldOf(other) === world)) {
      const played = inTurn(() => play(rig, outcome));
      played.catch(() => undefined); // its own test says so
      plays.set(outcome, played);
    }
  }
}, 120_000);

afterAll(async () => {
  for (const rig of rigs.values()) await rig.stop();
}, 120_000);

describe.each(OUTCOMES.map((outcome) => [nameOf(outcome), outcome] as const))('%s', (_, outcome) => {
  test(`makes ${outcome.jobs} jobs, ends ${outcome.ends}, and its money is ${outcome.book}`, async () => {
    const rig = rigOf(outcome);
    const played = await playedOf(outcome);
    const reserved = ordersOf(outcome) * PRICE;
    await until(
      'the provider has charged what it will',
      async () => (await billOf(rig, played.prompt)).billed >= outcome.billed * PRICE,
      20,
    );
    expect({
      ends: played.ends,
      neighbours: played.neighbours,
      group: played.status,
      ...(await billOf(rig, played.prompt)),
      book: await bookOfPrompt(rig, played.groupId, played.prompt),
    }).toEqual({
      ends: outcome.ends,
      neighbours: ['completed', 'completed'],
      group: 'testing',
      jobs: outcome.jobs,
      billed: outcome.billed * PRICE,
      book: {
        reserved,
        charged: outcome.book === 'charged' ? reserved : 0,
        released: outcome.book === 'released' ? reserved : 0,
      },
    });
    await expectBalancedBooks(rig, played.groupId);
  }, 120_000);

  test('tells the person what happened', async () => {
    const { told, meanwhile } = await playedOf(outcome);
    if (outcome.told.length === 0) expect(told).toBe('');
    for (const words of outcome.told) expect(told).toContain(words);
    if (outcome.meanwhile !== undefined) expect(meanwhile.join('\n')).toContain(outcome.meanwhile);
  }, 120_000);
});

test('a row says why wherever our book is not what the provider charges, and nowhere else', () => {
  for (const outcome of OUTCOMES) {
    const differs = outcome.billed !== (outcome.book === 'charged' ? ordersOf(outcome) : 0);
    expect({ row: nameOf(outcome), saysWhy: outcome.because !== undefined }).toEqual({
      row: nameOf(outcome),
      saysWhy: differs || outcome.book === 'open',
    });
  }
});

test('every fault of the catalogue that strikes an order has a row; webhooks have tests of their own', () => {
  const names = ORDER_FAULTS.filter((name) => !name.startsWith('webhook-'));
  const rows: FaultName[] = OUTCOMES.map(({ fault }) => fault);
  expect([...new Set(rows)].toSorted()).toEqual(names.toSorted());
});

function ordersOf({ orders = 1 }: Outcome): number {
  return orders;
}

function nameOf(outcome: Outcome): string {
  const { happens } = FAULT_CATALOGUE[outcome.fault];
  return `${outcome.fault}${outcome.world === undefined ? '' : ` (${outcome.world})`}: ${happens}`;
}

function rigOf(outcome: Outcome): Rig {
  const rig = rigs.get(worldOf(outcome));
  if (rig === undefined) throw new Error(`no world for ${outcome.fault}`);
  return rig;
}

function playedOf(outcome: Outcome): Promise<Played> {
  const played = plays.get(outcome);
  if (played === undefined) throw new Error(`${outcome.fault} is not played`);
  return played;
}
