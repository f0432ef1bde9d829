-- The lookup table that normalises the 21 predefined use cases. Its rows are the product's vocabulary and are
-- written from there, so that code and table can't say two things.

CREATE TABLE use_case_templates (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  code VARCHAR(100) NOT NULL UNIQUE,
  name VARCHAR(255) NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  prompt_skeleton TEXT NOT NULL DEFAULT '',
  default_mutations JSONB NOT NULL DEFAULT '[]',
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  -- What a group's (id, code) pair points at: a group can't name one template and link another.
  UNIQUE (id, code)
);

CREATE TRIGGER use_case_templates_touch_updated_at BEFORE UPDATE ON use_case_templates
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

COMMENT ON TABLE use_case_templates IS 'The predefined use cases that a test can start from';
COMMENT ON COLUMN use_case_templates.id IS 'Identity of the template';
COMMENT ON COLUMN use_case_templates.code IS 'Stable code, such as FOUNDER_STORY';
COMMENT ON COLUMN use_case_templates.name IS 'Name that people read';
COMMENT ON COLUMN use_case_templates.description IS 'When to use it';
COMMENT ON COLUMN use_case_templates.prompt_skeleton IS 'Prompt text with places for the brief''s own words';
COMMENT ON COLUMN use_case_templates.default_mutations IS 'Mutations that make the variants when the brief names none';
COMMENT ON COLUMN use_case_templates.created_by IS 'Who added the template; null for those that come with Screentest';
COMMENT ON COLUMN use_case_templates.created_at IS 'When the row was written';
COMMENT ON COLUMN use_case_templates.updated_at IS 'When the row last changed; kept by a trigger';
