-- Phase 0: whether the video API can be trusted with orders. A test's one paid request has its intent in this very
-- row, since the job table waits for the first test that passed.

CREATE TABLE provider_smoke_tests (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  provider VARCHAR(50) NOT NULL,
  endpoint TEXT NOT NULL,
  provider_account VARCHAR(100) NOT NULL,
  model VARCHAR(100) NOT NULL,
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  seconds INTEGER NOT NULL CHECK (seconds > 0),
  prompt TEXT NOT NULL,
  idempotency_key VARCHAR(255) NOT NULL UNIQUE,
  submission_state VARCHAR(50) NOT NULL DEFAULT 'reserved' CHECK (submission_state IN (
    'reserved', 'claimed', 'accepted', 'refused', 'held', 'expired', 'cancelled'
  )),
  submit_deadline TIMESTAMPTZ(3),
  claimed_at TIMESTAMPTZ(3),
  job_deadline TIMESTAMPTZ(3),
  reserved_usd DECIMAL(12, 6) NOT NULL CHECK (reserved_usd >= 0 AND reserved_usd <> 'NaN'),
  held_reason TEXT,
  provider_job_id VARCHAR(255),
  job_submitted_at TIMESTAMPTZ(3),
  result VARCHAR(10) CHECK (result IN ('PASS', 'FAIL')),
  reasons TEXT[] NOT NULL DEFAULT '{}',
  finished_at TIMESTAMPTZ(3),
  cost_usd DECIMAL(12, 6) CHECK (cost_usd >= 0 AND cost_usd <> 'NaN'),
  video_url TEXT,
  sha256 CHAR(64) CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes BIGINT CHECK (size_bytes >= 0),
  duration_seconds DECIMAL(8, 3) CHECK (duration_seconds >= 0 AND duration_seconds <> 'NaN'),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  CHECK ((result IS NULL) = (finished_at IS NULL))
);

-- Of two tests at once the second goes on with the first one's job.
CREATE UNIQUE INDEX idx_provider_smoke_tests_unfinished ON provider_smoke_tests (provider_account)
  WHERE result IS NULL;
CREATE INDEX idx_provider_smoke_tests_account ON provider_smoke_tests (provider_account, created_at DESC);

CREATE TRIGGER provider_smoke_tests_touch_updated_at BEFORE UPDATE ON provider_smoke_tests
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

COMMENT ON TABLE provider_smoke_tests IS 'Smoke tests of the video API: one small real job each; the first PASS opens the job table''s migration';
COMMENT ON COLUMN provider_smoke_tests.id IS 'Identity of the test';
COMMENT ON COLUMN provider_smoke_tests.provider IS 'Video API that was tested';
COMMENT ON COLUMN provider_smoke_tests.endpoint IS 'Address it was ordered at, where only its job is known';
COMMENT ON COLUMN provider_smoke_tests.provider_account IS 'Account that pays';
COMMENT ON COLUMN provider_smoke_tests.model IS 'Model asked for';
COMMENT ON COLUMN provider_smoke_tests.width IS 'Width asked for, in pixels';
COMMENT ON COLUMN provider_smoke_tests.height IS 'Height asked for, in pixels';
COMMENT ON COLUMN provider_smoke_tests.seconds IS 'Length asked for, in seconds';
COMMENT ON COLUMN provider_smoke_tests.prompt IS 'Prompt that was sent';
COMMENT ON COLUMN provider_smoke_tests.idempotency_key IS 'Sent with the create; derived from the test''s id';
COMMENT ON COLUMN provider_smoke_tests.submission_state IS 'Where the paid request stands: held waits for a person, since it may have cost money';
COMMENT ON COLUMN provider_smoke_tests.submit_deadline IS 'After this the request is not sent any more';
COMMENT ON COLUMN provider_smoke_tests.claimed_at IS 'When the one claim that may send the request was made';
COMMENT ON COLUMN provider_smoke_tests.job_deadline IS 'After this the provider''s job counts as timed out';
COMMENT ON COLUMN provider_smoke_tests.reserved_usd IS 'What the job costs by the price table';
COMMENT ON COLUMN provider_smoke_tests.held_reason IS 'Why a person must settle it, in words for that person';
COMMENT ON COLUMN provider_smoke_tests.provider_job_id IS 'The provider''s id of the job';
COMMENT ON COLUMN provider_smoke_tests.job_submitted_at IS 'When the provider took the job';
COMMENT ON COLUMN provider_smoke_tests.result IS 'PASS or FAIL; null while the test is under way or held';
COMMENT ON COLUMN provider_smoke_tests.reasons IS 'Why it failed, a sentence each';
COMMENT ON COLUMN provider_smoke_tests.finished_at IS 'When the result was known';
COMMENT ON COLUMN provider_smoke_tests.cost_usd IS 'What the job cost; the provider''s own figure where it reports one';
COMMENT ON COLUMN provider_smoke_tests.video_url IS 'Where the video is stored';
COMMENT ON COLUMN provider_smoke_tests.sha256 IS 'SHA-256 of the file, in hexadecimal';
COMMENT ON COLUMN provider_smoke_tests.size_bytes IS 'Size of the file in bytes';
COMMENT ON COLUMN provider_smoke_tests.duration_seconds IS 'Length as measured, in seconds';
COMMENT ON COLUMN provider_smoke_tests.created_by IS 'Who asked for the test';
COMMENT ON COLUMN provider_smoke_tests.created_at IS 'When the row was written';
COMMENT ON COLUMN provider_smoke_tests.updated_at IS 'When the row last changed; kept by a trigger';
