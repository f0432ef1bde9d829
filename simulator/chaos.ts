import { z } from 'zod';
import { type FaultName, faultName, ORDER_FAULTS } from './fault-catalogue.ts';
import { randomOf } from './random.ts';

export const chaosSchema = z.strictObject({
  /** The same seed gives the same prompts the same faults, in whatever order they come. */
  seed: z.union([z.string(), z.number()]),
  /** Of the creates that meet a fault, 0 to 1. */
  share: z.number().min(0).max(1),
  /** Which faults are drawn from, each as likely as the others. */
  among: z
    .array(faultName)
    .min(1)
    .default([...ORDER_FAULTS]),
});

export type ChaosSettings = z.output<typeof chaosSchema>;

/** Faults by lot. */
export interface Chaos {
  /** The fault that this create of the prompt meets, if any; a prompt that is sent again draws again. */
  draw(prompt: string): FaultName | undefined;
  /** From now on; undefined ends it. */
  set(settings: ChaosSettings | undefined): void;
}

export function createChaos(initial: ChaosSettings | undefined): Chaos {
  let settings = initial;
  const draws = new Map<string, number>();
  return {
    draw(prompt) {
      if (settings === undefined) return undefined;
      const nth = draws.get(prompt) ?? 0;
      draws.set(prompt, nth + 1);
      const random = randomOf('chaos', settings.seed, prompt, nth);
      if (random() >= settings.share) return undefined;
      return settings.among[Math.floor(random() * settings.among.length)];
    },
    set(newest) {
      settings = newest;
      draws.clear();
    },
  };
}
