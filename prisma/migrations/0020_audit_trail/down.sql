ALTER TABLE IF EXISTS venture_budgets DROP COLUMN IF EXISTS reason;
DROP FUNCTION IF EXISTS screentest_record_variant_move() CASCADE;
