DROP TABLE IF EXISTS analysis_snapshots CASCADE;
