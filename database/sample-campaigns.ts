import type pg from 'pg';

/** Campaigns of the size that the requirements expect, for drills and measurements: nobody's data. */

export interface SampleVolume {
  readonly years: number;
  readonly groupsAYear: number;
  readonly variantsAGroup: number;
}

/** 100 ventures with 10 campaigns a year each, of 15 variants, with 5 platforms × 5 metrics each. */
export const EXPECTED_VOLUME: SampleVolume = { years: 3, groupsAYear: 1000, variantsAGroup: 15 };

const VENTURES = 100;

/**
 * Fills a migrated, empty database with campaigns that ended one after another up to now. Deterministic but for the
 * time: the same volume gives the same rows.
 */
export async function writeSampleCampaigns(client: pg.Client, volume: SampleVolume): Promise<void> {
  const groups = volume.years * volume.groupsAYear;
  await client.query('BEGIN');
  try {
    await client.query(`
      SELECT screentest_ensure_month_partitions(
        (now() AT TIME ZONE 'UTC' - make_interval(years => ${volume.years}))::date, ${volume.years * 12 + 2})`);
    // Triggers guard the moves of people; these rows never moved.
    await client.query('SET LOCAL session_replication_role = replica');
    for (const statement of statementsFor(groups, volume)) await client.query(statement);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await client.query('ANALYZE');
}

function statementsFor(groups: number, { years, variantsAGroup }: SampleVolume): readonly string[] {
  const id = (kind: string, number: string) => `md5('${kind}' || ${number})::uuid`;
  const endOf = (group: string) =>
    `date_trunc('milliseconds', now()) - ${group} * (interval '${years} years' / ${groups + 1})`;
  return [
    `INSERT INTO ventures (id, name) SELECT ${id('venture', 'v')}, 'Venture ' || v
     FROM generate_series(1, ${VENTURES}) AS v`,
    `INSERT INTO variant_groups (id, venture_id, use_case_template, use_case_template_id, test_name, test_status,
       outcome, winner_variant_id, decision, created_at, updated_at, completed_at)
     SELECT ${id('group', 'g')}, ${id('venture', `(g % ${VENTURES} + 1)`)}, template.code, template.id,
       'Campaign ' || g, 'completed', 'winner', ${id('variant', `(g::text || '/' || g % ${variantsAGroup})`)},
       jsonb_build_object('by', 'ana@example.com', 'verdict', jsonb_build_object('kind', 'winner', 'lift', g % 40)),
       ${endOf('g')} - interval '14 days', ${endOf('g')}, ${endOf('g')}
     FROM generate_series(1, ${groups}) AS g
     JOIN LATERAL (SELECT id, code FROM use_case_templates ORDER BY code OFFSET g % 2 LIMIT 1) AS template ON true`,
    `INSERT INTO video_variants (id, variant_group_id, variant_name, position, prompt_text, prompt_mutations,
       generation_status, video_url, video_duration_seconds, generation_cost_usd, sora_model, created_at, generated_at)
     SELECT ${id('variant', `(g::text || '/' || n)`)}, ${id('group', 'g')}, 'Variant ' || n, n,
       'A barista pours an espresso, take ' || n || ' of campaign ' || g || repeat('; warm light, slow push in', 8),
       jsonb_build_object('light', n % 3, 'hook', n % 5), 'completed', 'file:///videos/' || g || '/' || n || '.mp4',
       8, 0.8, 'sora-2', ${endOf('g')} - interval '14 days', ${endOf('g')} - interval '13 days'
     FROM generate_series(1, ${groups}) AS g, generate_series(0, ${variantsAGroup - 1}) AS n`,
    `INSERT INTO variant_performance (id, video_variant_id, platform, metric_name, metric_value, metric_unit,
       recorded_at, data_source, created_at)
     SELECT md5(g::text || '/' || n || platform || metric)::uuid, ${id('variant', `(g::text || '/' || n)`)}, platform,
       metric, abs(hashint8(g * 1000 + n)) % 100000, 'count', ${endOf('g')}, 'sample', ${endOf('g')}
     FROM generate_series(1, ${groups}) AS g, generate_series(0, ${variantsAGroup - 1}) AS n,
       unnest(ARRAY['instagram', 'tiktok', 'linkedin', 'youtube', 'facebook']) AS platform,
       unnest(ARRAY['views', 'clicks', 'conversions', 'shares', 'watch_time']) AS metric`,
    `INSERT INTO variant_metric_totals (video_variant_id, platform, metric_name, total_value, first_recorded_at,
       last_recorded_at, row_count)
     SELECT video_variant_id, platform, metric_name, sum(metric_value), min(recorded_at), max(recorded_at), count(*)
     FROM variant_performance GROUP BY 1, 2, 3`,
    `INSERT INTO group_events (variant_group_id, venture_id, event, actor)
     SELECT id, venture_id, event, 'ana@example.com' FROM variant_groups,
       unnest(ARRAY['started', 'completed']) AS event`,
  ];
}
