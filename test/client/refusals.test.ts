import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withDatabase } from '../../client/open.ts';
import type { Database } from '../../database/client.ts';
import { findOrCreateUser } from '../../database/people.ts';
import { setMonthlyCap } from '../../database/venture-budgets.ts';
import type { GroupId } from '../../domain/ids.ts';
import { microUsd } from '../../domain/money.ts';
import { runHere } from '../cli/run-here.ts';
import { isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

const NOWHERE = '00000000-0000-4000-8000-0000000000ff';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const run = (...args: string[]) => runHere(args, rig.environment);
const asking = <T>(work: (database: Database) => Promise<T>) => withDatabase(rig.environment, work);

let testing: Promise<GroupId> | undefined;
/** The same one for all who ask. */
function testingGroup(): Promise<GroupId> {
  testing ??= rig.start({ variants: 2 }).then(async (id) => {
    await rig.until(id, isTesting);
    return id;
  });
  return testing;
}

/** Nothing of Prisma's or Postgres' own ways to say it, and nothing of a stack. */
const RAW = /prisma|invocation|violates|\n {4}at /i;

describe('what the database refuses is told as field and rule', () => {
  test.each([
    [
      'a value that must be the only one',
      (database: Database) => database.venture.createMany({ data: [{ name: 'Tea' }, { name: 'TEA' }] }),
      { kind: 'precondition', code: 'ROW_EXISTS', said: ['ventures.name', 'ventures_name_key'] },
    ],
    [
      'the same in SQL of ours',
      (database: Database) => database.$executeRaw`INSERT INTO ventures (name) VALUES ('Tea'), ('TEA')`,
      { kind: 'precondition', code: 'ROW_EXISTS', said: ['ventures.name', 'ventures_name_key'] },
    ],
    [
      'a row that names nothing',
      (database: Database) => setMonthlyCap(database, NOWHERE, microUsd(5), ANA),
      {
        kind: 'not-found',
        code: 'ROW_MISSING',
        said: ['venture_budgets.venture_id', 'venture_budgets_venture_id_fkey'],
      },
    ],
    [
      'the removal of a row that others need',
      async (database: Database) => {
        const { id } = await database.venture.create({ data: { name: 'In use' } });
        await database.$executeRaw`
          INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name)
          SELECT ${id}::uuid, code, id, 'x' FROM use_case_templates WHERE code = 'FOUNDER_STORY'`;
        await database.useCaseTemplate.delete({ where: { code: 'FOUNDER_STORY' } });
      },
      {
        kind: 'precondition',
        code: 'ROW_IN_USE',
        said: ['variant_groups_use_case_template_id_fkey', 'remove those first'],
      },
    ],
    [
      'a value against a check',
      async (database: Database) => {
        const createdBy = await findOrCreateUser(database, ANA);
        const { id } = await database.venture.create({ data: { name: 'Checked', createdBy } });
        await setMonthlyCap(database, id, microUsd(-1), ANA);
      },
      {
        kind: 'bad-input',
        code: 'RULE_BROKEN',
        said: ['venture_budgets.monthly_cap_micro_usd', 'venture_budgets_monthly_cap_micro_usd_check'],
      },
    ],
    [
      'nothing where something is needed',
      (database: Database) => database.$executeRaw`INSERT INTO ventures (name) VALUES (NULL)`,
      { kind: 'bad-input', code: 'VALUE_MISSING', said: ['ventures.name'] },
    ],
    [
      'a text that is too long',
      (database: Database) => database.venture.create({ data: { name: 'x'.repeat(256) } }),
      { kind: 'bad-input', code: 'VALUE_TOO_LONG', said: ['character varying(255)'] },
    ],
    [
      'a number that is too large',
      (database: Database) => database.$queryRaw`SELECT ${'1e15'}::numeric(15, 4)`,
      { kind: 'bad-input', code: 'VALUE_TOO_LARGE', said: ['numeric'] },
    ],
    [
      'an id that is none',
      (database: Database) => database.venture.findUnique({ where: { id: 'abc' } }),
      { kind: 'bad-input', code: 'VALUE_UNREADABLE', said: ['uuid', '"abc"'] },
    ],
    [
      'a date that is none',
      (database: Database) => database.$queryRaw`SELECT ${'2026-13-01'}::timestamptz`,
      { kind: 'bad-input', code: 'VALUE_UNREADABLE', said: ['"2026-13-01"'] },
    ],
    [
      'a character that no text may have',
      (database: Database) => database.venture.create({ data: { name: 'a\u0000b' } }),
      { kind: 'bad-input', code: 'VALUE_UNREADABLE', said: ['0x00'] },
    ],
    [
      'a change of the audit trail',
      (database: Database) => database.$executeRaw`UPDATE group_events SET actor = 'nobody'`,
      { kind: 'unavailable', code: 'DATABASE_REFUSED', said: ['append-only', 'erasure'] },
    ],
    [
      'a table of another version',
      (database: Database) => database.$queryRaw`SELECT FROM not_yet`,
      { kind: 'unavailable', code: 'SCHEMA_OUTDATED', said: ['not_yet', 'screentest db migrate'] },
    ],
    [
      'a transaction in the way of another',
      (database: Database) => database.$executeRaw`DO $$ BEGIN RAISE deadlock_detected; END $$`,
      { kind: 'unavailable', code: 'DATABASE_UNAVAILABLE', said: ['try again'] },
    ],
    [
      'a connection that is cut',
      (database: Database) => database.$executeRaw`SELECT pg_terminate_backend(pg_backend_pid())`,
      { kind: 'unavailable', code: 'DATABASE_UNAVAILABLE', said: ['terminating connection'] },
    ],
    [
      'a transaction that was left lying',
      (database: Database) =>
        database.$transaction((tx) => tx.$executeRaw`SELECT pg_sleep(0.2)`, { timeout: 50 }),
      { kind: 'unavailable', code: 'DATABASE_UNAVAILABLE', said: ['50 ms'] },
    ],
  ])('%s', async (_, work, { said, ...error }) => {
    const failure: unknown = await asking<unknown>(work).catch((caught: unknown) => caught);
    expect(failure).toMatchObject(error);
    const message = failure instanceof Error ? failure.message : '';
    for (const text of said) expect(message).toContain(text);
    expect(message).not.toMatch(RAW);
  });

  test('a defect of ours stays one, with its stack', async () => {
    const failure = asking((database) => database.$queryRaw`SELECT 1 / 0`);
    await expect(failure).rejects.toThrow('division by zero');
    await expect(failure).rejects.not.toHaveProperty('kind');
  });
});

test('the client tells of a group that was never there', async () => {
  const [id] = await asking((database) => database.$queryRaw<{ id: never }[]>`SELECT ${NOWHERE} AS id`);
  if (id === undefined) throw new Error('no row');
  await expect(rig.client.archive(id.id, ANA)).rejects.toMatchObject({
    kind: 'not-found',
    code: 'ROW_MISSING',
  });
  await expect(rig.client.list({ venture: 'a\u0000b', limit: 1 })).rejects.toMatchObject({
    kind: 'bad-input',
    code: 'VALUE_UNREADABLE',
  });
});

test('a status that the life of a group does not allow is refused in words', async () => {
  const id = await testingGroup();
  const back = asking((database) =>
    database.variantGroup.update({ where: { id }, data: { testStatus: 'planning' } }),
  );
  await expect(back).rejects.toMatchObject({
    code: 'RULE_BROKEN',
    given: `Variant group ${id} can't move from testing to planning`,
  });
});

test('numbers whose sum no column can hold exit 2, and none of the file is written', async () => {
  const id = await testingGroup();
  const file = join(rig.storageFolder, 'too-much.csv');
  const rows = ['ad one', 'ad two'].map((ad) => `Control,tiktok,spend,90000000000,2026-11-01,${ad}`);
  await writeFile(file, ['variant,platform,metric,value,recorded_at,ad', ...rows].join('\n'));
  const { exit, stdout, stderr } = await run('import', id, file);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain('100,000,000,000');
  expect(stderr).not.toMatch(RAW);
  const numbers = await rig.database.metricImport.count({ where: { variantGroupId: id } });
  expect(numbers).toBe(0);
});

test('a name that no column can hold exits 2', async () => {
  const { exit, stderr } = await run('budget', 'x'.repeat(300), '--monthly', '5', '--create-venture');
  expect(exit).toBe(2);
  expect(stderr).toContain('character varying(255)');
  expect(stderr).not.toMatch(RAW);
});

test('a group whose record the database refuses for good ends at once, and says which rule it was', async () => {
  const rule = 'variant_groups_test_name_check';
  await rig.database.$executeRaw`
    ALTER TABLE variant_groups ADD CONSTRAINT variant_groups_test_name_check CHECK (test_name <> 'forbidden')`;
  const id = await rig.start({ name: 'forbidden', variants: 2 });
  const failure: unknown = await rig.client.result(id).catch((caught: unknown) => caught);
  expect(failure).toMatchObject({ kind: 'precondition', given: expect.stringContaining(rule) });
  expect(String(failure)).not.toMatch(RAW);
});
