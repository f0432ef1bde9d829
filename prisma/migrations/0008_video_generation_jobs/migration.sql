-- Phase 2 (conditional): the job queue. No other migration depends on this one, so that it can be held back
-- until the video API's smoke test has passed.

CREATE TABLE video_generation_jobs (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  video_variant_id UUID NOT NULL REFERENCES video_variants (id) ON DELETE CASCADE,
  rendition VARCHAR(100) NOT NULL DEFAULT 'main',
  ordinal INTEGER NOT NULL DEFAULT 1 CHECK (ordinal >= 1),
  idempotency_key VARCHAR(255) NOT NULL UNIQUE,
  provider VARCHAR(50),
  provider_account VARCHAR(100),
  model VARCHAR(100),
  width INTEGER,
  height INTEGER,
  seconds INTEGER,
  submission_state VARCHAR(50) NOT NULL DEFAULT 'reserved' CHECK (submission_state IN (
    'reserved', 'claimed', 'accepted', 'refused', 'held', 'expired', 'cancelled'
  )),
  submit_deadline TIMESTAMPTZ(3),
  claimed_at TIMESTAMPTZ(3),
  job_deadline TIMESTAMPTZ(3),
  reserved_usd DECIMAL(12, 6) CHECK (reserved_usd >= 0 AND reserved_usd <> 'NaN'),
  held_reason TEXT,
  sora_job_id VARCHAR(255) UNIQUE,
  job_status VARCHAR(50) NOT NULL DEFAULT 'pending' CHECK (job_status IN (
    'pending', 'submitted', 'processing', 'completed', 'failed', 'timeout'
  )),
  job_submitted_at TIMESTAMPTZ(3),
  job_completed_at TIMESTAMPTZ(3),
  job_error TEXT,
  polling_count INTEGER NOT NULL DEFAULT 0,
  last_polled_at TIMESTAMPTZ(3),
  video_url TEXT,
  generation_cost_usd DECIMAL(10, 4) CHECK (generation_cost_usd >= 0 AND generation_cost_usd <> 'NaN'),
  -- Not CASCADE: the row is the proof that a video was paid for, and keeps it from being paid for again.
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  UNIQUE (video_variant_id, rendition, ordinal)
);

CREATE INDEX idx_video_generation_jobs_variant ON video_generation_jobs (video_variant_id);
CREATE INDEX idx_video_generation_jobs_sora_id ON video_generation_jobs (sora_job_id);
CREATE INDEX idx_video_generation_jobs_status ON video_generation_jobs (job_status);
CREATE INDEX idx_video_generation_jobs_submitted_at ON video_generation_jobs (job_submitted_at DESC);

CREATE TRIGGER video_generation_jobs_touch_updated_at BEFORE UPDATE ON video_generation_jobs
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

COMMENT ON TABLE video_generation_jobs IS 'Async job queue for Sora API video generation';
COMMENT ON COLUMN video_generation_jobs.id IS 'Identity of the intent to generate, written before anything is asked of the provider';
COMMENT ON COLUMN video_generation_jobs.video_variant_id IS 'Variant the video is for';
COMMENT ON COLUMN video_generation_jobs.rendition IS 'Which file of the variant: main, or an aspect or language beside it';
COMMENT ON COLUMN video_generation_jobs.ordinal IS 'Which generation of this rendition that people asked for: 1, and one more for each retry asked';
COMMENT ON COLUMN video_generation_jobs.idempotency_key IS 'Sent with the create; derived from variant, rendition and ordinal, never from a run';
COMMENT ON COLUMN video_generation_jobs.provider IS 'Video API that is asked';
COMMENT ON COLUMN video_generation_jobs.provider_account IS 'Account that pays';
COMMENT ON COLUMN video_generation_jobs.model IS 'Model asked for';
COMMENT ON COLUMN video_generation_jobs.width IS 'Width asked for, in pixels';
COMMENT ON COLUMN video_generation_jobs.height IS 'Height asked for, in pixels';
COMMENT ON COLUMN video_generation_jobs.seconds IS 'Length asked for, in seconds';
COMMENT ON COLUMN video_generation_jobs.submission_state IS 'Where the paid request stands: held waits for a person, since it may have cost money';
COMMENT ON COLUMN video_generation_jobs.submit_deadline IS 'After this the request is not sent any more';
COMMENT ON COLUMN video_generation_jobs.claimed_at IS 'When the one claim that may send the request was made';
COMMENT ON COLUMN video_generation_jobs.job_deadline IS 'After this the provider''s job counts as timed out';
COMMENT ON COLUMN video_generation_jobs.reserved_usd IS 'Money set aside before the request';
COMMENT ON COLUMN video_generation_jobs.held_reason IS 'Why a person must settle it, in words for that person';
COMMENT ON COLUMN video_generation_jobs.sora_job_id IS 'The provider''s id of the job';
COMMENT ON COLUMN video_generation_jobs.job_status IS 'Where the provider''s job stands';
COMMENT ON COLUMN video_generation_jobs.job_submitted_at IS 'When the provider took the job';
COMMENT ON COLUMN video_generation_jobs.job_completed_at IS 'When the job ended, well or not';
COMMENT ON COLUMN video_generation_jobs.job_error IS 'What the provider said went wrong';
COMMENT ON COLUMN video_generation_jobs.polling_count IS 'Number of status checks (for rate limiting)';
COMMENT ON COLUMN video_generation_jobs.last_polled_at IS 'When the status was last asked for';
COMMENT ON COLUMN video_generation_jobs.video_url IS 'Where the result is stored';
COMMENT ON COLUMN video_generation_jobs.generation_cost_usd IS 'What the job cost';
COMMENT ON COLUMN video_generation_jobs.created_by IS 'Who asked for the generation';
COMMENT ON COLUMN video_generation_jobs.created_at IS 'When the row was written';
COMMENT ON COLUMN video_generation_jobs.updated_at IS 'When the row last changed; kept by a trigger';
