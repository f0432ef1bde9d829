-- What monitoring has to remember: how large tables were, how long queries took, and the last look at the database.
-- Rows are written by schedules and workers, and nobody but the operator reads them.

CREATE TABLE table_size_samples (
  sampled_on DATE NOT NULL,
  table_name VARCHAR(63) NOT NULL,
  total_bytes BIGINT NOT NULL CHECK (total_bytes >= 0),
  row_estimate BIGINT NOT NULL CHECK (row_estimate >= 0),
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (sampled_on, table_name)
);

SELECT screentest_protect('table_size_samples');

COMMENT ON TABLE table_size_samples IS 'How large each table was, once a day: growth over a week is read from it';
COMMENT ON COLUMN table_size_samples.sampled_on IS 'Day (UTC)';
COMMENT ON COLUMN table_size_samples.table_name IS 'Table; a partitioned one stands for all its partitions';
COMMENT ON COLUMN table_size_samples.total_bytes IS 'Size with indexes and what is stored out of line';
COMMENT ON COLUMN table_size_samples.row_estimate IS 'Rows, as the last ANALYZE or VACUUM estimated them';
COMMENT ON COLUMN table_size_samples.created_by IS 'Null: a schedule writes it; not a foreign key';
COMMENT ON COLUMN table_size_samples.created_at IS 'When the row was written';

CREATE TABLE query_latency_samples (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  worker UUID NOT NULL,
  latencies JSONB NOT NULL,
  slowest JSONB NOT NULL,
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_query_latency_samples_created_at ON query_latency_samples (created_at);

SELECT screentest_protect('query_latency_samples');

COMMENT ON TABLE query_latency_samples IS 'How long a worker''s queries took, as the worker measured it, a row a minute in which it asked anything';
COMMENT ON COLUMN query_latency_samples.id IS 'Order of the samples';
COMMENT ON COLUMN query_latency_samples.worker IS 'Process that measured; another one after every start';
COMMENT ON COLUMN query_latency_samples.latencies IS 'Queries by kind (read, write) and by the upper bound, in seconds, of what they took';
COMMENT ON COLUMN query_latency_samples.slowest IS 'The slow statements of that minute, with placeholders for all values: sql, calls, total and longest seconds';
COMMENT ON COLUMN query_latency_samples.created_by IS 'Null: a worker writes it; not a foreign key';
COMMENT ON COLUMN query_latency_samples.created_at IS 'When the row was written, at the end of its minute';

CREATE TABLE monitoring_snapshots (
  kind VARCHAR(50) PRIMARY KEY,
  gauges JSONB NOT NULL DEFAULT '[]',
  collected_at TIMESTAMPTZ(3),
  claimed_until TIMESTAMPTZ(3),
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

SELECT screentest_protect('monitoring_snapshots');

COMMENT ON TABLE monitoring_snapshots IS 'The newest look at the database, shared by all workers, so that only one of them takes it';
COMMENT ON COLUMN monitoring_snapshots.kind IS 'Which look: they differ in how often they are taken';
COMMENT ON COLUMN monitoring_snapshots.gauges IS 'What was found, as the gauges that every worker then reports';
COMMENT ON COLUMN monitoring_snapshots.collected_at IS 'When it was taken; null before the first time';
COMMENT ON COLUMN monitoring_snapshots.claimed_until IS 'Until then a worker is taking the next one; after that any other may';
COMMENT ON COLUMN monitoring_snapshots.created_by IS 'Null: a worker writes it; not a foreign key';
COMMENT ON COLUMN monitoring_snapshots.created_at IS 'When the row was first written';
