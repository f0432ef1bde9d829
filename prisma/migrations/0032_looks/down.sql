DROP INDEX analysis_snapshots_group_look;
ALTER TABLE analysis_snapshots
  DROP COLUMN confirmed_at,
  DROP COLUMN imports,
  DROP COLUMN look;
