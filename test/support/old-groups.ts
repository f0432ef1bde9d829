import type pg from 'pg';
import { column } from '../prisma/clients.ts';

export interface OldGroup {
  /** Where it stands; `completed` and `archived` ones have ended at `endedAt`. */
  readonly status: 'planning' | 'completed' | 'archived';
  readonly endedAt?: string;
  /** When numbers were recorded: ten views each, for each of its two variants. */
  readonly recordedAt?: readonly string[];
  readonly name?: string;
}

export interface InsertedGroup {
  readonly id: string;
  readonly variants: readonly string[];
}

/** What groups need around them; once for a database. */
export async function insertVenture(client: pg.Client): Promise<void> {
  await client.query(`
    INSERT INTO ventures (name) VALUES ('Espresso');
    INSERT INTO use_case_templates (code, name) VALUES ('FOUNDER_STORY', 'Founder story') ON CONFLICT DO NOTHING;
  `);
}

/** A group as it would stand in the database after years, with its numbers in all three tables. */
export async function insertOldGroup(client: pg.Client, group: OldGroup): Promise<InsertedGroup> {
  const [id] = await column(
    client,
    `INSERT INTO variant_groups (venture_id, use_case_template, use_case_template_id, test_name)
     SELECT v.id, t.code, t.id, $1 FROM ventures v, use_case_templates t WHERE t.code = 'FOUNDER_STORY' LIMIT 1
     RETURNING id`,
    [group.name ?? 'Launch'],
  );
  const variants = await column(
    client,
    `INSERT INTO video_variants (variant_group_id, variant_name, position, prompt_text)
     SELECT $1, 'Variant ' || at, at, 'A cup' FROM generate_series(0, 1) AS at RETURNING id`,
    [id],
  );
  for (const at of group.recordedAt ?? []) await insertNumbers(client, variants.map(String), at);
  await client.query(
    `INSERT INTO variant_metric_totals
       (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count)
     SELECT video_variant_id, platform, metric_name, sum(metric_value), min(recorded_at), max(recorded_at), count(*)
     FROM variant_performance WHERE video_variant_id = ANY ($1) GROUP BY 1, 2, 3`,
    [variants],
  );
  if (group.status !== 'planning') {
    await client.query(
      `UPDATE variant_groups SET test_status = 'completed', outcome = 'no_winner', completed_at = $2 WHERE id = $1`,
      [id, group.endedAt ?? new Date()],
    );
  }
  if (group.status === 'archived') {
    await client.query(`UPDATE variant_groups SET test_status = 'archived' WHERE id = $1`, [id]);
  }
  return { id: String(id), variants: variants.map(String) };
}

/** Ten views of each variant, as an import would write them. */
export async function insertNumbers(
  client: pg.Client,
  variants: readonly string[],
  at: string,
): Promise<void> {
  await client.query(
    `INSERT INTO variant_publications (video_variant_id, platform) SELECT unnest($1::uuid[]), 'tiktok' ON CONFLICT DO NOTHING`,
    [variants],
  );
  await client.query(
    `INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value)
     SELECT id, 'views', $2, 10 FROM variant_publications WHERE video_variant_id = ANY ($1)`,
    [variants, at],
  );
  await client.query(
    `INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at, notes)
     SELECT unnest($1::uuid[]), 'tiktok', 'views', 10, $2, E'a "note",\\nof two lines'`,
    [variants, at],
  );
}
