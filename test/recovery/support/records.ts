import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { createDatabase, type Database } from '../../../database/client.ts';
import type { ErasureMode } from '../../../database/erasure.ts';
import { type ErasureParts, type ErasureReport, eraseUser } from '../../../privacy/erase-user.ts';
import { createLocalStore } from '../../../storage/local-store.ts';
import { column, connected } from '../../prisma/clients.ts';
import { OTHER_GROUP, USER, VENTURE } from '../../prisma/rows.ts';
import type { TestDatabase } from '../../support/database.ts';

/** Who is erased; her id is that of rows.ts. */
export const ANA = 'ana@example.com';
export const BEN = 'ben@example.com';
export const BEN_ID = '00000000-0000-4000-8000-0000000000be';
/** Who erases. */
export const ADMIN = 'admin@example.com';

/** A database and a store, and nothing else: what is outside of both has tests of its own. */
export interface Records {
  readonly url: string;
  readonly client: pg.Client;
  readonly database: Database;
  readonly folder: string;
  readonly parts: ErasureParts;
  erase(mode?: ErasureMode, more?: Partial<ErasureParts>): Promise<ErasureReport>;
  count(table: string): Promise<unknown>;
  /** All that the database says, partitions and archive included, as one text in lower case; Diana is left out. */
  everything(): Promise<string>;
  /** The list of people who were erased, with the proofs, as one text. */
  list(): Promise<string>;
  close(): Promise<void>;
}

export async function openRecords(made: TestDatabase, keptIn?: string): Promise<Records> {
  const client = await connected(made.url);
  const database = createDatabase(made.url);
  const folder = keptIn ?? (await mkdtemp(join(tmpdir(), 'screentest-privacy-')));
  const parts: ErasureParts = {
    database,
    store: createLocalStore(folder),
    temporal: undefined,
    videoApi: undefined,
    tell: () => undefined,
  };
  return {
    url: made.url,
    client,
    database,
    folder,
    parts,
    erase: (mode = 'delete', more = {}) =>
      eraseUser({ ...parts, ...more }, { email: ANA, mode, by: ADMIN, confirm: async () => undefined }),
    count: async (table) => (await column(client, `SELECT count(*)::int FROM ${table}`))[0],
    async everything() {
      const tables = await column(
        client,
        `SELECT oid::regclass::text FROM pg_class
         WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
      );
      const rows = [];
      for (const table of tables) {
        rows.push(...(await column(client, `SELECT to_jsonb(t)::text FROM ${String(table)} t`)));
      }
      return rows.join('\n').toLowerCase().replaceAll(DIANA, '');
    },
    async list() {
      const names = await readdir(join(folder, 'erasures'));
      return (await Promise.all(names.map((name) => readFile(join(folder, 'erasures', name), 'utf8')))).join(
        '\n',
      );
    },
    async close() {
      await client.end();
      await database.$disconnect();
      await made.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whose address contains Ana's. */
export const DIANA = 'diana@example.com';

/** Ben's group, in which Ana has acted in every way; Diana planned it. */
export async function anaInBensGroup(client: pg.Client): Promise<void> {
  await client.query(`
    INSERT INTO auth.users (id, email) VALUES ('${BEN_ID}', '${BEN}');
    UPDATE variant_groups SET created_by = '${BEN_ID}' WHERE id = '${OTHER_GROUP}';
    UPDATE video_variants SET created_by = '${BEN_ID}' WHERE variant_group_id = '${OTHER_GROUP}';
    UPDATE variant_groups SET test_description = 'Asked for by Ana@Example.com, see ${USER}',
      decision = '{"by": "ana@example.com", "notes": ["said\\nana@example.com", {"ana@example.com": 1}]}'
    WHERE id = '${OTHER_GROUP}';
    INSERT INTO group_events (variant_group_id, event, actor, details, created_by, idempotency_key)
    VALUES ('${OTHER_GROUP}', 'cancel requested', '${ANA}', '{"asked": {"by": "ANA@example.com"}}', '${USER}',
        '${OTHER_GROUP}/cancel/${ANA}'),
      ('${OTHER_GROUP}', 'planned', '${DIANA}', '{}', NULL, 'other');
    INSERT INTO metric_imports (variant_group_id, source, file_name, created_by)
    VALUES ('${OTHER_GROUP}', 'csv', 'ana@example.com.csv', '${USER}');
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, notes, created_by)
    SELECT id, 'tiktok', 'views', 3, 'from ana@example.com.', '${USER}' FROM video_variants
    WHERE variant_group_id = '${OTHER_GROUP}';
    INSERT INTO provider_smoke_tests (provider, endpoint, provider_account, model, width, height, seconds, prompt,
      idempotency_key, reserved_usd, result, finished_at, reasons, created_by)
    VALUES ('openai-compatible', 'http://127.0.0.1/v1', 'other', 'sora-2', 720, 1280, 1, 'A cup', 'smoke-2', 0.1, 'FAIL',
      now(), ARRAY['counted as charged by ana@example.com', 'late'], '${USER}');
    INSERT INTO venture_members (venture_id, user_id, role, created_by)
    VALUES ('${VENTURE}', '${BEN_ID}', 'editor', '${USER}');
  `);
}
