-- What is left when a person's groups are removed, and how that person is taken out of what stays.

-- Money that was spent stays spent: a venture's month keeps its sum, and nobody's name.
CREATE TABLE removed_spend (
  venture_id UUID NOT NULL REFERENCES ventures (id) ON DELETE CASCADE,
  month DATE NOT NULL CHECK (EXTRACT(DAY FROM month) = 1),
  orders INTEGER NOT NULL CHECK (orders >= 0),
  spent_micro_usd BIGINT NOT NULL,
  released_micro_usd BIGINT NOT NULL CHECK (released_micro_usd >= 0),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (venture_id, month)
);

CREATE TRIGGER removed_spend_touch_updated_at BEFORE UPDATE ON removed_spend
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

SELECT screentest_protect('removed_spend');

COMMENT ON TABLE removed_spend IS 'What groups cost that are not there any more, by venture and month; counts against budgets like the book itself';
COMMENT ON COLUMN removed_spend.venture_id IS 'Venture that paid';
COMMENT ON COLUMN removed_spend.month IS 'First day of the month (UTC) whose budget it counts against';
COMMENT ON COLUMN removed_spend.orders IS 'How many orders these amounts are of';
COMMENT ON COLUMN removed_spend.spent_micro_usd IS 'What they cost, in millionths of a dollar; one that was still reserved counts as charged';
COMMENT ON COLUMN removed_spend.released_micro_usd IS 'What came back of what they reserved';
COMMENT ON COLUMN removed_spend.created_by IS 'Always null: whose groups they were is forgotten';
COMMENT ON COLUMN removed_spend.created_at IS 'When the row was written';
COMMENT ON COLUMN removed_spend.updated_at IS 'When the row last changed; kept by a trigger';

-- On the group, since the book's lines go with it, whoever deletes it. An order that is still reserved then can't be
-- settled any more: a budget that is a little too low harms less than one that is overdrawn.
CREATE FUNCTION variant_groups_keep_spend() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.removed_spend AS kept (venture_id, month, orders, spent_micro_usd, released_micro_usd)
  SELECT v.id, s.month, count(*), sum(s.spent_micro_usd + s.reserved_micro_usd), sum(s.released_micro_usd)
  FROM public.generation_spend s
  -- A venture that is deleted itself takes its groups along, and is gone by now.
  JOIN public.ventures v ON v.id = OLD.venture_id
  WHERE s.variant_group_id = OLD.id
  GROUP BY v.id, s.month
  ON CONFLICT (venture_id, month) DO UPDATE SET
    orders = kept.orders + EXCLUDED.orders,
    spent_micro_usd = kept.spent_micro_usd + EXCLUDED.spent_micro_usd,
    released_micro_usd = kept.released_micro_usd + EXCLUDED.released_micro_usd;
  RETURN OLD;
END
$$;
COMMENT ON FUNCTION variant_groups_keep_spend() IS 'Adds what a group cost to removed_spend before the group is deleted';

CREATE TRIGGER variant_groups_keep_spend BEFORE DELETE ON variant_groups
  FOR EACH ROW EXECUTE FUNCTION variant_groups_keep_spend();

-- In every text of a JSON value, as it was written and not as JSON escapes it.
CREATE FUNCTION screentest_replace_in_json(value JSONB, pattern TEXT, substitute TEXT) RETURNS JSONB
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE jsonb_typeof(value)
    WHEN 'string' THEN to_jsonb(regexp_replace(value #>> '{}', pattern, substitute, 'gi'))
    WHEN 'array' THEN (
      SELECT coalesce(jsonb_agg(public.screentest_replace_in_json(element, pattern, substitute) ORDER BY place), '[]')
      FROM jsonb_array_elements(value) WITH ORDINALITY AS elements (element, place))
    WHEN 'object' THEN (
      SELECT coalesce(jsonb_object_agg(
        regexp_replace(key, pattern, substitute, 'gi'),
        public.screentest_replace_in_json(part, pattern, substitute)), '{}')
      FROM jsonb_each(value) AS parts (key, part))
    ELSE value
  END
$$;
COMMENT ON FUNCTION screentest_replace_in_json(JSONB, TEXT, TEXT) IS
  'The value with every match of a regular expression replaced, in its texts and in the names of its parts';
