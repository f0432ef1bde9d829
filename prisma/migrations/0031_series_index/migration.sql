-- An analysis reads running totals too, and tells attribution windows and currencies apart: with all of them in the index
-- it still asks the index alone. The predicate holds for every row and is implied by any bound on recorded_at; Prisma's
-- engine, which takes included columns for some of the key's, does not look at partial indexes.

CREATE INDEX idx_metric_observations_series ON metric_observations (publication_id, metric_name, recorded_at)
  INCLUDE (value, attribution_window, currency, is_cumulative) WHERE recorded_at IS NOT NULL;

DROP INDEX idx_metric_observations_counts;
