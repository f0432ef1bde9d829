import type { Check } from './check.ts';

/** Months of archived groups may have left the metric tables. */
const WITH_ALL_THEIR_METRICS = `
  SELECT v.id FROM video_variants v JOIN variant_groups g ON g.id = v.variant_group_id WHERE g.test_status <> 'archived'`;

/** What rows say of each other, where no constraint can. */
export const ROW_CHECKS: readonly Check[] = [
  {
    name: 'default partitions are empty',
    problems: `
      SELECT 'a row of variant_performance recorded at ' || recorded_at AS problem
      FROM screentest_partitions.variant_performance_default
      UNION ALL
      SELECT 'a row of metric_observations recorded at ' || recorded_at
      FROM screentest_partitions.metric_observations_default`,
  },
  {
    name: 'status, outcome and end agree',
    problems: `
      SELECT format('group %s is %s, with outcome %s, end %s and %s', id, test_status, coalesce(outcome, 'none'),
        coalesce(completed_at::text, 'none'), CASE WHEN decision IS NULL THEN 'no decision' ELSE 'a decision' END) AS problem
      FROM variant_groups
      WHERE NOT (
        (test_status IN ('completed', 'archived')) = (outcome IS NOT NULL)
        AND (outcome IS NULL) = (completed_at IS NULL)
        AND (outcome IS NULL) = (decision IS NULL))`,
  },
  {
    name: 'a winner is a variant of its group that was tested',
    problems: `
      SELECT format('group %s: %s', g.id, CASE
        WHEN v.id IS NULL THEN 'its winner is not there'
        WHEN v.variant_group_id <> g.id THEN 'its winner is of group ' || v.variant_group_id
        WHEN v.generation_status NOT IN ('completed', 'manual') THEN 'its winner has no video'
        ELSE 'it has a winner, and its outcome is ' || coalesce(g.outcome, 'none') END) AS problem
      FROM variant_groups g LEFT JOIN video_variants v ON v.id = g.winner_variant_id
      WHERE g.winner_variant_id IS NOT NULL AND NOT coalesce(
        v.variant_group_id = g.id AND v.generation_status IN ('completed', 'manual') AND g.outcome = 'winner', false)`,
  },
  {
    name: 'a variant with a video has its file, and others have none',
    problems: `
      SELECT format('variant %s is %s, and its main file is %s', v.id, v.generation_status,
        CASE WHEN r.id IS NULL THEN 'missing' WHEN v.video_url IS NULL THEN 'not mirrored' ELSE r.video_url END) AS problem
      FROM video_variants v
      LEFT JOIN variant_renditions r ON r.video_variant_id = v.id AND r.rendition = 'main'
      WHERE (v.generation_status IN ('completed', 'manual')
          AND (r.id IS NULL OR v.video_url IS DISTINCT FROM r.video_url))
        OR (v.generation_status = 'pending' AND r.id IS NOT NULL)`,
  },
  {
    name: 'totals are the sums of their values',
    problems: `
      WITH sums AS (
        SELECT video_variant_id, platform, metric_name, sum(metric_value) AS total, count(*) AS rows,
          min(recorded_at) AS first, max(recorded_at) AS last
        FROM variant_performance WHERE video_variant_id IN (${WITH_ALL_THEIR_METRICS})
        GROUP BY 1, 2, 3
      ), totals AS (
        SELECT * FROM variant_metric_totals WHERE video_variant_id IN (${WITH_ALL_THEIR_METRICS})
      )
      SELECT format('variant %s, %s, %s: the total is %s and the sum %s', video_variant_id, platform, metric_name,
        coalesce(t.total_value::text, 'missing'), coalesce(s.total::text, 'of nothing')) AS problem
      FROM sums s FULL JOIN totals t USING (video_variant_id, platform, metric_name)
      WHERE (s.total, s.rows, s.first, s.last)
        IS DISTINCT FROM (t.total_value, t.row_count::bigint, t.first_recorded_at, t.last_recorded_at)`,
  },
  {
    // What was written by hand, or by another tool, has a source of its own and no observations.
    name: 'values are the sums of their observations',
    problems: `
      WITH observed AS (
        SELECT p.video_variant_id, p.platform, o.metric_name, o.recorded_at, sum(o.value) AS value
        FROM metric_observations o JOIN variant_publications p ON p.id = o.publication_id
        WHERE o.attribution_window = '' AND p.video_variant_id IN (${WITH_ALL_THEIR_METRICS})
        GROUP BY 1, 2, 3, 4
      ), rolled_up AS (
        SELECT * FROM variant_performance WHERE video_variant_id IN (${WITH_ALL_THEIR_METRICS})
      )
      SELECT format('variant %s, %s, %s, %s: the value is %s and the sum %s', video_variant_id, platform, metric_name,
        recorded_at, coalesce(v.metric_value::text, 'missing'), coalesce(o.value::text, 'of nothing')) AS problem
      FROM observed o FULL JOIN rolled_up v USING (video_variant_id, platform, metric_name, recorded_at)
      WHERE o.value IS DISTINCT FROM v.metric_value AND (o.value IS NOT NULL OR v.data_source = 'csv')`,
  },
  {
    name: 'the trail tells where each group stands',
    problems: `
      SELECT format('nothing on record says that group %s is %s', g.id, g.test_status) AS problem
      FROM variant_groups g
      WHERE NOT EXISTS (
        SELECT FROM group_events e WHERE e.variant_group_id = g.id AND e.event = CASE g.test_status
          WHEN 'planning' THEN 'planned'
          WHEN 'completed' THEN 'completed: ' || g.outcome
          ELSE 'moved to ' || g.test_status END)`,
  },
  {
    name: 'what became of each order agrees with its job',
    of: 'video_generation_jobs',
    problems: `
      SELECT format('order %s is %s, and its job %s', id, submission_state, job_status) AS problem
      FROM video_generation_jobs
      WHERE (submission_state IN ('reserved', 'claimed', 'held') AND job_status <> 'pending')
        OR (submission_state IN ('refused', 'expired', 'cancelled') AND job_status <> 'failed')
        OR (submission_state = 'accepted' AND (job_status = 'pending' OR sora_job_id IS NULL))
        OR (submission_state = 'held') <> (held_reason IS NOT NULL)`,
  },
];
