import { factorEffects } from '../../analysis/factor-effects.ts';
import { normalUpper } from '../../analysis/special-functions/normal.ts';
import type { Random } from './random.ts';

/** Twelve videos, six with each level of one factor; each video has luck of its own, and 400 conversions are expected of it. */
const VIDEOS = 12;
const EXPOSURES = 20_000;
const RATE = 0.02;

export interface JudgedFactor {
  /** Two-sided p-values for "the level makes no difference". */
  readonly byVideos: number;
  readonly byConversions: number;
  /** The 95% interval holds the true lift. */
  readonly covers: boolean;
}

/**
 * One test in which the second level multiplies rates by `1 + lift`, judged by videos (ours), and by all conversions of a
 * level together, as if videos differed by their level alone.
 * @param spread standard deviation of a video's own luck on the log rate
 */
export function judgedFactor(random: Random, lift: number, spread: number): JudgedFactor {
  const measured = Array.from({ length: VIDEOS }, (_, video) => {
    const level = video % 2 === 0 ? 'scene' : 'question';
    const rate = RATE * (level === 'scene' ? 1 : 1 + lift) * Math.exp(spread * random.normal());
    const conversions = random.poisson(EXPOSURES * rate);
    const seen = (conversions + 0.5) / EXPOSURES;
    const arm = { id: String(video), name: String(video), factors: { hook: level } };
    return { arm, rate: seen, variance: seen / EXPOSURES, exposures: EXPOSURES, conversions };
  });
  const [effect] = factorEffects(measured);
  if (effect?.kind !== 'estimated') throw new Error('six videos a level could not be told apart');
  const [control = 0, other = 0] = ['scene', 'question'].map((level) =>
    measured
      .filter(({ arm }) => arm.factors.hook === level)
      .reduce((sum, { conversions }) => sum + conversions, 0),
  );
  const z = (other - control) / Math.sqrt(other + control);
  return {
    byVideos: effect.pValue,
    byConversions: 2 * normalUpper(Math.abs(z)),
    covers: effect.low <= lift && (effect.high === null || lift <= effect.high),
  };
}
