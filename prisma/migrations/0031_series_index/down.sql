CREATE INDEX idx_metric_observations_counts ON metric_observations (publication_id, metric_name, recorded_at)
  INCLUDE (value) WHERE NOT is_cumulative;

DROP INDEX IF EXISTS idx_metric_observations_series;
