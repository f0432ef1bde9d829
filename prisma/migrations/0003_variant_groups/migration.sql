-- Phase 1, step 1: variant_groups, without the winner's key (its table comes next).

CREATE TABLE variant_groups (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  venture_id UUID NOT NULL REFERENCES ventures (id) ON DELETE CASCADE,
  use_case_template VARCHAR(100) NOT NULL,
  use_case_template_id UUID NOT NULL,
  test_name VARCHAR(255) NOT NULL,
  test_description TEXT,
  test_status VARCHAR(50) NOT NULL DEFAULT 'planning' CHECK (test_status IN (
    'planning', 'generating', 'testing', 'analyzing', 'completed', 'archived'
  )),
  target_platforms TEXT[] NOT NULL DEFAULT ARRAY['instagram', 'tiktok', 'linkedin', 'youtube', 'facebook']
    CHECK (target_platforms <@ ARRAY['instagram', 'tiktok', 'linkedin', 'youtube', 'facebook', 'twitter']),
  winner_variant_id UUID,
  outcome VARCHAR(50) CHECK (outcome IN ('winner', 'no_winner', 'cancelled', 'failed')),
  decision JSONB,
  variant_group_settings JSONB NOT NULL DEFAULT '{}',
  estimated_completion_date DATE,
  created_by UUID REFERENCES auth.users (id) ON DELETE CASCADE,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  completed_at TIMESTAMPTZ(3),
  CONSTRAINT variant_groups_use_case_template_id_fkey
    FOREIGN KEY (use_case_template_id, use_case_template) REFERENCES use_case_templates (id, code)
    ON UPDATE CASCADE ON DELETE RESTRICT,
  CONSTRAINT variant_groups_outcome_when_over
    CHECK ((test_status IN ('completed', 'archived')) = (outcome IS NOT NULL))
);

CREATE INDEX idx_variant_groups_venture ON variant_groups (venture_id);
CREATE INDEX idx_variant_groups_status ON variant_groups (test_status);
CREATE INDEX idx_variant_groups_created_at ON variant_groups (created_at DESC);
-- Without it every variant deleted scans the groups for one it won: 15.7 s against 2.0 s for a venture of 4,500 variants.
CREATE INDEX idx_variant_groups_winner ON variant_groups (winner_variant_id) WHERE winner_variant_id IS NOT NULL;

CREATE TRIGGER variant_groups_touch_updated_at BEFORE UPDATE ON variant_groups
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

-- The same table of moves as the product's own; a test holds the two equal.
CREATE FUNCTION variant_group_move_is_allowed(from_status TEXT, to_status TEXT) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (from_status, to_status) IN (
    ('planning', 'generating'),
    ('planning', 'completed'),
    ('generating', 'testing'),
    ('generating', 'completed'),
    ('testing', 'analyzing'),
    ('testing', 'completed'),
    ('analyzing', 'completed'),
    ('completed', 'archived')
  )
$$;
COMMENT ON FUNCTION variant_group_move_is_allowed(TEXT, TEXT) IS 'Whether a group may go from one status to the other';

CREATE FUNCTION variant_groups_guard_status() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    RAISE EXCEPTION 'variant group % can''t start in status %: a group starts in planning', NEW.id, NEW.test_status
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'variant_groups_starts_in_planning';
  ELSIF NOT public.variant_group_move_is_allowed(OLD.test_status, NEW.test_status) THEN
    RAISE EXCEPTION 'variant group % can''t move from % to %', OLD.id, OLD.test_status, NEW.test_status
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'variant_groups_move_is_allowed';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION variant_groups_guard_status() IS 'Refuses a status that the life of a group does not allow';

CREATE TRIGGER variant_groups_starts_in_planning BEFORE INSERT ON variant_groups
  FOR EACH ROW WHEN (NEW.test_status <> 'planning') EXECUTE FUNCTION variant_groups_guard_status();
CREATE TRIGGER variant_groups_move_is_allowed BEFORE UPDATE ON variant_groups
  FOR EACH ROW WHEN (OLD.test_status IS DISTINCT FROM NEW.test_status) EXECUTE FUNCTION variant_groups_guard_status();

COMMENT ON TABLE variant_groups IS 'Groups of video variants for A/B testing campaigns';
COMMENT ON COLUMN variant_groups.id IS 'Identity of the group; its workflow is variant-group/<id>';
COMMENT ON COLUMN variant_groups.venture_id IS 'Venture the test is run for';
COMMENT ON COLUMN variant_groups.use_case_template IS 'Template type from 21 predefined use cases';
COMMENT ON COLUMN variant_groups.use_case_template_id IS 'The template''s row; always the one whose code is in use_case_template';
COMMENT ON COLUMN variant_groups.test_name IS 'Name that people read';
COMMENT ON COLUMN variant_groups.test_description IS 'What is tested and why';
COMMENT ON COLUMN variant_groups.test_status IS 'Where the test stands; its moves are guarded by a trigger';
COMMENT ON COLUMN variant_groups.target_platforms IS 'Array of platforms for testing (Instagram, TikTok, etc.)';
COMMENT ON COLUMN variant_groups.winner_variant_id IS 'The variant declared winner; always one of this group';
COMMENT ON COLUMN variant_groups.outcome IS 'How the test ended: winner, no_winner, cancelled or failed; null until it is completed';
COMMENT ON COLUMN variant_groups.decision IS 'The declaration: what, by whom, why, and the verdict of the analysis at that moment';
COMMENT ON COLUMN variant_groups.variant_group_settings IS 'Settings of this test: primary metric, deadlines, minimum of variants, budget';
COMMENT ON COLUMN variant_groups.estimated_completion_date IS 'When the test is expected to end, for planning';
COMMENT ON COLUMN variant_groups.created_by IS 'Who started the test; it goes when that person is removed';
COMMENT ON COLUMN variant_groups.created_at IS 'When the row was written';
COMMENT ON COLUMN variant_groups.updated_at IS 'When the row last changed; kept by a trigger';
COMMENT ON COLUMN variant_groups.completed_at IS 'When the test ended';
