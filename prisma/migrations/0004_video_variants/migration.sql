-- Phase 1, step 2: video_variants.

CREATE TABLE video_variants (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  variant_group_id UUID NOT NULL REFERENCES variant_groups (id) ON DELETE CASCADE,
  video_prompt_id UUID REFERENCES video_prompts (id) ON DELETE SET NULL,
  variant_name VARCHAR(100) NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  prompt_text TEXT NOT NULL,
  prompt_mutations JSONB,
  generation_status VARCHAR(50) NOT NULL DEFAULT 'pending' CHECK (generation_status IN (
    'pending', 'generating', 'completed', 'failed', 'manual'
  )),
  failure_reason TEXT,
  video_url TEXT,
  video_duration_seconds INTEGER,
  -- NUMERIC accepts NaN, and NaN >= 0 is true.
  generation_cost_usd DECIMAL(10, 4) CHECK (generation_cost_usd >= 0 AND generation_cost_usd <> 'NaN'),
  generation_job_id VARCHAR(255),
  sora_model VARCHAR(50),
  created_by UUID REFERENCES auth.users (id) ON DELETE CASCADE,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  generated_at TIMESTAMPTZ(3),
  UNIQUE (variant_group_id, variant_name),
  UNIQUE (variant_group_id, position),
  -- What the winner's key points at.
  UNIQUE (variant_group_id, id)
);

CREATE INDEX idx_video_variants_group ON video_variants (variant_group_id);
CREATE INDEX idx_video_variants_status ON video_variants (generation_status);
CREATE INDEX idx_video_variants_prompt ON video_variants (video_prompt_id);

COMMENT ON TABLE video_variants IS 'Individual video variants generated for A/B testing';
COMMENT ON COLUMN video_variants.id IS 'Identity of the variant';
COMMENT ON COLUMN video_variants.variant_group_id IS 'Group the variant is tested in';
COMMENT ON COLUMN video_variants.video_prompt_id IS 'Original prompt, where one was recorded';
COMMENT ON COLUMN video_variants.variant_name IS 'Name, unique in the group, such as Variant A, Control or Emotional Hook';
COMMENT ON COLUMN video_variants.position IS 'Order in the group';
COMMENT ON COLUMN video_variants.prompt_text IS 'The prompt that the video is generated from';
COMMENT ON COLUMN video_variants.prompt_mutations IS 'JSONB of mutations applied to base prompt';
COMMENT ON COLUMN video_variants.generation_status IS 'Where the video stands; manual means that a person provided it';
COMMENT ON COLUMN video_variants.failure_reason IS 'Why there is no video, in words for people';
COMMENT ON COLUMN video_variants.video_url IS 'Where the main rendition is stored';
COMMENT ON COLUMN video_variants.video_duration_seconds IS 'Length of the main rendition in seconds, rounded';
COMMENT ON COLUMN video_variants.generation_cost_usd IS 'API cost tracking for ROI calculation';
COMMENT ON COLUMN video_variants.generation_job_id IS 'The video API''s id of the job that made the main rendition';
COMMENT ON COLUMN video_variants.sora_model IS 'Model that made the main rendition, such as sora-2';
COMMENT ON COLUMN video_variants.created_by IS 'Who the variant was planned for; it goes when that person is removed';
COMMENT ON COLUMN video_variants.created_at IS 'When the row was written';
COMMENT ON COLUMN video_variants.generated_at IS 'When the main rendition was stored';
