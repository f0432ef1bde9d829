DROP INDEX IF EXISTS idx_video_prompts_variant_group;
ALTER TABLE video_prompts DROP COLUMN IF EXISTS variant_group_id, DROP COLUMN IF EXISTS is_variant;
