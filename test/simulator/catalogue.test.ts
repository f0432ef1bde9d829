import { describe, expect, test } from '@jest/globals';
import { checkVideo } from '../../media/check.ts';
import {
  FAULT_CATALOGUE,
  faultName,
  faultsOf,
  limitsOf,
  ORDER_FAULTS,
} from '../../simulator/fault-catalogue.ts';
import type { Fault } from '../../simulator/faults.ts';
import { until } from '../local/support/until.ts';
import { create, finished, type Rig, read, rejection, save, startRig, temporaryFolder } from './client.ts';

const ORDERED = { durationSeconds: 4, width: 64, height: 64 };

async function name({ simulator }: Rig, body: unknown): Promise<Response> {
  return fetch(`${simulator.adminUrl}/faults`, { method: 'POST', body: JSON.stringify(body) });
}

async function appliedIn({ simulator }: Rig): Promise<{ fault: Fault; applied: number }[]> {
  const response = await fetch(`${simulator.adminUrl}/faults`);
  return (await read<{ faults: { fault: Fault; applied: number }[] }>(response)).faults;
}

describe('the catalogue of faults', () => {
  test('says of each fault what happens, and how it is played', () => {
    for (const fault of faultName.options) {
      expect(FAULT_CATALOGUE[fault].happens).toMatch(/^[A-Z].*\.$/);
      const plays = [
        ...faultsOf({ name: fault, match: {} }),
        ...Object.keys(limitsOf({ name: fault, match: {} })),
      ];
      expect({ fault, plays: plays.length > 0 }).toEqual({ fault, plays: true });
    }
    expect(ORDER_FAULTS.length).toBeGreaterThan(25);
  });

  test('is played for the prompts that are named, and for each of them by itself', async () => {
    const rig = await startRig();
    const { client } = rig;
    await name(rig, { named: ['content-late', 'wrong-duration'], match: { prompt: 'struck' } });
    for (const prompt of ['struck once', 'struck again', 'spared']) {
      const { id } = await create(client, prompt);
      await finished(client, id);
      const tries = prompt === 'spared' ? 0 : 2;
      for (let n = 0; n < tries; n += 1) {
        expect(await rejection(client.videos.downloadContent(id))).toMatchObject({ status: 404 });
      }
      const file = await save(await client.videos.downloadContent(id), await temporaryFolder());
      expect((await checkVideo(file, ORDERED)).ok).toBe(prompt === 'spared');
    }
    const response = await name(rig, { named: ['gremlins'] });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('stuck-queued');
  });

  test('hides that a job is done and charged', async () => {
    const rig = await startRig();
    const { client, ledger } = rig;
    await name(rig, { named: ['done-upstream'] });
    const { id } = await create(client, 'hidden');
    await until('it is done', async () => (await ledger()).jobs[0]?.status === 'completed');
    expect(await client.videos.retrieve(id)).toMatchObject({ status: 'in_progress', progress: 50 });
    expect((await client.videos.downloadContent(id)).status).toBe(200);
    expect((await client.videos.delete(id)).deleted).toBe(true);
    expect((await ledger()).jobs).toMatchObject([{ status: 'deleted', billedSeconds: 4 }]);
  });

  test('goes on with a job that it says it has deleted, and charges it', async () => {
    const rig = await startRig({ render: { baseSeconds: 0.5, perVideoSecond: 0, jitter: 0 } });
    const { client, ledger } = rig;
    for (const fault of [undefined, { on: 'job', does: 'outlive' }] as const) {
      if (fault !== undefined) await rig.addFaults(fault);
      const { id } = await create(client, 'deleted');
      expect((await client.videos.delete(id)).deleted).toBe(true);
      expect((await rejection(client.videos.retrieve(id))).status).toBe(404);
    }
    await until('the second one is charged', async () => (await ledger()).billedSeconds > 0);
    expect((await ledger()).jobs.map(({ billedSeconds }) => billedSeconds)).toEqual([0, 4]);
  });

  test('answers with a job of another server, under that job’s id', async () => {
    const rig = await startRig();
    const { id } = await create(rig.client, 'mine');
    await name(rig, { named: ['status-of-another-job'] });
    const foreign = await rig.client.videos.retrieve(id);
    expect(foreign).toMatchObject({ status: 'failed' });
    expect(foreign.id).not.toBe(id);
  });

  test.each([
    ['no-moov', 'NO_MOOV'],
    ['wrong-bytes', 'NO_FTYP'],
    ['cut-file', 'NO_MOOV'],
  ] as const)('serves a file that can’t be played: %s', async (fault, problem) => {
    const rig = await startRig();
    await name(rig, { named: [fault] });
    const { id } = await create(rig.client, 'x');
    await finished(rig.client, id);
    const file = await save(await rig.client.videos.downloadContent(id), await temporaryFolder());
    expect(await checkVideo(file, ORDERED)).toMatchObject({ ok: false, problems: [{ code: problem }] });
  });

  test('removes a file the moment that it is there', async () => {
    const rig = await startRig();
    await name(rig, { named: ['expired-link'] });
    const { id } = await create(rig.client, 'x');
    const { completed_at: completedAt, expires_at: expiresAt } = await finished(rig.client, id);
    expect(expiresAt).toBe(completedAt);
    expect((await rejection(rig.client.videos.downloadContent(id))).status).toBeGreaterThanOrEqual(400);
  });

  test('refuses a reference picture of another size, and only orders that carry one', async () => {
    const rig = await startRig();
    await name(rig, { named: ['reference-size'] });
    expect(await create(rig.client, 'without a picture')).toMatchObject({ object: 'video' });
    const picture = new File([new Uint8Array(8)], 'frame.png', { type: 'image/png' });
    expect(await rejection(create(rig.client, 'with one', { input_reference: picture }))).toMatchObject({
      status: 400,
    });
    expect(await appliedIn(rig)).toMatchObject([{ applied: 1 }]);
  });

  test('lets an account create as many jobs a minute as its tier, and not one more', async () => {
    for (const most of [25, 50, 125, 200, 375] as const) {
      expect(limitsOf({ name: `rate-tier-${most}`, match: {} })).toEqual({ createsPerMinute: most });
    }
    const rig = await startRig({ mostDifferentFilms: 1 });
    const { client, simulator } = rig;
    await name(rig, { named: ['rate-tier-25'] });
    for (let n = 0; n < 25; n += 1) await create(client, 'x', { size: '16x16', seconds: '1' });
    const refusal = await rejection(create(client, 'x'));
    expect(refusal).toMatchObject({ status: 429 });
    expect(Number(refusal.headers?.get('retry-after'))).toBeGreaterThan(0);
    await fetch(`${simulator.adminUrl}/faults`, { method: 'DELETE' });
    expect(await create(client, 'x')).toMatchObject({ object: 'video' });
  });
});

describe('faults by lot', () => {
  const prompts = Array.from({ length: 40 }, (_, n) => `prompt ${n}`);
  const AMONG = ['job-fails', 'wrong-duration', 'done-but-empty'];

  /** Which fault each prompt met, by name. */
  async function drawnBy(seed: string, order: readonly string[]): Promise<Record<string, string>> {
    const rig = await startRig({ mostDifferentFilms: 1 });
    await name(rig, { chaos: { seed, share: 0.4, among: AMONG } });
    const ordinals = new Map<number, string>();
    for (const [at, prompt] of order.entries()) {
      await create(rig.client, prompt);
      ordinals.set(at + 1, prompt);
    }
    const faults = await appliedIn(rig);
    return Object.fromEntries(
      faults.flatMap(({ fault }) => {
        const prompt = ordinals.get(fault.match.ordinal ?? 0);
        return prompt === undefined ? [] : [[prompt, fault.name ?? '']];
      }),
    );
  }

  test('are the same for the same seed, in whatever order the prompts come, and others for another', async () => {
    const monday = await drawnBy('monday', prompts);
    expect(await drawnBy('monday', prompts.toReversed())).toEqual(monday);
    expect(await drawnBy('tuesday', prompts)).not.toEqual(monday);
    const met = Object.keys(monday).length;
    expect(met).toBeGreaterThan(6);
    expect(met).toBeLessThan(28);
    expect(new Set(Object.values(monday))).toEqual(new Set(AMONG));
  });
});
