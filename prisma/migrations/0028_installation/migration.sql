-- Two stores that can part: which database this is, where it lay when it was last known to be whole, and which groups
-- were found without their workflow.

CREATE TABLE installation (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  is_the_only_one BOOLEAN NOT NULL DEFAULT true UNIQUE CHECK (is_the_only_one),
  place TEXT,
  namespace TEXT,
  mark BIGINT NOT NULL DEFAULT 0 CHECK (mark >= 0),
  must_be_reconciled BOOLEAN NOT NULL DEFAULT false,
  reconciled_at TIMESTAMPTZ(3),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE TRIGGER installation_touch_updated_at BEFORE UPDATE ON installation
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

-- A database that is restored or copied takes its rows along, and not this: a dump makes another database, another
-- server has another identifier, and a recovery to a point in time, like a failover, begins another timeline.
CREATE FUNCTION screentest_database_place() RETURNS TEXT
LANGUAGE plpgsql STABLE AS $$
DECLARE
  server TEXT := 'server not told';
BEGIN
  BEGIN
    server := (SELECT system_identifier FROM pg_catalog.pg_control_system())
      || '/' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8);
  EXCEPTION WHEN insufficient_privilege THEN
    NULL;
  END;
  RETURN server || '/' || (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database());
END
$$;
COMMENT ON FUNCTION screentest_database_place() IS 'Server, timeline and database that answer: another text once a database was restored or copied';

CREATE TABLE stopped_groups (
  variant_group_id UUID PRIMARY KEY REFERENCES variant_groups (id) ON DELETE CASCADE,
  how VARCHAR(50) NOT NULL CHECK (how IN (
    'failed', 'terminated', 'timed out', 'canceled', 'completed', 'not there'
  )),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

COMMENT ON TABLE installation IS 'Which database this is, as the Temporal namespace knows it too; one row, made at first use';
COMMENT ON COLUMN installation.id IS 'Identity of this installation''s database; recorded in its namespace';
COMMENT ON COLUMN installation.is_the_only_one IS 'Always true, and unique: there is one row';
COMMENT ON COLUMN installation.place IS 'What screentest_database_place() said when the database was last known to be whole; another answer means that it was restored or copied';
COMMENT ON COLUMN installation.namespace IS 'Name and id of the Temporal namespace that holds its groups'' workflows';
COMMENT ON COLUMN installation.mark IS 'Counts up here and in the namespace: a database that is behind was put back to an earlier state';
COMMENT ON COLUMN installation.must_be_reconciled IS 'No worker works until screentest reconcile has run';
COMMENT ON COLUMN installation.reconciled_at IS 'When it was last made whole from the histories';
COMMENT ON COLUMN installation.created_by IS 'Always null: nobody in particular';
COMMENT ON COLUMN installation.created_at IS 'When the row was written';
COMMENT ON COLUMN installation.updated_at IS 'When the row last changed; kept by a trigger';
COMMENT ON TABLE stopped_groups IS 'Groups that are not over and whose workflow was found to have ended; screentest resume goes on with them';
COMMENT ON COLUMN stopped_groups.variant_group_id IS 'Group that nobody works on';
COMMENT ON COLUMN stopped_groups.how IS 'How its workflow ended';
COMMENT ON COLUMN stopped_groups.created_by IS 'Always null: a schedule finds them';
COMMENT ON COLUMN stopped_groups.created_at IS 'When it was found';

SELECT screentest_protect('installation');
SELECT screentest_protect('stopped_groups');
