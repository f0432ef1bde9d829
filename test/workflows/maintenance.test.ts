import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureSchedules } from '../../client/schedules.ts';
import { until } from '../local/support/until.ts';
import { type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

test('a schedule, made once, moves rows that found no partition into their month', async () => {
  expect(await ensureSchedules(rig.temporal.schedule)).toEqual([
    'screentest-partitions',
    'screentest-groups',
  ]);
  expect(await ensureSchedules(rig.temporal.schedule)).toEqual([]);

  const id = await rig.start();
  await rig.until(id, ({ variants }) => variants.length > 0);
  const [variant] = await rig.database.videoVariant.findMany({ where: { variantGroupId: id } });
  await rig.database.$executeRaw`
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
    VALUES (${variant?.id}::uuid, 'tiktok', 'views', 7, '2024-02-29T23:59:59Z')`;
  const places = () => rig.database.$queryRaw<{ place: string }[]>`
    SELECT tableoid::regclass::text AS place FROM variant_performance WHERE recorded_at < '2025-01-01'`;
  expect(await places()).toEqual([{ place: 'screentest_partitions.variant_performance_default' }]);

  const schedule = rig.temporal.schedule.getHandle('screentest-partitions');
  await schedule.trigger();
  await until(
    'the rows are in their month',
    async () => (await places())[0]?.place === 'screentest_partitions.variant_performance_2024_02',
    20,
  );
  const { policies } = await schedule.describe();
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000 });
});
