import type pg from 'pg';

/**
 * What a Supabase database has before anything is installed into it: the roles of its API, which own nothing, and
 * grants for them on all that is created in `public`.
 */
export async function actAsSupabase(client: pg.Client, owner = 'CURRENT_USER'): Promise<void> {
  // Roles are the server's, and stay: another suite may be using them.
  await client.query('SELECT pg_advisory_lock(516371002)');
  await client.query(`
    DO $$
    DECLARE
      needed TEXT;
    BEGIN
      FOREACH needed IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
        IF to_regrole(needed) IS NULL THEN EXECUTE format('CREATE ROLE %I', needed); END IF;
      END LOOP;
      ALTER ROLE service_role BYPASSRLS;
    END
    $$;
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
  `);
  await client.query('SELECT pg_advisory_unlock(516371002)');
}
