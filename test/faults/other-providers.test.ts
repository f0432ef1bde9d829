import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BriefInput } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { createFalProvider } from '../../providers/fal/provider.ts';
import { createOpenRouterProvider } from '../../providers/openrouter/provider.ts';
import type { VideoProvider } from '../../providers/video-provider.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import type { Overview } from '../../workflows/messages.ts';
import { entriesOf, expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { jobsFor } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { expectExit, killScreentests, screentest, startScreentest } from '../support/screentest.ts';

const TIMING = { sendWithinMs: 5000, answerWithinMs: 500, lookAgainMs: 100, looks: 2 };

/** Each with a model of its provider's, at the price that is published for it. */
const PROVIDERS: readonly {
  name: string;
  address: (simulator: Simulator) => string;
  create: (baseUrl: string) => VideoProvider;
  video: NonNullable<BriefInput['video']> & { model: string; seconds: number };
  usdPerSecond: number;
}[] = [
  {
    name: 'fal',
    address: ({ falUrl }) => falUrl,
    create: (baseUrl) => createFalProvider({ apiKey: 'test', baseUrl }),
    video: { model: 'fal-ai/veo3.1', seconds: 4, size: '1280x720' },
    usdPerSecond: 0.4,
  },
  {
    name: 'openrouter',
    address: ({ openRouterUrl }) => openRouterUrl,
    create: (baseUrl) => createOpenRouterProvider({ apiKey: 'test', baseUrl }),
    video: { model: 'google/veo-3.1', seconds: 1, size: '128x72' },
    usdPerSecond: 0.4,
  },
];

function simulatorOf(model: string, usdPerSecond: number): SimulatorOptions {
  // Large films take a second each.
  return { prices: { [model]: { '*': usdPerSecond } }, mostDifferentFilms: 3 };
}

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

describe.each(PROVIDERS)(
  'a group whose videos are made by $name',
  ({ address, create, video, usdPerSecond }) => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await startRig({
        timing: TIMING,
        provider: (simulator) => create(address(simulator)),
        simulator: simulatorOf(video.model, usdPerSecond),
      });
    }, 60_000);
    afterAll(() => rig.stop(), 60_000);

    function start(...prompts: string[]): Promise<GroupId> {
      return rig.start({
        name: prompts.join(),
        variants: prompts.map((prompt) => ({ name: prompt, prompt })),
        video,
      });
    }

    test('gets each of them once, at its price', async () => {
      const id = await start('first', 'second', 'third');
      const { variants } = await rig.until(id, isSettled, 60_000);
      expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
      const micros = usdPerSecond * video.seconds * 1_000_000;
      for (const { name, spentMicroUsd } of variants) {
        const jobs = await jobsFor(rig, name);
        expect(jobs).toMatchObject([{ model: video.model, billedMicroUsd: micros }]);
        expect(spentMicroUsd).toBe(micros);
      }
      await expectBalancedBooks(rig, id);
    });

    test('holds the order whose answer was lost, and sends it no second time', async () => {
      const prompt = 'the lost one';
      await rig.addFaults({ on: 'create', does: 'drop', created: true, match: { prompt } });
      const id = await start(prompt, 'beside it', 'and another');
      const { variants } = await rig.until(id, isSettled, 60_000);
      expect(variants.map(({ status, isHeld }) => ({ status, isHeld }))).toEqual([
        { status: 'failed', isHeld: true },
        { status: 'completed', isHeld: false },
        { status: 'completed', isHeld: false },
      ]);
      expect((await rig.ledger()).byPrompt[prompt]).toEqual({ posts: 1, jobs: 1 });
      await expectBalancedBooks(rig, id);
    });

    test('releases what was refused, waits out a rate limit, and fetches what lags', async () => {
      await rig.addFaults(
        {
          on: 'create',
          does: 'answer',
          status: 422,
          message: 'Not allowed.',
          match: { prompt: 'forbidden' },
        },
        { on: 'create', does: 'answer', status: 429, retryAfterSeconds: 1, match: { prompt: 'limited' } },
        { on: 'content', does: 'missing', match: { prompt: 'lagging' } },
      );
      const id = await start('forbidden', 'limited', 'lagging');
      const { variants } = await rig.until(id, isSettled, 60_000);
      expect(variants.map(({ status }) => status)).toEqual(['failed', 'completed', 'completed']);
      expect(variants[0]?.reason).toContain('Not allowed.');
      const [forbidden] = await ordersOf(rig, id);
      expect(await entriesOf(rig, forbidden?.id ?? '')).toEqual(['release', 'reserve']);
      const { byPrompt } = await rig.ledger();
      expect(byPrompt.forbidden).toEqual({ posts: 1, jobs: 0 });
      expect(byPrompt.limited).toEqual({ posts: 2, jobs: 1 });
      await expectBalancedBooks(rig, id);
    });
  },
);

describe.each(PROVIDERS)(
  'a worker that is told by its settings to use $name',
  ({ name, address, video, usdPerSecond }) => {
    let rig: Rig;
    let environment: NodeJS.ProcessEnv;
    beforeAll(async () => {
      rig = await startRig({
        startsWorkers: false,
        providerName: name,
        simulator: simulatorOf(video.model, usdPerSecond),
      });
      environment = {
        ...rig.environment,
        VIDEO_PROVIDER: name,
        VIDEO_API_BASE_URL: address(rig.simulator),
        VIDEO_API_CANCELS_JOBS: 'false',
      };
    }, 60_000);
    afterAll(async () => {
      killScreentests();
      await rig.stop();
    }, 60_000);

    test('makes the videos, and doctor sees the provider', async () => {
      const worker = startScreentest(['worker'], environment);
      const id = await rig.start({ variants: 2, video });
      const { variants } = await rig.until(id, isSettled, 60_000);
      expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect((await rig.ledger()).jobsCreated).toBe(2);
      const { stdout } = await screentest(['doctor'], environment);
      expect(stdout).toContain(`${name} answers at ${address(rig.simulator)}`);
      expectExit(await worker.end('SIGTERM'), 0);
    });
  },
);
