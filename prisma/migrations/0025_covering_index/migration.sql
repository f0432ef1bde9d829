-- An analysis adds up the counts of many days: with the values in the index it asks the index alone. The comparison
-- cells of a group with 90 daily days took 12 ms to read from the table's rows, and 5.5 ms from this.

CREATE INDEX idx_metric_observations_counts ON metric_observations (publication_id, metric_name, recorded_at)
  INCLUDE (value) WHERE NOT is_cumulative;
