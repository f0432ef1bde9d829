-- Who may see and change what; the seed has no such table.

CREATE TABLE venture_members (
  venture_id UUID NOT NULL REFERENCES ventures (id) ON DELETE CASCADE,
  user_id UUID NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
  role VARCHAR(50) NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (venture_id, user_id)
);

CREATE INDEX idx_venture_members_user ON venture_members (user_id);

COMMENT ON TABLE venture_members IS 'People of a venture and what they may do there';
COMMENT ON COLUMN venture_members.venture_id IS 'Venture';
COMMENT ON COLUMN venture_members.user_id IS 'Person';
COMMENT ON COLUMN venture_members.role IS 'owner, editor, or viewer who may only read';
COMMENT ON COLUMN venture_members.created_by IS 'Who added the person';
COMMENT ON COLUMN venture_members.created_at IS 'When the row was written';
