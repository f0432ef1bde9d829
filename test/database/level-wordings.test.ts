import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { BudgetRules } from '../../database/budget.ts';
import { createDatabase, type Database } from '../../database/client.ts';
import { doomedWith, eraseRows, findPerson } from '../../database/erasure.ts';
import { recordPlan } from '../../database/group-records.ts';
import {
  dropStrayWordings,
  findAnswer,
  giveUpWording,
  judgeAnswer,
  keepAnswer,
  reserveWording,
  type WordingRequest,
  writingCost,
} from '../../database/level-wordings.ts';
import { findVenture } from '../../database/people.ts';
import { spendByMonth } from '../../database/spend-queries.ts';
import { writeTemplates } from '../../database/templates.ts';
import { readMonthlyBudget, setMonthlyCap } from '../../database/venture-budgets.ts';
import { monthOf } from '../../domain/budget.ts';
import { PreconditionFailed } from '../../domain/errors.ts';
import { AUTOMATIC } from '../../domain/generation-mode.ts';
import { groupId } from '../../domain/ids.ts';
import { fromUsd, microUsd } from '../../domain/money.ts';
import { planVariants } from '../../planning/plan.ts';
import { briefWith } from '../domain/example-brief.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const CENT = fromUsd(0.01);
const NO_DEFAULT: BudgetRules = { defaultMonthlyCap: undefined };
const PLENTY = { group: fromUsd(1), rules: NO_DEFAULT };
const ANSWER = { content: '{"level1": "A cup lands."}', isCutOff: false };
const USAGE = { inputTokens: 700, outputTokens: 30 };

let testDatabase: TestDatabase;
let database: Database;
let person: string;
let venture: string;
let ventureId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: true });
  database = createDatabase(testDatabase.url, 20);
  await writeTemplates(database);
});
afterAll(async () => {
  await database.$disconnect();
  await testDatabase.drop();
});
beforeEach(async () => {
  person = `${randomUUID()}@example.com`;
  venture = `venture ${randomUUID()}`;
  ventureId = await findVenture(database, venture, { missing: true, by: person });
});

function question(changes: Partial<WordingRequest> = {}): WordingRequest {
  return {
    groupId: groupId(randomUUID()),
    ventureId,
    startedBy: person,
    factor: 'hook',
    model: 'a-model',
    promptSha256: 'a'.repeat(64),
    ...changes,
  };
}

async function answered(request: WordingRequest, cost = 300): Promise<string> {
  const id = await reserveWording(database, request, CENT, PLENTY);
  await keepAnswer(database, id, { answer: ANSWER, usage: USAGE, cost: microUsd(cost) });
  return id;
}

const thisMonth = () => spendByMonth(database, { venture }, NO_DEFAULT);

test('an answer is found again by its own group as it is, and by another one of the venture once it was of use', async () => {
  const own = question();
  const id = await answered(own);
  expect(await findAnswer(database, own)).toMatchObject({ id, answer: ANSWER });
  const other = question();
  expect(await findAnswer(database, other)).toBeUndefined();
  await judgeAnswer(database, id, { wordings: { scene: 'A cup lands.' } });
  const copy = await findAnswer(database, other);
  expect(copy).toMatchObject({ answer: ANSWER });
  expect(copy?.id).not.toBe(id);
  expect(await findAnswer(database, other)).toEqual(copy);
  expect(await writingCost(database, other.groupId)).toBe(0);
  expect(await findAnswer(database, question({ promptSha256: 'b'.repeat(64) }))).toBeUndefined();
  const strangers = await findVenture(database, `venture ${randomUUID()}`, { missing: true, by: person });
  expect(await findAnswer(database, question({ ventureId: strangers }))).toBeUndefined();
});

test('twenty questions at once against a budget for ten: ten may be asked', async () => {
  const group = groupId(randomUUID());
  const asked = await Promise.allSettled(
    Array.from({ length: 20 }, (_, nth) =>
      reserveWording(
        database,
        question({ groupId: group, promptSha256: nth.toString(16).padStart(64, '0') }),
        CENT,
        { group: fromUsd(0.1), rules: NO_DEFAULT },
      ),
    ),
  );
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(asked.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'WRITING_BUDGET_EXCEEDED' },
  });
  expect(await writingCost(database, group)).toBe(fromUsd(0.1));
});

test("words and videos share the venture's month", async () => {
  await setMonthlyCap(database, ventureId, fromUsd(0.015), person);
  const first = question();
  await reserveWording(database, first, CENT, PLENTY);
  await expect(reserveWording(database, question(), CENT, PLENTY)).rejects.toThrow(PreconditionFailed);
  await expect(reserveWording(database, question(), CENT, PLENTY)).rejects.toThrow(
    /up to \$0\.01, and of \$0\.015 in the venture's budget for the month \$0\.01 is taken/,
  );
  expect(await readMonthlyBudget(database, ventureId, monthOf(new Date()), NO_DEFAULT)).toMatchObject({
    spent: 0,
    reserved: 10_000,
    left: 5000,
  });
});

test('a question that was surely not charged leaves nothing; one that may have been counts', async () => {
  const request = question();
  await giveUpWording(database, await reserveWording(database, request, CENT, PLENTY), false);
  expect(await thisMonth()).toEqual([]);
  await giveUpWording(database, await reserveWording(database, request, CENT, PLENTY), true);
  expect(await thisMonth()).toMatchObject([{ orders: 0, spent: 0, writing: 10_000 }]);
});

test('an answer that comes after its question was given up for lost is kept all the same', async () => {
  const request = question();
  const id = await reserveWording(database, request, CENT, PLENTY);
  const again = await reserveWording(database, request, CENT, PLENTY);
  expect(again).not.toBe(id);
  expect(await writingCost(database, request.groupId)).toBe(20_000);
  await keepAnswer(database, id, { answer: ANSWER, usage: USAGE, cost: microUsd(300) });
  expect(await findAnswer(database, request)).toMatchObject({ id });
  expect(await writingCost(database, request.groupId)).toBe(10_300);
});

test('words go with their group, and what they cost stays in the venture’s month', async () => {
  const group = groupId(randomUUID());
  await answered(question({ groupId: group }));
  const brief = briefWith({ venture, variants: 2 });
  await recordPlan(database, {
    groupId: group,
    brief,
    ventureId,
    startedBy: person,
    startKey: 'key',
    generation: AUTOMATIC,
    plan: planVariants(brief),
    estimatedMicroUsd: 0,
    costMicroUsd: 0,
  });
  const before = await thisMonth();
  expect(before).toMatchObject([{ writing: 300 }]);
  await database.$executeRaw`DELETE FROM variant_groups WHERE id = ${group}::uuid`;
  expect(await database.levelWording.count({ where: { ventureId } })).toBe(0);
  expect(await thisMonth()).toEqual(before);
  const { spent } = await readMonthlyBudget(database, ventureId, monthOf(new Date()), NO_DEFAULT);
  expect(spent).toBe(300);
});

test('words of a group that was never planned go at their time, and with the person who asked for them', async () => {
  await answered(question());
  const hourAgo = new Date(Date.now() - 3_600_000);
  await dropStrayWordings(database, hourAgo);
  expect(await database.levelWording.count({ where: { ventureId } })).toBe(1);
  const who = await findPerson(database, person);
  if (who === undefined) throw new Error('nobody');
  const { wordings } = await doomedWith(database, who, 'delete', []);
  expect(wordings).toHaveLength(1);
  const erased = await eraseRows(database, {
    person: who,
    mode: 'delete',
    besides: [],
    groups: [],
    erasure: randomUUID(),
    by: 'ops@example.com',
  });
  expect(erased?.deleted).toMatchObject({ 'public.level_wordings': 1 });
  expect(await thisMonth()).toMatchObject([{ writing: 300 }]);

  await answered(question({ startedBy: 'bo@example.com' }));
  await dropStrayWordings(database, new Date(Date.now() + 1000));
  expect(await database.levelWording.count({ where: { ventureId } })).toBe(0);
});
