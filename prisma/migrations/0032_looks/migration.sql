-- What each analysis was: which look at the test, and the imports that its numbers came from.

ALTER TABLE analysis_snapshots
  ADD COLUMN look INTEGER CHECK (look >= 1),
  ADD COLUMN imports UUID[] NOT NULL DEFAULT '{}',
  ADD COLUMN confirmed_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW();

UPDATE analysis_snapshots s SET look = counted.look, confirmed_at = s.taken_at
FROM (
  SELECT id, row_number() OVER (PARTITION BY variant_group_id ORDER BY taken_at, id) AS look FROM analysis_snapshots
) counted
WHERE counted.id = s.id;

ALTER TABLE analysis_snapshots ALTER COLUMN look SET NOT NULL;

-- Two analyses at once can't both be the same look.
CREATE UNIQUE INDEX analysis_snapshots_group_look ON analysis_snapshots (variant_group_id, look);

COMMENT ON COLUMN analysis_snapshots.look IS 'Counts the looks at the group''s test that found something new, from 1';
COMMENT ON COLUMN analysis_snapshots.imports IS 'Imports that were there; not foreign keys, since a snapshot says what was known then';
COMMENT ON COLUMN analysis_snapshots.confirmed_at IS 'When an analysis last came to the very same verdict';
