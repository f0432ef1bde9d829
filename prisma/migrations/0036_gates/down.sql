ALTER TABLE IF EXISTS video_variants
  DROP COLUMN IF EXISTS review,
  DROP COLUMN IF EXISTS planned_prompt;
