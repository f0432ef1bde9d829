-- Money set aside, spent and given back, a row each: what is left is a sum, and no row is ever changed.

CREATE TABLE budget_ledger (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  variant_group_id UUID NOT NULL REFERENCES variant_groups (id) ON DELETE CASCADE,
  -- No foreign key: the job table is conditional.
  job_id UUID NOT NULL,
  entry VARCHAR(50) NOT NULL CHECK (entry IN ('reserve', 'settle', 'release')),
  amount_micro_usd BIGINT NOT NULL CHECK (amount_micro_usd >= 0),
  month DATE NOT NULL CHECK (EXTRACT(DAY FROM month) = 1),
  note TEXT,
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  UNIQUE (job_id, entry)
);

CREATE INDEX idx_budget_ledger_group ON budget_ledger (variant_group_id);
CREATE INDEX idx_budget_ledger_month ON budget_ledger (month);

COMMENT ON TABLE budget_ledger IS 'Money reserved, settled and released for generation jobs; rows are only added';
COMMENT ON COLUMN budget_ledger.id IS 'Identity of the entry';
COMMENT ON COLUMN budget_ledger.variant_group_id IS 'Group that the money is spent for';
COMMENT ON COLUMN budget_ledger.job_id IS 'Generation job that the money is for; not a foreign key';
COMMENT ON COLUMN budget_ledger.entry IS 'reserve before the request, settle with the true cost, release what is not spent; one of each a job';
COMMENT ON COLUMN budget_ledger.amount_micro_usd IS 'Amount in millionths of a dollar';
COMMENT ON COLUMN budget_ledger.month IS 'First day of the month (UTC) whose budget it counts against';
COMMENT ON COLUMN budget_ledger.note IS 'Why, in words for people';
COMMENT ON COLUMN budget_ledger.created_by IS 'Who caused it';
COMMENT ON COLUMN budget_ledger.created_at IS 'When the row was written';
