import type { Prompt } from './prompt.ts';

/** What happens from one second to another. */
export interface Beat {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Seconds from which there is time for one action more between the opening and the end. */
const SECONDS_FOR_TWO = 6;
const SECONDS_FOR_THREE = 10;

/** How long each kind of action wants to be, against the others. */
const WEIGHT = { hook: 1, story: 3, proof: 1.5, further: 1.5, end: 1.25 } as const;

interface Part {
  readonly text: string;
  readonly weight: number;
}

/**
 * The actions over the video's seconds, without a gap, in whole seconds of which each has one at least. A short video
 * has the opening, the story and the end; a proof that the plan varies is told within the story there.
 */
export function beatsOf({
  actions,
  seconds,
  varied,
}: Pick<Prompt, 'actions' | 'seconds' | 'varied'>): readonly Beat[] {
  const hook = { text: actions.hook, weight: WEIGHT.hook };
  const story = { text: actions.story, weight: WEIGHT.story };
  const proof = { text: actions.proof, weight: WEIGHT.proof };
  const further = { text: actions.further, weight: WEIGHT.further };
  const end = { text: joined(actions.offer, actions.callToAction), weight: WEIGHT.end };
  const told = { text: joined(actions.story, actions.proof), weight: WEIGHT.story };

  const middle =
    seconds >= SECONDS_FOR_THREE
      ? [story, proof, further]
      : seconds >= SECONDS_FOR_TWO
        ? [story, actions.proof === '' ? further : proof]
        : [varied.includes('proof') ? told : story];
  return timed(
    [hook, ...middle, end].filter(({ text }) => text !== ''),
    seconds,
  );
}

/** One second each, and what is left by weight; the largest remainders get the last ones. */
function timed(parts: readonly Part[], seconds: number): readonly Beat[] {
  const fitting = merged(parts, seconds);
  const total = fitting.reduce((sum, { weight }) => sum + weight, 0);
  const shares = fitting.map(({ weight }) => ((seconds - fitting.length) * weight) / total);
  const whole = shares.map(Math.floor);
  const missing = seconds - fitting.length - whole.reduce((sum, extra) => sum + extra, 0);
  const first = shares
    .map((share, index) => ({ index, rest: share - Math.floor(share) }))
    .toSorted((a, b) => b.rest - a.rest || a.index - b.index)
    .slice(0, missing)
    .map(({ index }) => index);
  let from = 0;
  return fitting.map(({ text }, index) => {
    const to = from + 1 + (whole[index] ?? 0) + (first.includes(index) ? 1 : 0);
    const beat = { from, to, text };
    from = to;
    return beat;
  });
}

/** Where there are fewer seconds than parts, the first ones go together. */
function merged(parts: readonly Part[], seconds: number): readonly Part[] {
  const [one, two, ...others] = parts;
  if (parts.length <= seconds || one === undefined || two === undefined) return parts;
  return merged([{ text: joined(one.text, two.text), weight: one.weight + two.weight }, ...others], seconds);
}

function joined(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(' ');
}
