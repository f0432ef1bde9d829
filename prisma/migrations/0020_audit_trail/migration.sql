-- Every change of state leaves its line in group_events, whoever makes it. What people do, and what groups do, is told by
-- those who do it, with who and why; where variants (here) and orders (with their table) stand is told by the rows.

CREATE FUNCTION screentest_record_variant_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.group_events (variant_group_id, venture_id, event, actor, details)
  SELECT g.id, g.venture_id, 'variant moved to ' || NEW.generation_status, 'screentest', jsonb_strip_nulls(jsonb_build_object(
    'variantId', NEW.id, 'from', OLD.generation_status, 'reason', nullif(NEW.failure_reason, '')))
  FROM public.variant_groups g WHERE g.id = NEW.variant_group_id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION screentest_record_variant_move() IS 'Tells the audit trail where a variant''s video stands now';

CREATE TRIGGER video_variants_record_move AFTER UPDATE ON video_variants
  FOR EACH ROW WHEN (OLD.generation_status IS DISTINCT FROM NEW.generation_status)
  EXECUTE FUNCTION screentest_record_variant_move();

-- A budget says who set it, when and to how much; and why.
ALTER TABLE venture_budgets ADD COLUMN reason TEXT;
COMMENT ON COLUMN venture_budgets.reason IS 'Why it was set, in words of whoever did';
