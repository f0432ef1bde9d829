import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { findMigrationsFolder, readMigrationFiles } from '../../prisma/migration-files.ts';
import { migrate, migrationStatus, rollback } from '../../prisma/migrator.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { allRows, catalog, column, connected, withClient } from './clients.ts';
import { insertRowsEverywhere } from './rows.ts';
import { actAsSupabase } from './supabase.ts';

const TABLES_OF_STEP: Readonly<Record<string, readonly string[]>> = {
  '0001_prerequisites': ['auth.users', 'public.ventures', 'public.video_prompts'],
  '0002_use_case_templates': ['public.use_case_templates'],
  '0003_variant_groups': ['public.variant_groups'],
  '0004_video_variants': ['public.video_variants'],
  '0005_winner_variant': [],
  '0006_variant_performance': ['public.variant_performance'],
  '0007_video_prompts_variants': [],
  '0008_video_generation_jobs': ['public.video_generation_jobs'],
  '0009_variant_renditions': ['public.variant_renditions'],
  '0010_budget_ledger': ['public.budget_ledger'],
  '0011_group_events': ['public.group_events'],
  '0012_venture_members': ['public.venture_members'],
  '0013_variant_publications': ['public.variant_publications'],
  '0014_metric_observations': ['public.metric_imports', 'public.metric_observations'],
  '0015_variant_metric_totals': ['public.variant_metric_totals'],
  '0016_analysis_snapshots': ['public.analysis_snapshots'],
  '0017_venture_budgets': ['public.venture_budgets'],
  '0018_provider_smoke_tests': ['public.provider_smoke_tests'],
  '0019_thumbnails': [],
  '0020_audit_trail': [],
  '0021_row_level_security': [],
  '0022_job_table_rules': [],
  '0023_archive': ['public.archived_partitions'],
  '0024_retention': ['public.dropped_groups'],
  '0025_covering_index': [],
  '0026_group_names': [],
  '0027_erasure': ['public.removed_spend'],
  '0028_installation': ['public.installation', 'public.stopped_groups'],
  '0030_monitoring': [
    'public.monitoring_snapshots',
    'public.query_latency_samples',
    'public.table_size_samples',
  ],
  '0031_series_index': [],
  '0032_looks': [],
  '0035_level_wordings': ['public.level_wordings'],
  '0036_gates': [],
  '0037_lineage': [],
};

const COLUMNS_OF_STEP: Readonly<Record<string, readonly string[]>> = {
  '0007_video_prompts_variants': ['variant_group_id', 'is_variant'],
  '0019_thumbnails': ['thumbnail_key', 'thumbnail_url'],
  '0020_audit_trail': ['reason'],
  '0024_retention': ['expired_at'],
  '0032_looks': ['look', 'imports', 'confirmed_at'],
  '0035_level_wordings': ['writing_micro_usd'],
  '0036_gates': ['planned_prompt', 'review'],
};

describe('going back and forth', () => {
  let database: TestDatabase;
  let client: pg.Client;
  /** Holds the migrations up to the step that is looked at. */
  let migrationsFolder: string;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connected(database.url);
    await insertRowsEverywhere(client);
    migrationsFolder = await mkdtemp(join(tmpdir(), 'screentest-migrations-'));
    await cp(findMigrationsFolder(), migrationsFolder, { recursive: true });
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
    await rm(migrationsFolder, { recursive: true });
  });

  test('each step goes down, up and down again, and keeps every row that is not its own', async () => {
    const whole = await catalog(client);
    const names = (await readMigrationFiles(findMigrationsFolder())).map((file) => file.name);
    expect(names).toEqual(Object.keys(TABLES_OF_STEP));
    const options = { connectionString: database.url, migrationsFolder, opensAutomaticMode: true };
    const down = () => rollback({ ...options, steps: 1, confirmLossOfRows: true });

    for (const name of names.toReversed()) {
      const expected = await allRows(client);
      const before = await catalog(client);
      for (const table of TABLES_OF_STEP[name] ?? []) {
        expect(expected.get(table)?.length).toBeGreaterThan(0);
        expected.delete(table);
      }
      for (const row of [...expected.values()].flat()) {
        for (const gone of COLUMNS_OF_STEP[name] ?? []) {
          const isPrompt = row.prompt_text !== undefined && row.variant_name === undefined;
          const isBudget = row.monthly_cap_micro_usd !== undefined;
          const isVariant = row.review !== undefined;
          const isRemoved = row.released_micro_usd !== undefined;
          const isSnapshot = row.verdict !== undefined;
          const isPlan = isPrompt || isVariant || row.rendition !== undefined;
          if (isPlan || isBudget || isRemoved || isSnapshot) delete row[gone];
        }
      }

      expect(await down()).toEqual({ rolledBack: [name] });
      expect(await allRows(client)).toEqual(expected);
      expect(await migrate(options)).toEqual({ applied: [name] });
      expect(await catalog(client)).toEqual(before);
      await down();
      expect(await allRows(client)).toEqual(expected);
      await rm(join(migrationsFolder, name), { recursive: true });
    }

    expect(await allRows(client)).toEqual(new Map());
    await migrate({ connectionString: database.url, opensAutomaticMode: true });
    expect(await catalog(client)).toEqual(whole);
  });
});

describe('a database that already has users, ventures and prompts', () => {
  const OWNER = `screentest_owner_${process.pid}`;
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    // As at Supabase: who migrates may refer to auth.users, and create nothing beside it; what it creates is granted to
    // the roles of the API; and the tables that are there have policies of their own.
    await withClient(database.url, async (client) => {
      await client.query(`CREATE ROLE ${OWNER} LOGIN PASSWORD 'secret'`);
      await actAsSupabase(client, OWNER);
      await client.query(`
        GRANT CREATE ON DATABASE ${new URL(database.url).pathname.slice(1)} TO ${OWNER};
        GRANT CREATE, USAGE ON SCHEMA public TO ${OWNER};
        CREATE SCHEMA auth;
        CREATE TABLE auth.users (
          instance_id UUID, id UUID PRIMARY KEY, aud VARCHAR(255), email VARCHAR(255), encrypted_password VARCHAR(255),
          raw_user_meta_data JSONB, created_at TIMESTAMPTZ, deleted_at TIMESTAMPTZ
        );
        ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
        CREATE FUNCTION auth.uid() RETURNS UUID LANGUAGE sql STABLE AS
          $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
        GRANT USAGE ON SCHEMA auth TO ${OWNER}, anon, authenticated, service_role;
        GRANT SELECT, REFERENCES ON auth.users TO ${OWNER};
        CREATE POLICY all_to_owner ON auth.users FOR SELECT TO ${OWNER} USING (true);
        CREATE TABLE ventures (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), name TEXT, stage INTEGER);
        CREATE TABLE video_prompts (
          id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
          prompt_text TEXT NOT NULL,
          venture_id UUID REFERENCES ventures(id),
          created_by UUID REFERENCES auth.users(id),
          created_at TIMESTAMPTZ DEFAULT NOW(),
          updated_at TIMESTAMPTZ DEFAULT NOW()
        );
        ALTER TABLE ventures ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everyone_reads ON ventures FOR SELECT TO authenticated USING (stage > 2);
        CREATE POLICY own_prompts ON video_prompts FOR ALL TO authenticated USING (created_by = auth.uid());
        GRANT ALL ON ventures, video_prompts TO anon, authenticated, service_role;
        CREATE TABLE notes (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, venture_id UUID REFERENCES ventures(id));
        CREATE VIEW stages AS SELECT stage FROM ventures;
        ALTER TABLE ventures OWNER TO ${OWNER};
        ALTER TABLE video_prompts OWNER TO ${OWNER};
        INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'ana@example.com');
        INSERT INTO ventures (name, stage) VALUES ('Espresso', 3);
        INSERT INTO video_prompts (prompt_text, venture_id, created_by)
        SELECT 'A cup of coffee', ventures.id, users.id FROM ventures, auth.users;
        INSERT INTO notes (venture_id) SELECT id FROM ventures;
      `);
    });
  });

  afterAll(async () => {
    const server = new URL(database.url);
    server.pathname = '/postgres';
    await database.drop();
    await withClient(server.href, (client) => client.query(`DROP OWNED BY ${OWNER}; DROP ROLE ${OWNER}`));
  });

  /** What others made and may do with it: policies, grants and defaults. */
  const rights = (client: pg.Client) =>
    column(
      client,
      `SELECT format('%s %s %s %s', oid::regclass, relowner::regrole, relrowsecurity, relacl) FROM pg_class
       WHERE oid IN ('auth.users'::regclass, 'ventures'::regclass, 'video_prompts'::regclass, 'notes'::regclass, 'stages'::regclass)
       UNION ALL SELECT format('%s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid)) FROM pg_policy
       WHERE polname <> 'screentest_members_read'
       UNION ALL SELECT defaclacl::text FROM pg_default_acl
       ORDER BY 1`,
    );

  test('is extended, left as it was when everything is rolled back, and extended again', async () => {
    const url = new URL(database.url);
    url.username = OWNER;
    url.password = 'secret';
    const options = { connectionString: url.href, opensAutomaticMode: true };
    await withClient(database.url, async (client) => {
      const before = {
        tables: await catalog(client),
        rows: await allRows(client),
        rights: await rights(client),
      };
      const expectExtended = async () => {
        const rows = await allRows(client);
        expect(rows.get('public.video_prompts')).toEqual([
          { ...before.rows.get('public.video_prompts')?.[0], variant_group_id: null, is_variant: false },
        ]);
        for (const table of ['auth.users', 'public.ventures', 'public.notes']) {
          expect(rows.get(table)).toEqual(before.rows.get(table));
        }
        expect(await rights(client)).toEqual(before.rights);
      };

      const { applied } = await migrate(options);
      await expectExtended();
      // Rows of ours that point at theirs, and back.
      await client.query(`
        INSERT INTO use_case_templates (code, name) VALUES ('FOUNDER_STORY', 'Founder story');
        INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name, created_by)
        SELECT v.id, t.code, t.id, 'Launch', u.id FROM ventures v, use_case_templates t, auth.users u;
        INSERT INTO venture_members (venture_id, user_id, role) SELECT v.id, u.id, 'owner' FROM ventures v, auth.users u;
        UPDATE video_prompts SET variant_group_id = (SELECT id FROM variant_groups), is_variant = true;
      `);
      // Through its API a member reads the group, and nobody else does; theirs is theirs to grant.
      const [ana] = await column(client, 'SELECT id FROM auth.users');
      const seenBy = async (subject: unknown) => {
        await client.query('BEGIN; SET LOCAL ROLE authenticated');
        await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [
          JSON.stringify({ sub: subject }),
        ]);
        const seen = await column(
          client,
          'SELECT test_name FROM variant_groups UNION ALL SELECT name FROM ventures',
        );
        await client.query('ROLLBACK');
        return seen;
      };
      expect(await seenBy(ana)).toEqual(['Launch', 'Espresso']);
      expect(await seenBy('00000000-0000-4000-8000-000000000099')).toEqual(['Espresso']);

      await rollback({ ...options, steps: applied.length, confirmLossOfRows: true });
      expect(await allRows(client)).toEqual(before.rows);
      expect(await rights(client)).toEqual(before.rights);
      const left = (await catalog(client)).filter((line) => !String(line).includes('_prisma_migrations'));
      expect(left).toEqual(before.tables);

      expect(await migrate(options)).toEqual({ applied });
      await expectExtended();
    });
  });

  test('that lacks a column which is needed says which', async () => {
    const lacking = await createTestDatabase({ migrated: false });
    await withClient(lacking.url, (client) =>
      client.query('CREATE TABLE ventures (id UUID PRIMARY KEY, title TEXT)'),
    );
    await expect(migrate({ connectionString: lacking.url })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      given: expect.stringContaining('public.ventures.name'),
    });
    await lacking.drop();
  });
});

describe('what the requirements name', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connected(database.url);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  test('every index is there under its name', async () => {
    const names = await column(client, `SELECT indexname FROM pg_indexes WHERE schemaname = 'public'`);
    expect(names).toEqual(
      expect.arrayContaining([
        'idx_variant_groups_venture',
        'idx_variant_groups_status',
        'idx_variant_groups_created_at',
        'idx_video_variants_group',
        'idx_video_variants_status',
        'idx_video_variants_prompt',
        'idx_variant_performance_variant',
        'idx_variant_performance_platform',
        'idx_variant_performance_metric',
        'idx_variant_performance_recorded_at',
        'idx_video_generation_jobs_variant',
        'idx_video_generation_jobs_sora_id',
        'idx_video_generation_jobs_status',
        'idx_video_generation_jobs_submitted_at',
        'idx_video_prompts_variant_group',
      ]),
    );
  });

  test('every table and column has a comment, and every instant is kept to the millisecond in UTC', async () => {
    const attributes = `FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname IN ('public', 'auth') AND relkind IN ('r', 'p') AND relname <> '_prisma_migrations'
        AND attnum > 0 AND NOT attisdropped`;
    expect(
      await column(
        client,
        `SELECT format('%s.%s', relname, attname) ${attributes}
         AND (col_description(c.oid, attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)`,
      ),
    ).toEqual([]);
    expect(
      await column(
        client,
        `SELECT DISTINCT format_type(atttypid, atttypmod) ${attributes} AND format_type(atttypid, NULL) LIKE 'time%'`,
      ),
    ).toEqual(['timestamp(3) with time zone']);
  });

  test('every table of ours says who wrote a row and when', async () => {
    const tables = `SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = `;
    const all = await column(
      client,
      `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
       AND relname <> '_prisma_migrations' ORDER BY 1`,
    );
    expect(await column(client, `${tables} 'created_at' ORDER BY 1`)).toEqual(all);
    expect(await column(client, `${tables} 'created_by' ORDER BY 1`)).toEqual(all);
  });

  test('the status shows every migration as applied', async () => {
    const { migrations } = await migrationStatus({ connectionString: database.url });
    expect(migrations.map(({ name, state }) => ({ name, state }))).toEqual(
      Object.keys(TABLES_OF_STEP).map((name) => ({ name, state: 'applied' })),
    );
  });
});
