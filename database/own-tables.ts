/**
 * Every table of ours in `public`, where others' may stand beside them: what is validated, and searched for people who
 * are erased. A test holds the list complete.
 */
const IN_PUBLIC = [
  'analysis_snapshots',
  'archived_partitions',
  'budget_ledger',
  'dropped_groups',
  'group_events',
  'installation',
  'level_wordings',
  'metric_imports',
  'metric_observations',
  'monitoring_snapshots',
  'provider_smoke_tests',
  'query_latency_samples',
  'removed_spend',
  'stopped_groups',
  'table_size_samples',
  'use_case_templates',
  'variant_groups',
  'variant_metric_totals',
  'variant_performance',
  'variant_publications',
  'variant_renditions',
  'venture_budgets',
  'venture_members',
  'video_generation_jobs',
  'video_variants',
] as const;

/** Those that may have been there before us: what they look like is for their owner to say. */
export const MAY_BE_OTHERS = ['ventures', 'video_prompts'] as const;

/** The schemas that hold nothing but ours. */
export const OWN_SCHEMAS = ['screentest_partitions', 'archive'] as const;

/** For `WHERE`, of a `pg_class c` with its `pg_namespace n`. */
export const IS_OURS = `c.relkind IN ('r', 'p') AND (n.nspname IN (${listed(OWN_SCHEMAS)})
  OR (n.nspname = 'public' AND (c.relname IN (${listed(IN_PUBLIC)})
    OR (c.relname IN (${listed(MAY_BE_OTHERS)}) AND obj_description(c.oid, 'pg_class') LIKE '%Created by Screentest.'))))`;

export const OWN_TABLES: readonly string[] = IN_PUBLIC;

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
