-- Tables that were here before Screentest stay: only those whose comment says that we created them are dropped.

DROP FUNCTION IF EXISTS public.screentest_ensure_month_partitions(DATE, INTEGER);
DROP SCHEMA IF EXISTS screentest_partitions;

DO $$
DECLARE
  relation TEXT;
BEGIN
  FOREACH relation IN ARRAY ARRAY['public.video_prompts', 'public.ventures', 'auth.users'] LOOP
    IF obj_description(to_regclass(relation), 'pg_class') LIKE '%Created by Screentest.' THEN
      EXECUTE 'DROP TABLE ' || relation;
    END IF;
  END LOOP;

  IF obj_description(to_regnamespace('auth'), 'pg_namespace') LIKE '%Created by Screentest.' THEN
    DROP SCHEMA auth;
  END IF;
END
$$;

DROP FUNCTION IF EXISTS public.screentest_touch_updated_at();
