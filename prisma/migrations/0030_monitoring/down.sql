DROP TABLE IF EXISTS monitoring_snapshots CASCADE;
DROP TABLE IF EXISTS query_latency_samples CASCADE;
DROP TABLE IF EXISTS table_size_samples CASCADE;
