import type { PartitionFacts } from '../../domain/database-health.ts';
import type { Queries } from '../client.ts';

/** Nobody needs to know more exactly how many there are. */
const COUNTED = 100_000;
/** Made ahead by schedule are three. */
const MONTHS_LOOKED_AT = 6;

export async function readPartitions(queries: Queries): Promise<PartitionFacts> {
  const [rows] = await queries.$queryRaw<{ performance: number; observations: number }[]>`
    SELECT (SELECT count(*)::int FROM (SELECT FROM screentest_partitions.variant_performance_default LIMIT ${COUNTED}) r)
        AS performance,
      (SELECT count(*)::int FROM (SELECT FROM screentest_partitions.metric_observations_default LIMIT ${COUNTED}) r)
        AS observations`;
  const [ahead] = await queries.$queryRaw<{ months: number }[]>`
    SELECT coalesce(min(n) FILTER (WHERE is_missing), ${MONTHS_LOOKED_AT}::int + 1)::int - 1 AS months
    FROM (
      SELECT n, EXISTS (
        SELECT FROM unnest(ARRAY['variant_performance', 'metric_observations']) AS parent
        WHERE to_regclass(format('screentest_partitions.%I', parent
          || to_char((now() AT TIME ZONE 'UTC') + make_interval(months => n), '_YYYY_MM'))) IS NULL) AS is_missing
      FROM generate_series(1, ${MONTHS_LOOKED_AT}::int) AS n
    ) month`;
  return {
    inDefault: [
      { table: 'variant_performance', rows: rows?.performance ?? 0 },
      { table: 'metric_observations', rows: rows?.observations ?? 0 },
    ],
    monthsAhead: ahead?.months ?? 0,
  };
}
