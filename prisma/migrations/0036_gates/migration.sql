-- What people said before money was spent on a prompt, and before a video was used. Who said it, when and why is in
-- group_events.

ALTER TABLE video_variants
  ADD COLUMN planned_prompt TEXT,
  ADD COLUMN review VARCHAR(50) CHECK (review IN ('pending', 'approved', 'rejected'));

COMMENT ON COLUMN video_variants.planned_prompt IS 'The prompt as planned, where a person has changed it: nobody knows then which levels it carries';
COMMENT ON COLUMN video_variants.review IS 'Whether people approved its video, where the brief asks them; no other video is tested then';
