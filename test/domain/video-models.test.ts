import { describe, expect, test } from '@jest/globals';
import { promptLimitOf, secondsMadeBy } from '../../domain/video-models.ts';
import { FAL_MODELS, falInput } from '../../providers/fal/models.ts';

describe('what a model takes', () => {
  test.each([
    ['sora-2', 32_000, [4, 8, 12]],
    ['sora-2-pro', 32_000, [4, 8, 12]],
    ['fal-ai/veo3.1/fast', 1920, [4, 6, 8]],
    ['google/veo-3.1', 1920, [4, 6, 8]],
    ["somebody's own", 4000, undefined],
    ['toString', 4000, undefined],
  ])('is known of %s by how its name begins', (model, characters, seconds) => {
    expect([promptLimitOf(model), secondsMadeBy(model)]).toEqual([characters, seconds]);
  });

  test.each(FAL_MODELS)('%s is ordered in each length that it makes, and in no other', (model) => {
    const seconds = secondsMadeBy(model) ?? [];
    expect(seconds.length).toBeGreaterThan(0);
    const order = (length: number) =>
      falInput({ model, prompt: 'a cup', seconds: length, width: 1920, height: 1080 });
    for (const length of seconds) expect(order(length)).toHaveProperty('duration');
    expect(() => order(61)).toThrow(`Allowed: ${seconds.join(', ')} seconds`);
  });
});
