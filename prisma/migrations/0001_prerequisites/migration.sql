-- What the seed calls "existing": created only where missing, so that Screentest installs into a database
-- that already has ventures, users and prompts. What we create is marked in its comment, and only that is
-- dropped by down.sql. `CREATE ... IF NOT EXISTS` would ask Supabase for rights on `auth` that it does not give.

DO $$
BEGIN
  IF to_regnamespace('auth') IS NULL THEN
    CREATE SCHEMA auth;
    COMMENT ON SCHEMA auth IS 'Who may act. Created by Screentest.';
  END IF;

  IF to_regclass('auth.users') IS NULL THEN
    CREATE TABLE auth.users (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      email TEXT,
      created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
    );
    CREATE UNIQUE INDEX users_email_key ON auth.users (lower(email));
    COMMENT ON TABLE auth.users IS 'People who act. Created by Screentest.';
    COMMENT ON COLUMN auth.users.id IS 'Identity of the person';
    COMMENT ON COLUMN auth.users.email IS 'E-mail address, unique without regard to case';
    COMMENT ON COLUMN auth.users.created_at IS 'When the person was first seen';
  END IF;
END
$$;

CREATE FUNCTION public.screentest_touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.screentest_touch_updated_at() IS 'Keeps updated_at true, whoever writes the row';

DO $$
BEGIN
  IF to_regclass('public.ventures') IS NULL THEN
    CREATE TABLE public.ventures (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      name VARCHAR(255) NOT NULL,
      created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
      created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
      updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
    );
    CREATE UNIQUE INDEX ventures_name_key ON public.ventures (lower(name));
    CREATE TRIGGER ventures_touch_updated_at BEFORE UPDATE ON public.ventures
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION public.screentest_touch_updated_at();
    COMMENT ON TABLE public.ventures IS 'Companies or brands that tests are run for. Created by Screentest.';
    COMMENT ON COLUMN public.ventures.id IS 'Identity of the venture';
    COMMENT ON COLUMN public.ventures.name IS 'Name, unique without regard to case';
    COMMENT ON COLUMN public.ventures.created_by IS 'Who added the venture; it outlives that person';
    COMMENT ON COLUMN public.ventures.created_at IS 'When the row was written';
    COMMENT ON COLUMN public.ventures.updated_at IS 'When the row last changed; kept by a trigger';
  END IF;

  IF to_regclass('public.video_prompts') IS NULL THEN
    CREATE TABLE public.video_prompts (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      prompt_text TEXT NOT NULL,
      venture_id UUID REFERENCES public.ventures (id) ON DELETE CASCADE,
      created_by UUID REFERENCES auth.users (id) ON DELETE CASCADE,
      created_at TIMESTAMPTZ(3) DEFAULT NOW(),
      updated_at TIMESTAMPTZ(3) DEFAULT NOW()
    );
    CREATE INDEX idx_video_prompts_venture ON public.video_prompts (venture_id);
    CREATE TRIGGER video_prompts_touch_updated_at BEFORE UPDATE ON public.video_prompts
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION public.screentest_touch_updated_at();
    COMMENT ON TABLE public.video_prompts IS 'Prompts that variants are derived from. Created by Screentest.';
    COMMENT ON COLUMN public.video_prompts.id IS 'Identity of the prompt';
    COMMENT ON COLUMN public.video_prompts.prompt_text IS 'The prompt as a person wrote it';
    COMMENT ON COLUMN public.video_prompts.venture_id IS 'Venture the prompt belongs to';
    COMMENT ON COLUMN public.video_prompts.created_by IS 'Who wrote the prompt; it goes when that person is removed';
    COMMENT ON COLUMN public.video_prompts.created_at IS 'When the row was written';
    COMMENT ON COLUMN public.video_prompts.updated_at IS 'When the row last changed; kept by a trigger';
  END IF;
END
$$;

-- Tables that were here before us must have what our keys and queries need: said now rather than by a later error.
DO $$
DECLARE
  lacking TEXT;
BEGIN
  SELECT string_agg(format('%s.%s (%s)', needed.relation, needed.attribute, needed.types), ', ')
  INTO lacking
  FROM (VALUES
    ('auth.users', 'id', 'uuid'),
    ('auth.users', 'email', 'text or character varying'),
    ('public.ventures', 'id', 'uuid'),
    ('public.ventures', 'name', 'text or character varying'),
    ('public.video_prompts', 'id', 'uuid')
  ) AS needed (relation, attribute, types)
  WHERE NOT EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass(needed.relation)
      AND attname = needed.attribute
      AND NOT attisdropped
      AND format_type(atttypid, NULL) = ANY (string_to_array(needed.types, ' or '))
  );
  IF lacking IS NOT NULL THEN
    RAISE EXCEPTION 'the tables that exist already lack columns that Screentest needs: %', lacking
      USING ERRCODE = 'undefined_column';
  END IF;
END
$$;

-- Partitions live in a schema of their own that no API exposes: row-level security of a parent is not asked
-- when somebody reads its partition by name.
CREATE SCHEMA screentest_partitions;
COMMENT ON SCHEMA screentest_partitions IS 'Monthly partitions of the metric tables; not exposed to any API';

CREATE FUNCTION public.screentest_ensure_month_partitions(from_month DATE, months INTEGER) RETURNS SETOF TEXT
LANGUAGE plpgsql AS $$
DECLARE
  parent TEXT;
  first_day DATE;
  lower_bound TEXT;
  upper_bound TEXT;
  partition_name TEXT;
BEGIN
  FOREACH parent IN ARRAY ARRAY['variant_performance', 'metric_observations'] LOOP
    CONTINUE WHEN to_regclass(format('public.%I', parent)) IS NULL;
    FOR step IN 0 .. months - 1 LOOP
      first_day := (date_trunc('month', from_month::timestamp) + make_interval(months => step))::date;
      partition_name := format('%s_%s', parent, to_char(first_day, 'YYYY_MM'));
      CONTINUE WHEN to_regclass(format('screentest_partitions.%I', partition_name)) IS NOT NULL;
      lower_bound := to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00';
      upper_bound := to_char(first_day + INTERVAL '1 month', 'YYYY-MM-DD') || ' 00:00:00+00';

      -- The parent first, then the default: in this order writers wait; with the default alone locked they
      -- fail with 23514 once the partition is there.
      EXECUTE format('LOCK TABLE ONLY public.%I IN SHARE ROW EXCLUSIVE MODE', parent);
      CONTINUE WHEN to_regclass(format('screentest_partitions.%I', partition_name)) IS NOT NULL;
      EXECUTE format('LOCK TABLE screentest_partitions.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
      EXECUTE format(
        'CREATE TABLE screentest_partitions.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)',
        partition_name, parent);
      EXECUTE format(
        'WITH moved AS (
           DELETE FROM screentest_partitions.%I WHERE recorded_at >= %L AND recorded_at < %L RETURNING *
         ) INSERT INTO screentest_partitions.%I SELECT * FROM moved',
        parent || '_default', lower_bound, upper_bound, partition_name);
      EXECUTE format(
        'ALTER TABLE public.%I ATTACH PARTITION screentest_partitions.%I FOR VALUES FROM (%L) TO (%L)',
        parent, partition_name, lower_bound, upper_bound);
      EXECUTE format('COMMENT ON TABLE screentest_partitions.%I IS %L',
        partition_name, format('Rows of %s recorded in %s (UTC)', parent, to_char(first_day, 'YYYY-MM')));
      RETURN NEXT partition_name;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION public.screentest_ensure_month_partitions(DATE, INTEGER) IS
  'Makes the missing monthly partitions of the metric tables, rows of the default partition moved in; returns the names of those made';
