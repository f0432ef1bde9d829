-- What a venture may spend on generation in a calendar month, and the book read as one row an order.

-- Rows are only added, and a venture's newest one holds: so it is on record who allowed how much, and when.
CREATE TABLE venture_budgets (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  venture_id UUID NOT NULL REFERENCES ventures (id) ON DELETE CASCADE,
  monthly_cap_micro_usd BIGINT CHECK (monthly_cap_micro_usd >= 0),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_venture_budgets_venture ON venture_budgets (venture_id, id DESC);

COMMENT ON TABLE venture_budgets IS 'What ventures may spend on generation in a calendar month (UTC); the newest row of a venture holds';
COMMENT ON COLUMN venture_budgets.id IS 'Order of the decisions';
COMMENT ON COLUMN venture_budgets.venture_id IS 'Venture';
COMMENT ON COLUMN venture_budgets.monthly_cap_micro_usd IS 'Cap in millionths of a dollar; null for no limit, whatever the default is';
COMMENT ON COLUMN venture_budgets.created_by IS 'Who set it';
COMMENT ON COLUMN venture_budgets.created_at IS 'When the row was written';

-- A settlement made when nobody knew better may turn out wrong; the book only grows, so the difference is a line too.
ALTER TABLE budget_ledger
  DROP CONSTRAINT budget_ledger_entry_check,
  ADD CONSTRAINT budget_ledger_entry_check CHECK (entry IN ('reserve', 'settle', 'release', 'correct')),
  DROP CONSTRAINT budget_ledger_amount_micro_usd_check,
  ADD CONSTRAINT budget_ledger_amount_micro_usd_check CHECK (amount_micro_usd >= 0 OR entry = 'correct');
COMMENT ON COLUMN budget_ledger.entry IS 'reserve before the request, settle with the true cost, release what is not spent, correct a settlement by a difference; one of each a job';

CREATE VIEW generation_spend WITH (security_invoker = true) AS
SELECT l.job_id, l.variant_group_id, g.venture_id, l.month, l.ordered AS ordered_micro_usd,
  CASE WHEN l.is_open THEN l.ordered ELSE 0 END AS reserved_micro_usd,
  l.spent AS spent_micro_usd,
  CASE WHEN l.is_open THEN 0 ELSE GREATEST(0, l.ordered - l.spent) END AS released_micro_usd,
  l.lines
FROM (
  SELECT job_id, variant_group_id, month, count(*)::int AS lines,
    bool_and(entry = 'reserve') AS is_open,
    COALESCE(sum(amount_micro_usd) FILTER (WHERE entry = 'reserve'), 0)::bigint AS ordered,
    COALESCE(sum(amount_micro_usd) FILTER (WHERE entry IN ('settle', 'correct')), 0)::bigint AS spent
  FROM budget_ledger
  GROUP BY job_id, variant_group_id, month
) l
JOIN variant_groups g ON g.id = l.variant_group_id;

COMMENT ON VIEW generation_spend IS 'The book, one row an order: what it reserved, holds reserved, has spent and gave back, in millionths of a dollar';
COMMENT ON COLUMN generation_spend.job_id IS 'Generation job';
COMMENT ON COLUMN generation_spend.variant_group_id IS 'Group that the money is spent for';
COMMENT ON COLUMN generation_spend.venture_id IS 'Venture of the group';
COMMENT ON COLUMN generation_spend.month IS 'First day of the month (UTC) in which the order was reserved, and whose budget it counts against';
COMMENT ON COLUMN generation_spend.ordered_micro_usd IS 'What was reserved before the request';
COMMENT ON COLUMN generation_spend.reserved_micro_usd IS 'What is still reserved: all of it until the order is settled or released';
COMMENT ON COLUMN generation_spend.spent_micro_usd IS 'What it cost, corrections included';
COMMENT ON COLUMN generation_spend.released_micro_usd IS 'What came back: all of a released order, or what a settlement left over';
COMMENT ON COLUMN generation_spend.lines IS 'How many lines of the book these amounts come from';
