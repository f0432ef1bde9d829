-- What goes after its time: a stored video by rule, and a campaign after three years. What stays of it is said here.

ALTER TABLE variant_renditions ADD COLUMN expired_at TIMESTAMPTZ(3);
COMMENT ON COLUMN variant_renditions.expired_at IS 'When the file was removed from the store by the rule for old videos; null while it is there';

-- For the search for videos whose time has come, and campaigns likewise.
CREATE INDEX idx_variant_groups_completed_at ON variant_groups (completed_at) WHERE completed_at IS NOT NULL;

-- What is left of a campaign: enough to tell that it was, how it ended and what it cost, and nothing of any person.
-- Its id stays taken: the same brief started again under it would be paid again.
CREATE TABLE dropped_groups (
  variant_group_id UUID PRIMARY KEY,
  venture_id UUID NOT NULL REFERENCES ventures (id) ON DELETE CASCADE,
  use_case_template VARCHAR(100) NOT NULL,
  test_name VARCHAR(255) NOT NULL,
  outcome VARCHAR(50) NOT NULL,
  winner_name VARCHAR(100),
  variant_count INTEGER NOT NULL CHECK (variant_count >= 0),
  spent_micro_usd BIGINT NOT NULL,
  started_at TIMESTAMPTZ(3) NOT NULL,
  completed_at TIMESTAMPTZ(3) NOT NULL,
  dropped_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_dropped_groups_venture ON dropped_groups (venture_id);

COMMENT ON TABLE dropped_groups IS 'Campaigns whose rows were deleted after their time';
COMMENT ON COLUMN dropped_groups.variant_group_id IS 'Identity that the group had; never used again';
COMMENT ON COLUMN dropped_groups.venture_id IS 'Venture the test was run for';
COMMENT ON COLUMN dropped_groups.use_case_template IS 'Code of its template';
COMMENT ON COLUMN dropped_groups.test_name IS 'Name that people read';
COMMENT ON COLUMN dropped_groups.outcome IS 'How the test ended: winner, no_winner, cancelled or failed';
COMMENT ON COLUMN dropped_groups.winner_name IS 'Name of the variant that won';
COMMENT ON COLUMN dropped_groups.variant_count IS 'How many variants it had';
COMMENT ON COLUMN dropped_groups.spent_micro_usd IS 'What its videos cost, in millionths of a dollar';
COMMENT ON COLUMN dropped_groups.started_at IS 'When the group was planned';
COMMENT ON COLUMN dropped_groups.completed_at IS 'When the test ended';
COMMENT ON COLUMN dropped_groups.dropped_at IS 'When its rows were deleted';
COMMENT ON COLUMN dropped_groups.created_by IS 'Who asked for it; null for the schedule';
COMMENT ON COLUMN dropped_groups.created_at IS 'When the row was written';

SELECT screentest_protect('dropped_groups');
