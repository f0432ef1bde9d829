import type pg from 'pg';

export const USER = '00000000-0000-4000-8000-000000000001';
export const VENTURE = '00000000-0000-4000-8000-000000000002';
export const TEMPLATE = '00000000-0000-4000-8000-000000000003';
export const GROUP = '00000000-0000-4000-8000-000000000004';
export const OTHER_GROUP = '00000000-0000-4000-8000-000000000005';
export const PROMPT = '00000000-0000-4000-8000-000000000006';
export const VARIANT = '00000000-0000-4000-8000-000000000007';
export const OTHER_VARIANT = '00000000-0000-4000-8000-000000000008';
export const VARIANT_OF_OTHER_GROUP = '00000000-0000-4000-8000-000000000009';
export const PUBLICATION = '00000000-0000-4000-8000-00000000000a';
export const IMPORT = '00000000-0000-4000-8000-00000000000b';
export const JOB = '00000000-0000-4000-8000-00000000000c';

/** Two groups, one with two variants, and nothing else. */
export async function insertGroups(client: pg.Client): Promise<void> {
  await client.query(`
    INSERT INTO auth.users (id, email) VALUES ('${USER}', 'ana@example.com');
    INSERT INTO ventures (id, name, created_by) VALUES ('${VENTURE}', 'Espresso', '${USER}');
    INSERT INTO use_case_templates (id, code, name) VALUES ('${TEMPLATE}', 'FOUNDER_STORY', 'Founder story');
    INSERT INTO variant_groups (id, venture_id, use_case_template, use_case_template_id, test_name, created_by)
    VALUES ('${GROUP}', '${VENTURE}', 'FOUNDER_STORY', '${TEMPLATE}', 'Launch', '${USER}'),
           ('${OTHER_GROUP}', '${VENTURE}', 'FOUNDER_STORY', '${TEMPLATE}', 'Relaunch', '${USER}');
    INSERT INTO video_prompts (id, prompt_text, venture_id, created_by)
    VALUES ('${PROMPT}', 'A cup of coffee', '${VENTURE}', '${USER}');
    INSERT INTO video_variants (id, variant_group_id, video_prompt_id, variant_name, position, prompt_text, created_by)
    VALUES ('${VARIANT}', '${GROUP}', '${PROMPT}', 'Variant A', 0, 'A cup of coffee, slowly', '${USER}'),
           ('${OTHER_VARIANT}', '${GROUP}', '${PROMPT}', 'Variant B', 1, 'A cup of coffee, fast', '${USER}'),
           ('${VARIANT_OF_OTHER_GROUP}', '${OTHER_GROUP}', NULL, 'Variant A', 0, 'Tea', '${USER}');
  `);
}

/** At least one row in every table. */
export async function insertRowsEverywhere(client: pg.Client): Promise<void> {
  await insertGroups(client);
  await client.query(`
    UPDATE variant_groups SET winner_variant_id = '${OTHER_VARIANT}' WHERE id = '${GROUP}';
    UPDATE video_prompts SET variant_group_id = '${GROUP}', is_variant = true;
    INSERT INTO video_generation_jobs (id, video_variant_id, idempotency_key) VALUES ('${JOB}', '${VARIANT}', 'a');
    INSERT INTO variant_renditions (video_variant_id, rendition) VALUES ('${VARIANT}', 'main');
    INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month)
    VALUES ('${GROUP}', '${JOB}', 'reserve', 400000, '2026-11-01');
    INSERT INTO venture_budgets (venture_id, monthly_cap_micro_usd) VALUES ('${VENTURE}', 500000000);
    INSERT INTO removed_spend (venture_id, month, orders, spent_micro_usd, released_micro_usd, writing_micro_usd)
    VALUES ('${VENTURE}', '2026-10-01', 1, 100000, 0, 2500);
    INSERT INTO level_wordings
      (variant_group_id, venture_id, factor, model, prompt_sha256, state, answer, wordings, reserved_micro_usd,
        cost_micro_usd, month)
    VALUES ('${GROUP}', '${VENTURE}', 'hook', 'a-model', repeat('0', 64), 'answered', '{"content": "{}"}',
      '{"scene": "A cup is set down."}', 4000, 1200, '2026-11-01');
    INSERT INTO group_events (variant_group_id, venture_id, event, actor)
    VALUES ('${GROUP}', '${VENTURE}', 'started', 'ana@example.com');
    INSERT INTO venture_members (venture_id, user_id, role) VALUES ('${VENTURE}', '${USER}', 'owner');
    INSERT INTO variant_publications (id, video_variant_id, platform)
    VALUES ('${PUBLICATION}', '${VARIANT}', 'tiktok');
    INSERT INTO metric_imports (id, variant_group_id, source) VALUES ('${IMPORT}', '${GROUP}', 'long-csv');
    INSERT INTO metric_observations (publication_id, metric_name, recorded_at, value, import_id)
    VALUES ('${PUBLICATION}', 'views', now(), 10, '${IMPORT}');
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value)
    VALUES ('${VARIANT}', 'tiktok', 'views', 10);
    INSERT INTO variant_metric_totals
      (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count)
    VALUES ('${VARIANT}', 'tiktok', 'views', 10, now(), now(), 1);
    INSERT INTO analysis_snapshots (variant_group_id, trigger, verdict, look) VALUES ('${GROUP}', 'manual', '{}', 1);
    INSERT INTO provider_smoke_tests
      (provider, endpoint, provider_account, model, width, height, seconds, prompt, idempotency_key, reserved_usd)
    VALUES ('openai-compatible', 'http://127.0.0.1/v1', 'default', 'sora-2', 720, 1280, 1, 'A cup of coffee', 'smoke', 0.1);
    INSERT INTO installation DEFAULT VALUES;
    INSERT INTO stopped_groups (variant_group_id, how) VALUES ('${GROUP}', 'terminated');
    INSERT INTO archived_partitions (table_name, month, row_count, size_bytes)
    VALUES ('variant_performance', '2020-01-01', 10, 8192);
    INSERT INTO dropped_groups
      (variant_group_id, venture_id, use_case_template, test_name, outcome, variant_count, spent_micro_usd, started_at, completed_at)
    VALUES (gen_random_uuid(), '${VENTURE}', 'FOUNDER_STORY', 'Long ago', 'no_winner', 3, 1200000, '2020-01-01', '2020-02-01');
    INSERT INTO table_size_samples (sampled_on, table_name, total_bytes, row_estimate)
    VALUES ('2026-11-24', 'variant_groups', 65536, 2);
    INSERT INTO query_latency_samples (worker, latencies, slowest)
    VALUES ('${GROUP}', '{"read": {"0.005": 12}, "write": {}}', '[]');
    INSERT INTO monitoring_snapshots (kind) VALUES ('often');
  `);
}
