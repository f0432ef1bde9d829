-- What was known when: the verdict of every analysis that was taken down.

CREATE TABLE analysis_snapshots (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  variant_group_id UUID NOT NULL REFERENCES variant_groups (id) ON DELETE CASCADE,
  taken_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  trigger VARCHAR(50) NOT NULL,
  verdict JSONB NOT NULL,
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_analysis_snapshots_group ON analysis_snapshots (variant_group_id, taken_at DESC);

COMMENT ON TABLE analysis_snapshots IS 'Verdicts of the analysis at the moments they were given';
COMMENT ON COLUMN analysis_snapshots.id IS 'Identity of the snapshot';
COMMENT ON COLUMN analysis_snapshots.variant_group_id IS 'Group that was analysed';
COMMENT ON COLUMN analysis_snapshots.taken_at IS 'Moment whose knowledge the verdict holds';
COMMENT ON COLUMN analysis_snapshots.trigger IS 'What caused the analysis: import, schedule, manual, or final before the decision';
COMMENT ON COLUMN analysis_snapshots.verdict IS 'The verdict with the numbers that it rests on';
COMMENT ON COLUMN analysis_snapshots.created_by IS 'Who asked for it; null when nobody did';
COMMENT ON COLUMN analysis_snapshots.created_at IS 'When the row was written';
