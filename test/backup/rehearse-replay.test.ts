import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { rehearseReplay } from '../../privacy/rehearse-replay.ts';
import { nameOf, writeTombstone } from '../../privacy/tombstones.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { GROUP, insertRowsEverywhere, OTHER_GROUP, USER } from '../prisma/rows.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** Restored from a backup of before somebody was erased. */
let restored: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  restored = await createTestDatabase({ migrated: true });
  client = new pg.Client({ connectionString: restored.url });
  await client.connect();
  await client.query('TRUNCATE use_case_templates CASCADE');
  await insertRowsEverywhere(client);
});
afterAll(async () => {
  await client.end();
  await restored.drop();
  await removeFolders();
});

test('a drill erases again who was erased, in the restored copy, and leaves the list and all else as it is', async () => {
  const place = await newFolder();
  const store = createLocalStore(place);
  const none = { groups: 0, rows: {}, traces: {}, files: 0, bytes: 0, histories: 0, providerJobs: 0 };
  await writeTombstone(store, {
    erasure: '00000000-0000-4000-8000-0000000000ff',
    person: USER,
    email: { salt: 'salt', scrypt: 'hash' },
    mode: 'delete',
    at: '2026-11-20T00:00:00Z',
    by: 'bob@example.com',
    groups: [GROUP, OTHER_GROUP],
    before: none,
    outside: { filesLeft: 0, historiesPending: [], providerJobsLeft: 0 },
    finishedAt: '2026-11-20T00:00:01Z',
  });
  const file = join(place, `${nameOf(USER)}.json`);
  const before = await readFile(file);
  const files = await readdir(place, { recursive: true });

  expect(await rehearseReplay(restored.url, store, await newFolder(), () => {})).toBe(1);
  const { rows } = await client.query(
    `SELECT (SELECT count(*)::int FROM auth.users WHERE id = '${USER}') AS people,
       (SELECT count(*)::int FROM variant_groups) AS groups`,
  );
  expect(rows).toEqual([{ people: 0, groups: 0 }]);
  expect((await readFile(file)).equals(before)).toBe(true);
  expect(await readdir(place, { recursive: true })).toEqual(files);

  expect(await rehearseReplay(restored.url, store, await newFolder(), () => {})).toBe(0);
});
