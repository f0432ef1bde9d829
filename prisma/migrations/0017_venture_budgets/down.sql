DROP VIEW IF EXISTS generation_spend;
DROP TABLE IF EXISTS venture_budgets CASCADE;
-- What was corrected stays true: each correction becomes part of its settlement.
UPDATE budget_ledger settled SET amount_micro_usd = settled.amount_micro_usd + corrected.amount_micro_usd
FROM budget_ledger corrected
WHERE settled.entry = 'settle' AND corrected.entry = 'correct' AND corrected.job_id = settled.job_id;
DELETE FROM budget_ledger WHERE entry = 'correct';
ALTER TABLE budget_ledger
  DROP CONSTRAINT budget_ledger_entry_check,
  ADD CONSTRAINT budget_ledger_entry_check CHECK (entry IN ('reserve', 'settle', 'release')),
  DROP CONSTRAINT budget_ledger_amount_micro_usd_check,
  ADD CONSTRAINT budget_ledger_amount_micro_usd_check CHECK (amount_micro_usd >= 0);
COMMENT ON COLUMN budget_ledger.entry IS 'reserve before the request, settle with the true cost, release what is not spent; one of each a job';
