import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { spendByMonth } from '../../database/spend-queries.ts';
import { findTraces } from '../../database/traces.ts';
import { readMonthlyBudget } from '../../database/venture-budgets.ts';
import { migrate } from '../../prisma/migrator.ts';
import { eraseUser } from '../../privacy/erase-user.ts';
import { allRows, column } from '../prisma/clients.ts';
import {
  GROUP,
  insertRowsEverywhere,
  JOB,
  OTHER_GROUP,
  PUBLICATION,
  USER,
  VARIANT,
  VENTURE,
} from '../prisma/rows.ts';
import { createTestDatabase } from '../support/database.ts';
import { ADMIN, ANA, anaInBensGroup, BEN_ID, DIANA, openRecords, type Records } from './support/records.ts';

let records: Records;
let client: pg.Client;

afterEach(() => records.close());

async function open(isMigrated: boolean): Promise<void> {
  records = await openRecords(await createTestDatabase({ migrated: isMigrated }));
  client = records.client;
}

/** A job of unknown outcome: nobody can settle it once it is gone. */
async function insertRows(): Promise<void> {
  await insertRowsEverywhere(client);
  // A worker of that table bears the id that a group has here.
  await client.query('DELETE FROM query_latency_samples');
  await client.query(`UPDATE video_generation_jobs SET submission_state = 'held' WHERE id = '${JOB}'`);
}

describe('a person who is erased', () => {
  beforeEach(async () => {
    await open(true);
    await insertRows();
    await anaInBensGroup(client);
  });

  test('is nowhere in the database with what was theirs, and what belongs to others stays, without their name', async () => {
    const { proof, isWhole, left } = await records.erase();
    expect({ isWhole, left }).toEqual({ isWhole: true, left: [expect.stringContaining('longer addresses')] });
    const text = await records.everything();
    for (const gone of [ANA, USER, GROUP]) expect(text).not.toContain(gone);
    for (const table of ['video_generation_jobs', 'variant_publications', 'video_prompts', 'budget_ledger']) {
      expect([table, await records.count(table)]).toEqual([table, 0]);
    }
    expect(proof.before.rows).toMatchObject({ 'public.variant_groups': 1, 'public.budget_ledger': 1 });
    expect(proof.deleted).toEqual(proof.before.rows);
    expect(proof.after).toEqual({
      groups: 0,
      rows: {},
      traces: {},
      files: 0,
      bytes: 0,
      histories: 0,
      providerJobs: 0,
    });

    const [decision] = await column(client, 'SELECT decision::text FROM variant_groups');
    expect(JSON.parse(String(decision))).toEqual({
      by: 'erased person',
      notes: ['said\nerased person', { 'erased person': 1 }],
    });
    const kept = (sql: string) => column(client, sql);
    expect(await kept('SELECT test_description FROM variant_groups')).toEqual([
      'Asked for by erased person, see erased person',
    ]);
    expect(
      await kept(`SELECT actor FROM group_events WHERE variant_group_id = '${OTHER_GROUP}' ORDER BY id`),
    ).toEqual(['erased person', DIANA]);
    expect(await kept('SELECT file_name FROM metric_imports')).toEqual(['erased person.csv']);
    expect(await kept('SELECT notes FROM variant_performance')).toEqual(['from erased person.']);
    expect(await kept(`SELECT unnest(reasons) FROM provider_smoke_tests`)).toEqual([
      'counted as charged by erased person',
      'late',
    ]);
    expect(await kept('SELECT name FROM ventures')).toEqual(['Espresso']);
    expect(await kept('SELECT user_id::text FROM venture_members')).toEqual([BEN_ID]);
  });

  test('leaves the same rows as a plain DELETE of the account, but for the trail, which has no keys', async () => {
    await client.query(`
      UPDATE variant_groups SET test_description = NULL, decision = NULL;
      DELETE FROM metric_imports WHERE variant_group_id = '${OTHER_GROUP}';
      DELETE FROM variant_performance WHERE notes IS NOT NULL;
      UPDATE provider_smoke_tests SET reasons = '{}'`);
    const rows = async () => {
      const all = await allRows(client);
      all.delete('public.group_events');
      for (const row of [...all.values()].flat())
        for (const at of ['created_at', 'updated_at']) delete row[at];
      return all;
    };
    const before = await rows();
    await client.query(`BEGIN; DELETE FROM auth.users WHERE id = '${USER}'`);
    const expected = await rows();
    await client.query('ROLLBACK');
    expect(expected).not.toEqual(before);
    await records.erase();
    expect(await rows()).toEqual(expected);
  });

  test('is taken out of archived months too, which are tables of their own', async () => {
    await client.query(`
      SELECT screentest_ensure_month_partitions('2023-03-01', 1);
      INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at, created_by)
      SELECT id, 'tiktok', 'views', 1, '2023-03-05', '${USER}' FROM video_variants;
      INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value)
      VALUES ('${PUBLICATION}', 'views', '2023-03-05', 1);
      CREATE SCHEMA IF NOT EXISTS archive;
      ALTER TABLE variant_performance DETACH PARTITION screentest_partitions.variant_performance_2023_03;
      ALTER TABLE metric_observations DETACH PARTITION screentest_partitions.metric_observations_2023_03;
      ALTER TABLE screentest_partitions.variant_performance_2023_03 SET SCHEMA archive;
      ALTER TABLE screentest_partitions.metric_observations_2023_03 SET SCHEMA archive`);
    const { proof } = await records.erase();
    expect(proof.deleted).toMatchObject({
      'archive.variant_performance_2023_03': 2,
      'archive.metric_observations_2023_03': 1,
    });
    expect(proof.changed).toMatchObject({ 'archive.variant_performance_2023_03': 1 });
    expect(await records.everything()).not.toContain(USER);
  });

  test('has the tests kept that they made, without a name, when that is asked for', async () => {
    const KEPT = ['variant_groups', 'video_variants', 'variant_performance', 'group_events', 'video_prompts'];
    const counts = async () => {
      const all = [];
      for (const table of KEPT) all.push(await records.count(table));
      return all;
    };
    const before = await counts();
    const { proof, isWhole } = await records.erase('keep-results');
    expect(isWhole).toBe(true);
    expect(proof.deleted).toEqual({ 'public.venture_members': 1 });
    const [groups, variants, performance, events, prompts] = before;
    expect(await counts()).toEqual([
      ...[groups, variants, performance],
      Number(events) + 1, // that somebody was erased
      prompts,
    ]);
    const text = await records.everything();
    for (const gone of [ANA, USER]) expect(text).not.toContain(gone);
  });

  test('leaves a proof and an event that do not say who it was, and a tombstone without an address', async () => {
    const { proof, proofKey } = await records.erase();
    const written = await readFile(join(records.folder, proofKey), 'utf8');
    expect(JSON.parse(written)).toEqual(proof);
    const events = await column(
      client,
      `SELECT to_jsonb(e)::text FROM group_events e WHERE event = 'person erased'`,
    );
    expect(events).toHaveLength(1);
    expect(String(events[0])).toContain(ADMIN);
    for (const text of [written, String(events[0])]) {
      expect(text).toContain(proof.erasure);
      expect(text).not.toContain(USER);
      expect(text).not.toContain(ANA);
    }
    expect(await records.list()).toContain(USER);
    expect(await records.list()).not.toContain(ANA);
  });

  test('is not erased when the answer is no, and nothing is written; nor is somebody unknown', async () => {
    const before = await records.everything();
    const refuse = async () => {
      throw new Error('no');
    };
    const request = { mode: 'delete', by: ADMIN, confirm: refuse } as const;
    await expect(eraseUser(records.parts, { email: ANA, ...request })).rejects.toThrow('no');
    await expect(eraseUser(records.parts, { email: 'nobody@example.com', ...request })).rejects.toMatchObject(
      { kind: 'not-found', code: 'PERSON_UNKNOWN' },
    );
    expect(await records.everything()).toBe(before);
    expect(await readdir(records.folder)).toEqual([]);
  });

  test('is told apart from people whose address only contains theirs', async () => {
    const ADDRESS = 'ana.b+ads@example.com';
    const named = [
      ADDRESS,
      ADDRESS.toUpperCase(),
      `by ${ADDRESS}, today`,
      `Done by ${ADDRESS}.`,
      `mailto:${ADDRESS}?subject=x`,
      `${ADDRESS}.csv`,
      `created by ${USER}`,
    ];
    const others = [
      `di${ADDRESS}`,
      `${ADDRESS}.au`,
      `${ADDRESS}munity`,
      ADDRESS.replace('.', 'x'),
      `${USER}0`,
      'nobody',
    ];
    await client.query(
      `INSERT INTO use_case_templates (code, name, description)
       SELECT 'T' || place, 'T', said FROM unnest($1::text[]) WITH ORDINALITY AS texts (said, place)`,
      [[...named, ...others]],
    );
    const { ours, lookalikes } = await findTraces(records.database, { id: USER, email: ADDRESS });
    expect(ours['public.use_case_templates.description']).toBe(named.length);
    expect(lookalikes['public.use_case_templates.description']).toBe(4);
  });
});

describe('money that was spent', () => {
  const NOVEMBER = new Date('2026-11-01T00:00:00Z');
  const RULES = { defaultMonthlyCap: undefined };

  beforeEach(async () => {
    await open(true);
    await insertRows();
    await client.query(`
      INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month) VALUES
        ('${GROUP}', '${USER}', 'reserve', 70000, '2026-11-01'),
        ('${OTHER_GROUP}', '${VARIANT}', 'reserve', 500000, '2026-11-01'),
        ('${OTHER_GROUP}', '${VARIANT}', 'settle', 300000, '2026-11-01')`);
  });

  test('stays in the budget and in spend, without a name', async () => {
    const [before] = await spendByMonth(records.database, { month: NOVEMBER }, RULES);
    expect(before).toMatchObject({
      orders: 3,
      spent: 300_000,
      reserved: 470_000,
      released: 200_000,
      writing: 1200,
    });
    await records.erase();
    expect(await records.count('budget_ledger')).toBe(0);
    // What was reserved can't be settled any more, and counts as charged.
    expect(await spendByMonth(records.database, { month: NOVEMBER }, RULES)).toEqual([
      { ...before, spent: 770_000, reserved: 0 },
    ]);
    const { spent, reserved } = await readMonthlyBudget(records.database, VENTURE, NOVEMBER, RULES);
    expect({ spent, reserved }).toEqual({ spent: 770_000 + Number(before?.writing), reserved: 0 });
    await client.query(`DELETE FROM ventures WHERE id = '${VENTURE}'`);
    expect(await records.count('removed_spend')).toBe(0);
  });
});

describe('in a database that had users, ventures and prompts before us', () => {
  beforeEach(async () => {
    await open(false);
    await client.query(`
      CREATE SCHEMA auth;
      CREATE TABLE auth.users (id UUID PRIMARY KEY, email VARCHAR(255), encrypted_password TEXT);
      CREATE TABLE ventures (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), name TEXT,
        created_by UUID REFERENCES auth.users(id));
      CREATE TABLE video_prompts (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), prompt_text TEXT NOT NULL,
        venture_id UUID REFERENCES ventures(id), created_by UUID REFERENCES auth.users(id));
      CREATE TABLE profiles (id UUID PRIMARY KEY, email TEXT)`);
    await migrate({ connectionString: records.url, opensAutomaticMode: true });
    await insertRows();
  });

  test('their keys without an action are served by the order, and tables of others are told of', async () => {
    await client.query(`INSERT INTO profiles VALUES ('${USER}', '${ANA}')`);
    await expect(client.query(`DELETE FROM auth.users WHERE id = '${USER}'`)).rejects.toMatchObject({
      code: '23503',
    });
    const { isWhole, left, proof } = await records.erase();
    expect(isWhole).toBe(true);
    for (const [table, count] of [
      ['auth.users', 0],
      ['video_prompts', 0],
      ['ventures', 1],
    ] as const) {
      expect([table, await records.count(table)]).toEqual([table, count]);
    }
    expect(left.join('\n')).toContain('public.profiles.email');
    expect(proof.scan.elsewhere).toBe(2);
    expect(await records.count('profiles')).toBe(1);
  });

  test('an account that another table holds on to stays, everything else goes, and the rest goes later', async () => {
    await client.query(`
      INSERT INTO profiles VALUES ('${USER}', NULL);
      ALTER TABLE profiles ADD FOREIGN KEY (id) REFERENCES auth.users(id)`);
    const { left, isWhole, proof } = await records.erase();
    expect({ isWhole, account: proof.account }).toEqual({ isWhole: false, account: 'kept' });
    expect(left.join('\n')).toContain('rows of profiles still refer to it');
    expect(await records.count('variant_groups')).toBe(0);
    await client.query('DELETE FROM profiles');
    expect((await records.erase()).isWhole).toBe(true);
    expect(await records.count('auth.users')).toBe(0);
  });
});
