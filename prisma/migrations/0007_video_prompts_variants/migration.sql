-- Phase 1, step 5: prompts know the group they were written for. Both columns may be ignored by what wrote
-- prompts before us.

ALTER TABLE video_prompts
  ADD COLUMN variant_group_id UUID REFERENCES variant_groups (id) ON DELETE SET NULL,
  ADD COLUMN is_variant BOOLEAN DEFAULT false;

CREATE INDEX idx_video_prompts_variant_group ON video_prompts (variant_group_id);

COMMENT ON COLUMN video_prompts.variant_group_id IS 'Group that the prompt was written for';
COMMENT ON COLUMN video_prompts.is_variant IS 'Whether the prompt was derived as a variant of another';
