-- A budget says who set it, when and to how much; and now why, as every other decision does.

ALTER TABLE venture_budgets ADD COLUMN reason TEXT;

COMMENT ON COLUMN venture_budgets.reason IS 'Why it was set, in words of whoever did';
