-- What language models wrote for levels: every answer that was paid for, so that none is paid for twice.

CREATE TABLE level_wordings (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  -- No foreign key: the words are there before the group has its row. They go with it all the same, by a trigger.
  variant_group_id UUID NOT NULL,
  venture_id UUID NOT NULL REFERENCES ventures (id) ON DELETE CASCADE,
  factor VARCHAR(50) NOT NULL,
  model VARCHAR(200) NOT NULL,
  prompt_sha256 CHAR(64) NOT NULL CHECK (prompt_sha256 ~ '^[0-9a-f]{64}$'),
  state VARCHAR(50) NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'answered', 'lost')),
  answer JSONB,
  wordings JSONB,
  problem TEXT,
  input_tokens INTEGER CHECK (input_tokens >= 0),
  output_tokens INTEGER CHECK (output_tokens >= 0),
  reserved_micro_usd BIGINT NOT NULL CHECK (reserved_micro_usd >= 0),
  cost_micro_usd BIGINT CHECK (cost_micro_usd >= 0),
  month DATE NOT NULL CHECK (EXTRACT(DAY FROM month) = 1),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  CHECK ((state = 'answered') = (answer IS NOT NULL)),
  CHECK ((state = 'asked') = (cost_micro_usd IS NULL))
);

CREATE INDEX idx_level_wordings_group ON level_wordings (variant_group_id);
CREATE INDEX idx_level_wordings_venture ON level_wordings (venture_id, month);
CREATE INDEX idx_level_wordings_prompt ON level_wordings (prompt_sha256);

CREATE TRIGGER level_wordings_touch_updated_at BEFORE UPDATE ON level_wordings
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

SELECT screentest_protect('level_wordings');

COMMENT ON TABLE level_wordings IS 'What a language model was asked to write for the levels of a factor, and answered; a row a request';
COMMENT ON COLUMN level_wordings.id IS 'Identity of the request';
COMMENT ON COLUMN level_wordings.variant_group_id IS 'Group that the words are for; not a foreign key, since they are written before it is planned';
COMMENT ON COLUMN level_wordings.venture_id IS 'Venture that pays';
COMMENT ON COLUMN level_wordings.factor IS 'Factor whose levels were to be worded';
COMMENT ON COLUMN level_wordings.model IS 'Language model, as its server knows it';
COMMENT ON COLUMN level_wordings.prompt_sha256 IS 'SHA-256 of model, request and version of the requests, in hexadecimal: the same one is not asked again';
COMMENT ON COLUMN level_wordings.state IS 'asked, answered, or lost: nobody knows whether it was charged, so it counts as if it was';
COMMENT ON COLUMN level_wordings.answer IS 'What came back, as it came: content, refusal, isCutOff';
COMMENT ON COLUMN level_wordings.wordings IS 'Texts by level; null where the answer could not be used';
COMMENT ON COLUMN level_wordings.problem IS 'Why the answer could not be used, in words for people';
COMMENT ON COLUMN level_wordings.input_tokens IS 'Tokens of the request, as the server counted them';
COMMENT ON COLUMN level_wordings.output_tokens IS 'Tokens of the answer, likewise';
COMMENT ON COLUMN level_wordings.reserved_micro_usd IS 'The most it could cost, set aside before it was sent, in millionths of a dollar';
COMMENT ON COLUMN level_wordings.cost_micro_usd IS 'What it cost, in millionths of a dollar; null while it is not known; 0 where an earlier answer was used again';
COMMENT ON COLUMN level_wordings.month IS 'First day of the month (UTC) whose budget it counts against';
COMMENT ON COLUMN level_wordings.created_by IS 'Who started the group';
COMMENT ON COLUMN level_wordings.created_at IS 'When the row was written, before the request';
COMMENT ON COLUMN level_wordings.updated_at IS 'When the row last changed; kept by a trigger';

-- As for orders: what was spent stays spent when the rows go.
ALTER TABLE removed_spend ADD COLUMN writing_micro_usd BIGINT NOT NULL DEFAULT 0 CHECK (writing_micro_usd >= 0);
COMMENT ON COLUMN removed_spend.writing_micro_usd IS 'What language models were paid for words, in millionths of a dollar; a request whose answer was not there yet counts as charged';

CREATE FUNCTION level_wordings_keep_spend() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.removed_spend AS kept
    (venture_id, month, orders, spent_micro_usd, released_micro_usd, writing_micro_usd)
  SELECT v.id, OLD.month, 0, 0, 0, COALESCE(OLD.cost_micro_usd, OLD.reserved_micro_usd)
  -- A venture that is deleted itself takes these rows along, and is gone by now.
  FROM public.ventures v
  WHERE v.id = OLD.venture_id AND COALESCE(OLD.cost_micro_usd, OLD.reserved_micro_usd) > 0
  ON CONFLICT (venture_id, month) DO UPDATE SET
    writing_micro_usd = kept.writing_micro_usd + EXCLUDED.writing_micro_usd;
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION level_wordings_keep_spend() IS 'Adds what a request for words cost to removed_spend before it is deleted';

CREATE TRIGGER level_wordings_keep_spend BEFORE DELETE ON level_wordings
  FOR EACH ROW EXECUTE FUNCTION level_wordings_keep_spend();

CREATE FUNCTION variant_groups_take_wordings() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM public.level_wordings WHERE variant_group_id = OLD.id;
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION variant_groups_take_wordings() IS 'Deletes the words that were written for a group with it';

CREATE TRIGGER variant_groups_take_wordings BEFORE DELETE ON variant_groups
  FOR EACH ROW EXECUTE FUNCTION variant_groups_take_wordings();
