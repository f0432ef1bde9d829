import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '../../database/client.ts';
import { parseBrief } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { eraseUser } from '../../privacy/erase-user.ts';
import { replayErasures } from '../../privacy/replay.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { createS3Store } from '../../storage/s3-store.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { column, connected } from '../prisma/clients.ts';
import { GROUP, insertRowsEverywhere, OTHER_GROUP, USER, VARIANT, VENTURE } from '../prisma/rows.ts';
import { createTestDatabase } from '../support/database.ts';
import { startRig } from '../support/rig.ts';
import { S3_CREDENTIALS, startS3Server, type TestS3Server } from '../support/s3-server.ts';
import { ADMIN, ANA, anaInBensGroup, BEN_ID, openRecords, type Records } from './support/records.ts';

describe('the records of a person', () => {
  let records: Records;
  beforeEach(async () => {
    records = await openRecords(await createTestDatabase({ migrated: true }));
    await insertRowsEverywhere(records.client);
  });
  afterEach(() => records.close());

  test('come back with a restored backup, and are erased again; a new person with the address is not', async () => {
    const name = new URL(records.url).pathname.slice(1);
    const admin = await connected(urlOf('postgres'));
    // A template must have nobody in it.
    await records.client.end();
    await records.database.$disconnect();
    await admin.query(`CREATE DATABASE ${name}_backup TEMPLATE ${name}`);
    const restored = await openRecords(
      {
        url: urlOf(`${name}_backup`),
        drop: async () => void (await admin.query(`DROP DATABASE ${name}_backup WITH (FORCE)`)),
      },
      records.folder,
    );
    const used = createDatabase(records.url);
    try {
      await erase(used);
      expect(await restored.count('variant_groups')).toBe(2);
      expect((await replayErasures(restored.parts)).erased).toHaveLength(1);
      expect(await restored.count('variant_groups')).toBe(0);
      const text = await restored.everything();
      for (const gone of [USER, ANA]) expect(text).not.toContain(gone);

      await restored.client.query(`INSERT INTO auth.users (id, email) VALUES ('${BEN_ID}', '${ANA}')`);
      await restored.client.query(`UPDATE ventures SET created_by = '${BEN_ID}'`);
      expect(await replayErasures(restored.parts)).toEqual({ tombstones: 1, erased: [] });
      expect(await column(restored.client, 'SELECT id::text FROM auth.users')).toEqual([BEN_ID]);
    } finally {
      await used.$disconnect();
      await restored.close();
      await admin.end();
      records = await openRecords(await createTestDatabase({ migrated: false }));
    }
  });

  function urlOf(database: string): string {
    const url = new URL(records.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  const erase = (database: Database) =>
    eraseUser(
      { ...records.parts, database },
      { email: ANA, mode: 'delete', by: ADMIN, confirm: async () => undefined },
    );

  test("do not come back under another's name either, as when a group is rebuilt from what the provider has", async () => {
    await records.erase();
    await records.client.query(`
      INSERT INTO auth.users (id, email) VALUES ('${BEN_ID}', 'ben@example.com');
      INSERT INTO variant_groups (id, venture_id, use_case_template, use_case_template_id, test_name, created_by)
      SELECT '${GROUP}', '${VENTURE}', code, id, 'Launch', '${BEN_ID}' FROM use_case_templates`);
    expect((await replayErasures(records.parts)).erased).toHaveLength(1);
    expect(await records.count('variant_groups')).toBe(0);
    expect(await records.count('auth.users')).toBe(1);
  });

  test('are erased once by two at once, and asking again finds nothing more', async () => {
    const told: string[] = [];
    const tell = (line: string) => void told.push(line);
    const both = await Promise.all([records.erase('delete', { tell }), records.erase('delete', { tell })]);
    const deleted = both.map(({ proof }) => proof.deleted['public.variant_groups'] ?? 0);
    expect(deleted.toSorted()).toEqual([0, 2]);
    expect(told.join()).toContain('Another erasure is under way');
    const again = await records.erase();
    expect(again).toMatchObject({ isWhole: true, proof: { deleted: {}, changed: {} } });
  });

  test('include that they erased others: their address leaves that list', async () => {
    await records.client.query(`INSERT INTO auth.users (email) VALUES ('cleo@example.com')`);
    const request = { email: 'cleo@example.com', mode: 'delete', by: ANA } as const;
    await eraseUser(records.parts, { ...request, confirm: async () => undefined });
    expect(await records.list()).toContain(ANA);
    await records.erase();
    expect(await records.list()).not.toContain(ANA);
  });

  test('are erased but for the account by a role that may not delete accounts, and it is said who can', async () => {
    const ROLE = `screentest_eraser_${process.pid}`;
    const { client } = records;
    await client.query(`
      CREATE ROLE ${ROLE} LOGIN PASSWORD 'secret';
      ALTER ROLE ${ROLE} SET timezone TO 'UTC';
      GRANT USAGE ON SCHEMA auth, public, screentest_partitions, archive TO ${ROLE};
      GRANT ALL ON ALL TABLES IN SCHEMA public, screentest_partitions, archive TO ${ROLE};
      GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${ROLE};
      ALTER ROLE ${ROLE} BYPASSRLS;
      GRANT SELECT, REFERENCES ON auth.users TO ${ROLE}`);
    const url = new URL(records.url);
    url.username = ROLE;
    url.password = 'secret';
    const database = createDatabase(url.href);
    try {
      const { isWhole, left, proof } = await records.erase('delete', { database });
      expect({ isWhole, account: proof.account }).toEqual({ isWhole: false, account: 'kept' });
      expect(left.join()).toMatch(/no right to delete from auth\.users.*Authentication/);
      expect(await records.count('variant_groups')).toBe(0);
      expect(await column(client, 'SELECT email FROM auth.users')).toEqual([ANA]);
    } finally {
      await database.$disconnect();
      await client.query(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
    }
  });
});

describe('the files of a person', () => {
  let server: TestS3Server;
  const environmentBefore = { ...process.env };
  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    server = await startS3Server();
  }, 120_000);
  afterAll(async () => {
    process.env = environmentBefore;
    await server.stop();
  });

  const kinds: [string, (folder: string) => Promise<VideoStore>][] = [
    ['a folder', async (folder) => createLocalStore(folder)],
    [
      'a bucket',
      async () =>
        createS3Store({
          bucket: await server.createBucket(),
          endpoint: server.endpoint,
          region: 'us-east-1',
          prefix: 'ads',
          pathStyle: true,
        }),
    ],
  ];
  test.each(kinds)('are removed from %s, named or not, and those of others are not', async (_, open) => {
    const records = await openRecords(await createTestDatabase({ migrated: true }));
    try {
      const { client, folder } = records;
      await insertRowsEverywhere(client);
      await anaInBensGroup(client);
      const store = await open(folder);
      await client.query(`UPDATE variant_groups SET test_name = 'Launch Two' WHERE id = '${OTHER_GROUP}'`);
      const OWN = 'launch-00000000';
      const BENS = 'launch-two-00000000';
      const keys = {
        theirs: [`${OWN}/a-1.mp4`, `${OWN}/a-1.png`, `${OWN}/replaced-2.mp4`, `rejected/${OWN}/b-3.mp4`],
        others: [`${BENS}/a-4.mp4`, `rejected/${BENS}/a-5.mp4`, 'other-program/x.mp4'],
      };
      for (const key of [...keys.theirs, ...keys.others]) {
        await store.keepBytes(key, Buffer.from(key), 'video/mp4');
      }
      await client.query(`
        UPDATE variant_renditions SET storage_key = '${OWN}/a-1.mp4', thumbnail_key = '${OWN}/a-1.png'
        WHERE video_variant_id = '${VARIANT}'`);
      const { proof } = await records.erase('delete', { store });
      expect(proof.before.files).toBe(4);
      expect(proof.outside?.filesLeft).toBe(0);
      for (const key of keys.theirs) expect([key, await store.read(key)]).toEqual([key, undefined]);
      for (const key of keys.others)
        expect([key, String(Buffer.from((await store.read(key)) ?? []))]).toEqual([key, key]);
    } finally {
      await records.close();
    }
  });
});

test('in a folder that two groups share, only the files that a row names are known to be theirs', async () => {
  const records = await openRecords(await createTestDatabase({ migrated: true }));
  try {
    const { client, parts } = records;
    await insertRowsEverywhere(client);
    await anaInBensGroup(client);
    // The groups' ids begin alike, and now their names are alike too.
    await client.query(`
      UPDATE variant_groups SET test_name = 'Launch';
      UPDATE variant_renditions SET storage_key = 'launch-00000000/anas.mp4';
      INSERT INTO variant_renditions (video_variant_id, rendition, storage_key)
      SELECT id, 'main', 'launch-00000000/bens.mp4' FROM video_variants WHERE variant_group_id = '${OTHER_GROUP}'`);
    for (const name of ['anas', 'bens', 'whose']) {
      await parts.store.keepBytes(`launch-00000000/${name}.mp4`, Buffer.from(name), 'video/mp4');
    }
    await records.erase();
    const left = [];
    for await (const { key } of parts.store.list('launch-00000000')) left.push(key);
    expect(left.toSorted()).toEqual(['launch-00000000/bens.mp4', 'launch-00000000/whose.mp4']);
  } finally {
    await records.close();
  }
});

test('a group that no worker stops, or has planned yet, is ended and gone', async () => {
  const rig = await startRig({ startsWorkers: false });
  try {
    const pricing = pricingOf('openai-compatible', PUBLISHED_PRICES);
    const brief = parseBrief({
      venture: 'Crema & Co',
      name: 'Never planned',
      template: 'PRODUCT_REVEAL',
      product: 'a kettle',
      variants: 2,
    });
    const start = async (by: string): Promise<GroupId> =>
      (await rig.client.start(brief, { by, createVenture: true, providerAccount: 'default', pricing }))
        .groupId;
    const [anas, bens] = [await start(ANA), await start('ben@example.com')];
    const told: string[] = [];
    await eraseUser(
      {
        database: rig.database,
        store: createLocalStore(rig.storageFolder),
        temporal: rig.temporal,
        videoApi: undefined,
        tell: (line) => told.push(line),
        endWithinMs: 300,
      },
      { email: ANA, mode: 'delete', by: ADMIN, confirm: async () => undefined },
    );
    expect(told.join()).toContain('did not stop in time');
    await expect(rig.temporal.workflow.getHandle(workflowIdOf(anas)).describe()).rejects.toThrow(
      /not found/i,
    );
    const { status } = await rig.temporal.workflow.getHandle(workflowIdOf(bens)).describe();
    expect(status.name).toBe('RUNNING');
    expect(await rig.database.user.count({ where: { email: ANA } })).toBe(0);
  } finally {
    await rig.stop();
  }
});
