DROP INDEX IF EXISTS idx_metric_observations_counts;
