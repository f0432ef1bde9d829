import type { Brief } from '../domain/brief.ts';
import { FACTORS, type Factor, type Mutations } from '../domain/mutations.ts';
import { secondsOf } from '../domain/renditions.ts';
import { brandClauses } from './brand-clauses.ts';
import { defaultsOf, ended, fixedWordsOf, libraryWords, setCopy } from './library/index.ts';
import { type Wording, wordingKey } from './wording.ts';

/**
 * What a video is to show. Each factor has one place of its own, so that a variant's structure differs from the
 * control's in that place alone. An empty text has no place in the video.
 */
export interface Prompt {
  readonly seconds: number;
  readonly style: { readonly look: string; readonly tone: string };
  readonly scene: {
    readonly product: string;
    readonly audience: string;
    readonly setting: string;
    readonly persona: string;
    readonly subject: string;
  };
  readonly cinematography: { readonly camera: string; readonly lighting: string; readonly pacing: string };
  /** In the order in which they happen; each gets a part of the seconds when they are rendered. */
  readonly actions: {
    readonly hook: string;
    readonly story: string;
    readonly proof: string;
    readonly further: string;
    readonly offer: string;
    readonly callToAction: string;
  };
  /** One line. Without a speaker it stands on screen. */
  readonly dialogue: { readonly speaker: string | undefined; readonly line: string };
  readonly sound: string;
  /** What every video of the test says and shows. Never left out. */
  readonly always: readonly string[];
  /** Factors that the plan varies. What they say is never left out, or two variants would become one. */
  readonly varied: readonly Factor[];
}

/**
 * @param levels of every factor that the plan varies, the control's or the variant's; any other factor is at the
 * template's default. A level is a code of the library, or the words themselves.
 * @param wording what a writer wrote for levels, in place of the library's words
 * @throws BriefInvalid when the length is none that the model makes
 */
export function promptOf(brief: Brief, levels: Mutations, wording: Wording = new Map()): Prompt {
  const { template } = brief;
  const all: Mutations = {
    ...defaultsOf(template),
    ...(brief.tone === undefined ? {} : { tone: brief.tone }),
    ...levels,
  };
  const offer = ended(oneLine(brief.offer));

  const words = (factor: Factor): string => {
    const level = all[factor];
    if (level === undefined) return '';
    const written = wording.get(wordingKey(factor, level));
    const known = written === undefined ? libraryWords(template, factor, level) : undefined;
    // Only what is the library's has places in it: a person's "{offer}" is two brackets and a word.
    return known === undefined
      ? ended(setCopy(template, factor, oneLine(written ?? level)))
      : known.replace('{offer}.', () => offer);
  };

  const { speaker, story, further } = fixedWordsOf(template);
  return {
    seconds: secondsOf(brief, levels),
    style: { look: words('style'), tone: words('tone') },
    scene: {
      product: ended(oneLine(brief.product)),
      audience: ended(oneLine(brief.audience)),
      setting: words('setting'),
      persona: words('persona'),
      subject: words('subject'),
    },
    cinematography: { camera: words('camera'), lighting: words('lighting'), pacing: words('pacing') },
    actions: {
      hook: words('hook'),
      story,
      proof: words('proof'),
      further,
      offer: words('offer'),
      callToAction: words('call_to_action'),
    },
    dialogue: { speaker, line: words('angle') },
    sound: words('audio'),
    always: brandClauses(brief),
    varied: FACTORS.filter((factor) => levels[factor] !== undefined),
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
