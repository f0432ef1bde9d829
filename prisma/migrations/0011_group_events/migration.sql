-- The audit trail: who did what when. It has no foreign keys, since an append-only trigger would refuse their
-- cascades too; erasure and retention say so in their session before they delete.

CREATE TABLE group_events (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  variant_group_id UUID NOT NULL,
  venture_id UUID,
  event VARCHAR(100) NOT NULL,
  actor TEXT NOT NULL,
  details JSONB NOT NULL DEFAULT '{}',
  idempotency_key TEXT UNIQUE,
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_group_events_group ON group_events (variant_group_id, id);

CREATE FUNCTION group_events_are_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('screentest.erasure', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'group_events is append-only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME,
      HINT = 'Only erasure and retention may: they set screentest.erasure to on in their transaction.';
END
$$;
COMMENT ON FUNCTION group_events_are_append_only() IS 'Refuses UPDATE, DELETE and TRUNCATE unless screentest.erasure is on';

CREATE TRIGGER group_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON group_events
  FOR EACH STATEMENT EXECUTE FUNCTION group_events_are_append_only();

COMMENT ON TABLE group_events IS 'Audit trail of variant groups: who did what when; append-only';
COMMENT ON COLUMN group_events.id IS 'Order of the events';
COMMENT ON COLUMN group_events.variant_group_id IS 'Group it happened to; not a foreign key, the event outlives the group';
COMMENT ON COLUMN group_events.venture_id IS 'Venture of the group; not a foreign key';
COMMENT ON COLUMN group_events.event IS 'What happened';
COMMENT ON COLUMN group_events.actor IS 'Who did it: an e-mail address, or screentest';
COMMENT ON COLUMN group_events.details IS 'What was changed and why';
COMMENT ON COLUMN group_events.idempotency_key IS 'Keeps an event that is written again from appearing twice';
COMMENT ON COLUMN group_events.created_by IS 'The person''s id where it is known; not a foreign key';
COMMENT ON COLUMN group_events.created_at IS 'When it happened';
