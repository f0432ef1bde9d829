-- What holds for every table, for the one that is conditional: held back as long as it is.

SELECT screentest_protect('video_generation_jobs');

CREATE FUNCTION screentest_record_order_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.group_events (variant_group_id, venture_id, event, actor, details)
  SELECT g.id, g.venture_id,
    'order moved to ' || concat_ws(', ', nullif(NEW.submission_state, OLD.submission_state), nullif(NEW.job_status, OLD.job_status)),
    'screentest',
    jsonb_strip_nulls(jsonb_build_object(
      'variantId', NEW.video_variant_id, 'rendition', NEW.rendition, 'ordinal', NEW.ordinal,
      'from', concat_ws(', ', OLD.submission_state, OLD.job_status), 'providerJobId', NEW.sora_job_id,
      'reason', coalesce(NEW.held_reason, NEW.job_error)))
  FROM public.video_variants v JOIN public.variant_groups g ON g.id = v.variant_group_id
  WHERE v.id = NEW.video_variant_id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION screentest_record_order_move() IS 'Tells the audit trail where an order and its job stand now';

CREATE TRIGGER video_generation_jobs_record_move AFTER UPDATE ON video_generation_jobs
  FOR EACH ROW WHEN (
    (OLD.submission_state, OLD.job_status) IS DISTINCT FROM (NEW.submission_state, NEW.job_status))
  EXECUTE FUNCTION screentest_record_order_move();
