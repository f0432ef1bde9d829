import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readWorkerSettings } from '../../config/environment.ts';
import { BadInput, Refused } from '../../domain/errors.ts';
import { chooseProvider, examineProvider } from '../../providers/choose-provider.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';

const NEEDED = {
  DATABASE_URL: 'postgresql://localhost/screentest',
  SCREENTEST_STORAGE_DIR: '/videos',
};
const never = () => new AbortController().signal;

function chosen(environment: Record<string, string>) {
  return chooseProvider(readWorkerSettings({ ...NEEDED, ...environment }));
}

describe('VIDEO_PROVIDER', () => {
  test.each([
    ['left out', { VIDEO_API_BASE_URL: 'https://videos.example.com/v1' }, 'openai-compatible'],
    [
      'openai-compatible',
      { VIDEO_PROVIDER: 'openai-compatible', VIDEO_API_BASE_URL: 'https://videos.example.com/v1' },
      'openai-compatible',
    ],
    ['fal', { VIDEO_PROVIDER: 'fal' }, 'fal'],
    ['openrouter', { VIDEO_PROVIDER: 'openrouter' }, 'openrouter'],
  ])('%s chooses the adapter', async (_, environment, name) => {
    expect((await chosen({ VIDEO_API_KEY: 'key', ...environment })).name).toBe(name);
  });

  test('manual needs neither an address nor a key', async () => {
    expect((await chosen({ VIDEO_PROVIDER: 'manual' })).name).toBe('manual');
  });

  test.each([
    ['openai-compatible', /VIDEO_API_BASE_URL: given nothing.*VIDEO_API_KEY: given nothing/s],
    ['fal', /VIDEO_API_KEY: given nothing/],
    ['openrouter', /VIDEO_API_KEY: given nothing/],
    ['sora', /VIDEO_PROVIDER: given "sora"; allowed: one of openai-compatible, fal, openrouter, manual/],
  ])('%s without what it needs is told what that is', (provider, complaint) => {
    const read = () => readWorkerSettings({ ...NEEDED, VIDEO_PROVIDER: provider });
    expect(read).toThrow(BadInput);
    expect(read).toThrow(complaint);
  });

  test.each(['VIDEO_API_HONOURS_IDEMPOTENCY_KEYS', 'VIDEO_API_CANCELS_JOBS'])(
    'that is not openai-compatible is not believed to keep %s',
    (promise) => {
      const environment = { ...NEEDED, VIDEO_PROVIDER: 'fal', VIDEO_API_KEY: 'key' };
      expect(() => readWorkerSettings({ ...environment, [promise]: 'false' })).not.toThrow();
      expect(() => readWorkerSettings({ ...environment, [promise]: 'true' })).toThrow(
        `${promise}: given "true"; allowed: false, since VIDEO_PROVIDER is fal`,
      );
    },
  );
});

describe('no video API at all', () => {
  const order = { prompt: 'a cup', model: 'any', seconds: 4, width: 720, height: 1280 };

  test('refuses an order, and says who makes the videos then', async () => {
    const manual = await chosen({ VIDEO_PROVIDER: 'manual' });
    const submitting = manual.submit(order, 'key');
    await expect(submitting).rejects.toThrow(Refused);
    await expect(submitting).rejects.toThrow('screentest provide-video');
    expect(await manual.jobsSince(new Date())).toEqual([]);
  });

  test('does not give up a job of the provider that was chosen before', async () => {
    const manual = await chosen({ VIDEO_PROVIDER: 'manual' });
    await expect(manual.status(['video_1'], never())).rejects.toThrow('VIDEO_PROVIDER');
    await expect(manual.content('video_1', never())).rejects.toThrow('VIDEO_PROVIDER');
    expect(await manual.cancel('video_1')).toBe('unknown');
  });
});

describe('whether the provider answers', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ apiKey: 'right' });
  });
  afterAll(() => simulator.stop());

  const addressOf = {
    'openai-compatible': () => simulator.url,
    fal: () => simulator.falUrl,
    openrouter: () => simulator.openRouterUrl,
  };

  test.each(['openai-compatible', 'fal', 'openrouter'] as const)(
    'is found out for %s without an order, and a wrong key shows',
    async (name) => {
      const look = (key: string) =>
        examineProvider(
          readWorkerSettings({
            ...NEEDED,
            VIDEO_PROVIDER: name,
            VIDEO_API_BASE_URL: addressOf[name](),
            VIDEO_API_KEY: key,
          }),
        );
      expect(await look('right')).toBe(`${name} answers at ${addressOf[name]()}`);
      await expect(look('wrong')).rejects.toThrow('refused the key');
    },
  );

  test('needs no looking where people provide the videos', async () => {
    expect(await examineProvider(readWorkerSettings({ ...NEEDED, VIDEO_PROVIDER: 'manual' }))).toContain(
      'people provide the videos',
    );
  });
});
