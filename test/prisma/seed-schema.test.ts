import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { templateRows } from '../../planning/template-rows.ts';
import { runHere } from '../cli/run-here.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { column, connected } from './clients.ts';

/** The requirements' DDL, a line each: columns with what they must be, keys, checks on words, indexes. */
const DDL: Readonly<Record<string, readonly string[]>> = {
  video_prompts: [
    'id UUID NOT NULL DEFAULT gen_random_uuid()',
    'PRIMARY KEY (id)',
    'prompt_text TEXT NOT NULL',
    'venture_id UUID',
    'FOREIGN KEY (venture_id) REFERENCES ventures(id)',
    'created_by UUID',
    'FOREIGN KEY (created_by) REFERENCES auth.users(id)',
    'created_at TIMESTAMPTZ DEFAULT now()',
    'updated_at TIMESTAMPTZ DEFAULT now()',
    // Phase 1, step 5.
    'variant_group_id UUID',
    'FOREIGN KEY (variant_group_id) REFERENCES variant_groups(id)',
    'is_variant BOOLEAN DEFAULT false',
    'INDEX idx_video_prompts_variant_group (variant_group_id)',
    'INDEX idx_video_prompts_venture (venture_id)',
  ],
  variant_groups: [
    'id UUID NOT NULL DEFAULT gen_random_uuid()',
    'PRIMARY KEY (id)',
    'venture_id UUID NOT NULL',
    'FOREIGN KEY (venture_id) REFERENCES ventures(id) ON DELETE CASCADE',
    'use_case_template VARCHAR(100) NOT NULL',
    'test_name VARCHAR(255) NOT NULL',
    'test_description TEXT',
    `test_status VARCHAR(50) DEFAULT 'planning'`,
    'test_status IN (planning, generating, testing, analyzing, completed, archived)',
    `target_platforms TEXT[] DEFAULT ARRAY['instagram', 'tiktok', 'linkedin', 'youtube', 'facebook']`,
    'winner_variant_id UUID',
    'created_by UUID',
    'FOREIGN KEY (created_by) REFERENCES auth.users(id)',
    'created_at TIMESTAMPTZ DEFAULT now()',
    'updated_at TIMESTAMPTZ DEFAULT now()',
    'completed_at TIMESTAMPTZ',
    'INDEX idx_variant_groups_venture (venture_id)',
    'INDEX idx_variant_groups_status (test_status)',
    'INDEX idx_variant_groups_created_at (created_at DESC)',
    // Phase 1, step 3.
    'CONSTRAINT fk_winner_variant FOREIGN KEY (winner_variant_id) REFERENCES video_variants(id) ON DELETE SET NULL',
    // Recommendations.
    'use_case_template_id UUID',
    'FOREIGN KEY (use_case_template_id) REFERENCES use_case_templates(id)',
    'variant_group_settings JSONB',
    'estimated_completion_date DATE',
  ],
  video_variants: [
    'id UUID NOT NULL DEFAULT gen_random_uuid()',
    'PRIMARY KEY (id)',
    'variant_group_id UUID NOT NULL',
    'FOREIGN KEY (variant_group_id) REFERENCES variant_groups(id) ON DELETE CASCADE',
    'video_prompt_id UUID',
    'FOREIGN KEY (video_prompt_id) REFERENCES video_prompts(id)',
    'variant_name VARCHAR(100) NOT NULL',
    'prompt_text TEXT NOT NULL',
    'prompt_mutations JSONB',
    `generation_status VARCHAR(50) DEFAULT 'pending'`,
    'generation_status IN (pending, generating, completed, failed, manual)',
    'video_url TEXT',
    'video_duration_seconds INTEGER',
    'generation_cost_usd DECIMAL(10,4)',
    'generation_job_id VARCHAR(255)',
    'sora_model VARCHAR(50)',
    'created_by UUID',
    'FOREIGN KEY (created_by) REFERENCES auth.users(id)',
    'created_at TIMESTAMPTZ DEFAULT now()',
    'generated_at TIMESTAMPTZ',
    'UNIQUE (variant_group_id, variant_name)',
    'INDEX idx_video_variants_group (variant_group_id)',
    'INDEX idx_video_variants_status (generation_status)',
    'INDEX idx_video_variants_prompt (video_prompt_id)',
  ],
  variant_performance: [
    'id UUID NOT NULL DEFAULT gen_random_uuid()',
    'PRIMARY KEY (id)',
    'video_variant_id UUID NOT NULL',
    'FOREIGN KEY (video_variant_id) REFERENCES video_variants(id) ON DELETE CASCADE',
    'platform VARCHAR(50) NOT NULL',
    'platform IN (instagram, tiktok, linkedin, youtube, facebook, twitter)',
    'metric_name VARCHAR(100) NOT NULL',
    'metric_value DECIMAL(15,4) NOT NULL',
    'metric_unit VARCHAR(50)',
    'recorded_at TIMESTAMPTZ DEFAULT now()',
    'data_source VARCHAR(100)',
    'notes TEXT',
    'UNIQUE (video_variant_id, platform, metric_name, recorded_at)',
    'INDEX idx_variant_performance_variant (video_variant_id)',
    'INDEX idx_variant_performance_platform (platform)',
    'INDEX idx_variant_performance_metric (metric_name)',
    'INDEX idx_variant_performance_recorded_at (recorded_at DESC)',
    // Performance optimization: partition by recorded_at, monthly.
    'PARTITION BY RANGE (recorded_at)',
  ],
  video_generation_jobs: [
    'id UUID NOT NULL DEFAULT gen_random_uuid()',
    'PRIMARY KEY (id)',
    'video_variant_id UUID NOT NULL',
    'FOREIGN KEY (video_variant_id) REFERENCES video_variants(id) ON DELETE CASCADE',
    'sora_job_id VARCHAR(255)',
    'UNIQUE (sora_job_id)',
    `job_status VARCHAR(50) DEFAULT 'pending'`,
    'job_status IN (pending, submitted, processing, completed, failed, timeout)',
    'job_submitted_at TIMESTAMPTZ',
    'job_completed_at TIMESTAMPTZ',
    'job_error TEXT',
    'polling_count INTEGER DEFAULT 0',
    'last_polled_at TIMESTAMPTZ',
    'video_url TEXT',
    'generation_cost_usd DECIMAL(10,4)',
    'created_at TIMESTAMPTZ DEFAULT now()',
    'INDEX idx_video_generation_jobs_variant (video_variant_id)',
    'INDEX idx_video_generation_jobs_sora_id (sora_job_id)',
    'INDEX idx_video_generation_jobs_status (job_status)',
    'INDEX idx_video_generation_jobs_submitted_at (job_submitted_at DESC)',
  ],
};

/** Lines that can't be had as written: what stands instead, and why. */
const INSTEAD: Readonly<Record<string, { readonly is: string; readonly because: string }>> = {
  'variant_performance PRIMARY KEY (id)': {
    is: 'PRIMARY KEY (id, recorded_at)',
    because: 'a unique key of a partitioned table must hold the column it is partitioned by',
  },
  'variant_groups CONSTRAINT fk_winner_variant FOREIGN KEY (winner_variant_id) REFERENCES video_variants(id) ON DELETE SET NULL':
    {
      is: 'CONSTRAINT fk_winner_variant FOREIGN KEY (id, winner_variant_id) REFERENCES video_variants(variant_group_id, id) ON DELETE SET NULL (winner_variant_id)',
      because: 'a winner is a variant of its own group',
    },
  'variant_groups FOREIGN KEY (created_by) REFERENCES auth.users(id)': {
    is: 'FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE CASCADE',
    because: 'without an action no user could be removed; the compliance section asks for a cascade',
  },
  'video_variants FOREIGN KEY (created_by) REFERENCES auth.users(id)': {
    is: 'FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE CASCADE',
    because: 'likewise',
  },
  'video_prompts FOREIGN KEY (created_by) REFERENCES auth.users(id)': {
    is: 'FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE CASCADE',
    because: 'likewise, where the table is ours; one that was there before us keeps its keys',
  },
  'video_prompts FOREIGN KEY (venture_id) REFERENCES ventures(id)': {
    is: 'FOREIGN KEY (venture_id) REFERENCES ventures(id) ON DELETE CASCADE',
    because: 'a venture goes with all that is its, prompts too, where the table is ours',
  },
  'video_prompts FOREIGN KEY (variant_group_id) REFERENCES variant_groups(id)': {
    is: 'FOREIGN KEY (variant_group_id) REFERENCES variant_groups(id) ON DELETE SET NULL',
    because: 'a prompt outlives the group that it was used in, and must not keep it from being deleted',
  },
  'video_variants FOREIGN KEY (video_prompt_id) REFERENCES video_prompts(id)': {
    is: 'FOREIGN KEY (video_prompt_id) REFERENCES video_prompts(id) ON DELETE SET NULL',
    because: 'a variant carries its own prompt; the original may go',
  },
  'variant_groups use_case_template_id UUID': {
    is: 'use_case_template_id UUID NOT NULL',
    because: 'the recommendation is marked REQUIRED',
  },
  'variant_groups FOREIGN KEY (use_case_template_id) REFERENCES use_case_templates(id)': {
    is: 'FOREIGN KEY (use_case_template_id, use_case_template) REFERENCES use_case_templates(id, code) ON UPDATE CASCADE ON DELETE RESTRICT',
    because: 'the template’s code stays in use_case_template, and the two can’t name different templates',
  },
  'variant_groups variant_group_settings JSONB': {
    is: `variant_group_settings JSONB NOT NULL DEFAULT '{}'`,
    because: 'a group always has its brief there',
  },
};

/** Ways in which many lines are stricter than they were written. */
const STRICTER = [
  {
    because: 'the program holds instants to the millisecond, and finds no row by a finer one',
    apply: (line: string) => line.replace('TIMESTAMPTZ', 'TIMESTAMPTZ(3)'),
  },
  {
    because: 'what has a default is never left empty',
    apply: (line: string) => line.replace(' DEFAULT ', ' NOT NULL DEFAULT '),
  },
] as const;

const COMMENTS: Readonly<Record<string, string>> = {
  variant_groups: 'Groups of video variants for A/B testing campaigns',
  'variant_groups.use_case_template': 'Template type from 21 predefined use cases',
  'variant_groups.target_platforms': 'Array of platforms for testing (Instagram, TikTok, etc.)',
  video_variants: 'Individual video variants generated for A/B testing',
  'video_variants.prompt_mutations': 'JSONB of mutations applied to base prompt',
  'video_variants.generation_cost_usd': 'API cost tracking for ROI calculation',
  variant_performance: 'Performance metrics for video variants across platforms',
  'variant_performance.metric_name': 'Metric type: views, engagement_rate, conversions, etc.',
  video_generation_jobs: 'Async job queue for Sora API video generation',
  'video_generation_jobs.polling_count': 'Number of status checks (for rate limiting)',
};

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

/** Everything that the catalog says of a table, in the words of the requirements. */
async function linesOf(table: string): Promise<ReadonlySet<string>> {
  const lines = await column(
    client,
    `SELECT concat(attname, ' ', upper(format_type(atttypid, atttypmod)), CASE WHEN attnotnull THEN ' NOT NULL' END,
       ' DEFAULT ' || regexp_replace(pg_get_expr(adbin, adrelid), '::[a-z ]+', '', 'g'))
     FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
     UNION ALL
     -- Columns that an index carries along are no part of its key.
     SELECT regexp_replace(pg_get_constraintdef(oid), ' INCLUDE .*$', '')
     FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'f')
     UNION ALL
     SELECT format('CONSTRAINT %s %s', conname, pg_get_constraintdef(oid))
     FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'f'
     UNION ALL
     SELECT format('%s IN (%s)', attname, (
       SELECT string_agg(word[1], ', ' ORDER BY place)
       FROM regexp_matches(pg_get_constraintdef(oid), '''([^'']+)''', 'g') WITH ORDINALITY AS words (word, place)))
     FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
     WHERE conrelid = $1::regclass AND contype = 'c' AND convalidated
     UNION ALL
     SELECT format('INDEX %s %s', c.relname, regexp_replace(pg_get_indexdef(indexrelid), '^.* USING btree ', ''))
     FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = $1::regclass AND indisvalid
     UNION ALL
     SELECT 'PARTITION BY ' || pg_get_partkeydef($1::regclass)`,
    [table],
  );
  return new Set(
    lines.flatMap((line) =>
      line === null
        ? []
        : [
            String(line)
              .replace(/TIMESTAMP(\(\d\))? WITH TIME ZONE/, 'TIMESTAMPTZ$1')
              .replace('CHARACTER VARYING', 'VARCHAR')
              .replace('NUMERIC', 'DECIMAL'),
          ],
    ),
  );
}

describe.each(Object.entries(DDL))('the table %s', (table, lines) => {
  let actual: ReadonlySet<string>;
  beforeAll(async () => {
    actual = await linesOf(table);
  });

  test.each(lines)('has %s', (line) => {
    const [inMilliseconds, neverEmpty] = STRICTER;
    const strict = inMilliseconds.apply(line);
    const instead = INSTEAD[`${table} ${line}`]?.is;
    const allowed =
      instead === undefined ? [line, strict, neverEmpty.apply(line), neverEmpty.apply(strict)] : [instead];
    expect([...actual].filter((known) => allowed.includes(known))).toHaveLength(1);
  });
});

test('nothing is said to stand instead of a line that is not one', () => {
  const lines = Object.entries(DDL).flatMap(([table, own]) => own.map((line) => `${table} ${line}`));
  expect(Object.keys(INSTEAD).filter((line) => !lines.includes(line))).toEqual([]);
});

test.each(Object.entries(COMMENTS))('the comment on %s is the one asked for', async (name, comment) => {
  const [table, attribute] = name.split('.');
  const [actual] = await column(
    client,
    attribute === undefined
      ? `SELECT obj_description($1::regclass, 'pg_class')`
      : `SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = $1::regclass AND attname = '${attribute}'`,
    [table],
  );
  expect(actual).toBe(comment);
});

test('updated_at is kept by a trigger wherever it is', async () => {
  const without = await column(
    client,
    `SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'updated_at'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT EXISTS (
       SELECT FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid
       WHERE tgrelid = c.oid AND p.proname = 'screentest_touch_updated_at' AND tgenabled = 'O')`,
  );
  expect(without).toEqual([]);
});

describe('the use cases', () => {
  test('are 21, each whole and unlike the others', () => {
    expect(templateRows()).toHaveLength(21);
    const codes = templateRows().map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['FOUNDER_STORY', 'PRODUCT_REVEAL']));
    for (const part of ['code', 'name', 'description', 'skeleton'] as const) {
      expect(new Set(templateRows().map((template) => template[part])).size).toBe(21);
    }
    for (const { skeleton, mutations } of templateRows()) {
      expect(skeleton).toContain('{product}');
      expect(Object.keys(mutations).length).toBeGreaterThanOrEqual(2);
      for (const levels of Object.values(mutations)) expect(new Set(levels).size).toBe(levels.length);
    }
  });

  test('are written by `db migrate`, mended by the next one, and needed by every group', async () => {
    const empty = await createTestDatabase({ migrated: false });
    const db = await connected(empty.url);
    try {
      const migrate = () => runHere(['db', 'migrate'], { ...process.env, DATABASE_URL: empty.url });
      expect((await migrate()).exit).toBe(0);
      const written = () =>
        column(db, 'SELECT to_jsonb(t) - $1::text[] FROM use_case_templates t ORDER BY code', [
          ['id', 'created_at', 'updated_at', 'created_by'],
        ]);
      const rows = await written();
      expect(rows).toEqual(
        templateRows()
          .map(({ code, name, description, skeleton, mutations }) => ({
            code,
            name,
            description,
            prompt_skeleton: skeleton,
            default_mutations: mutations,
          }))
          .toSorted((a, b) => (a.code < b.code ? -1 : 1)),
      );
      await db.query(`UPDATE use_case_templates SET name = 'x' WHERE code = 'FOUNDER_STORY'`);
      await migrate();
      expect(await written()).toEqual(rows);

      await db.query(`INSERT INTO ventures (name) VALUES ('Espresso')`);
      const insert = (code: string, id: string) =>
        db.query(
          `INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name)
           SELECT id, $1, (${id}), 'x' FROM ventures`,
          [code],
        );
      await expect(insert('FOUNDER_STORY', 'NULL')).rejects.toMatchObject({ code: '23502' });
      await expect(insert('DANCE', 'gen_random_uuid()')).rejects.toMatchObject({ code: '23503' });
      const reveal = `SELECT id FROM use_case_templates WHERE code = 'PRODUCT_REVEAL'`;
      await expect(insert('FOUNDER_STORY', reveal)).rejects.toMatchObject({ code: '23503' });
      await insert('PRODUCT_REVEAL', reveal);
      await expect(db.query(`DELETE FROM use_case_templates`)).rejects.toMatchObject({
        // Before version 18 a restriction was told as any other broken key.
        code: expect.stringMatching(/^(23001|23503)$/),
      });
    } finally {
      await db.end();
      await empty.drop();
    }
  });
});
