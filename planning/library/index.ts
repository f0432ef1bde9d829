import type { Factor, Mutations } from '../../domain/mutations.ts';
import { isFactor } from '../../domain/mutations.ts';
import type { TemplateCode } from '../../domain/templates.ts';
import { CONTRAST } from './contrast.ts';
import { MOMENTS } from './moments.ts';
import { PEOPLE } from './people.ts';
import { PRODUCT } from './product.ts';
import { type Levels, SHARED } from './shared.ts';
import type { TemplateWords } from './template-words.ts';

const TEMPLATE_WORDS: Readonly<Record<TemplateCode, TemplateWords>> = {
  ...PEOPLE,
  ...PRODUCT,
  ...CONTRAST,
  ...MOMENTS,
};

/** What of a template stays the same in all its variants. */
export function fixedWordsOf(template: TemplateCode): Pick<TemplateWords, 'speaker' | 'story' | 'further'> {
  return TEMPLATE_WORDS[template];
}

/** The levels that suit a template, its default first; none where the factor has no place in it by itself. */
export function levelsOf(template: TemplateCode, factor: Factor): readonly string[] {
  return Object.keys(ownLevels(template, factor));
}

/**
 * The library's words for a level: the template's own, or what the level means in any ad. Undefined for a level that
 * the library doesn't know.
 */
export function libraryWords(template: TemplateCode, factor: Factor, level: string): string | undefined {
  return inside(ownLevels(template, factor), level) ?? inside(SHARED[factor], level);
}

/**
 * Copy is read or said as it stands; other words are direction. Words that somebody wrote for a factor of copy are
 * set the way the template sets its own: an offer on its card, the last words in their place.
 */
export function setCopy(template: TemplateCode, factor: Factor, copy: string): string {
  switch (factor) {
    case 'offer':
      return (Object.values(ownLevels(template, 'offer'))[0] ?? '{offer}.').replace('{offer}.', () =>
        ended(copy),
      );
    case 'call_to_action':
      return `The last words on screen: "${unended(copy)}".`;
    default:
      return copy;
  }
}

/** With a full stop, unless it ends otherwise. */
export function ended(text: string): string {
  return /[.!?…]["')”’]?$/.test(text) ? text : `${text}.`;
}

/** Without its full stop. */
function unended(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}

/** What one level says against another: each list is read as "these of one factor, with none of the other's". */
const CONTRADICTIONS: readonly (readonly [
  Mutations,
  Readonly<Partial<Record<Factor, readonly string[]>>>,
])[] = [
  // A frame that holds a thumbnail's worth has no room for people.
  [{ camera: 'macro' }, { subject: ['person', 'people', 'pair'], proof: ['crowd'] }],
  [{ camera: 'overhead' }, { subject: ['person', 'people', 'pair'] }],
  // The front camera sees a face.
  [{ camera: 'selfie' }, { subject: ['product', 'hands'] }],
  // What has no cut can't be cut to.
  [{ pacing: 'slow' }, { audio: ['beat'], tone: ['urgent'] }],
  [{ style: 'monochrome' }, { lighting: ['neon', 'golden_hour'] }],
  [{ style: 'phone' }, { camera: ['macro', 'orbit', 'push_in'], lighting: ['studio', 'spot'] }],
  [{ style: 'documentary' }, { lighting: ['studio', 'spot', 'neon'], setting: ['studio'] }],
  // Light has to come from somewhere.
  [{ lighting: 'studio' }, { setting: ['street', 'nature', 'garden', 'train', 'cafe'] }],
  [{ lighting: 'spot' }, { setting: ['street', 'nature', 'garden', 'train', 'office'] }],
  [{ lighting: 'candle' }, { setting: ['street', 'nature', 'train', 'office', 'shop', 'studio'] }],
  [{ lighting: 'neon' }, { setting: ['nature', 'garden'] }],
  [{ lighting: 'practical' }, { setting: ['nature', 'studio'] }],
  [{ lighting: 'overcast' }, { setting: ['studio'] }],
];

/**
 * The first two levels that can't be in one video, `camera: macro` and `subject: person`; or one that contradicts the
 * template's story. What `levels` leaves out is taken at the template's default.
 */
export function contradictionIn(levels: Mutations, template: TemplateCode): readonly string[] | undefined {
  const all: Mutations = { ...defaultsOf(template), ...levels };
  for (const [factor, excluded] of Object.entries(TEMPLATE_WORDS[template].contradicts ?? {})) {
    const level = isFactor(factor) ? all[factor] : undefined;
    if (level !== undefined && excluded.includes(level))
      return [`${factor}: ${level}`, `the story of ${template}`];
  }
  for (const [one, others] of CONTRADICTIONS) {
    for (const [factor, level] of Object.entries(one)) {
      if (!isFactor(factor) || all[factor] !== level) continue;
      for (const [other, excluded] of Object.entries(others)) {
        const found = isFactor(other) ? all[other] : undefined;
        if (found !== undefined && excluded.includes(found))
          return [`${factor}: ${level}`, `${other}: ${found}`];
      }
    }
  }
  return undefined;
}

/** Whether these levels can be in one video of the template. */
export function areCompatible(levels: Mutations, template: TemplateCode): boolean {
  return contradictionIn(levels, template) === undefined;
}

/** The template's default level of each factor that has a place in it. */
export function defaultsOf(template: TemplateCode): Mutations {
  return Object.fromEntries(
    Object.entries(TEMPLATE_WORDS[template].levels).map(([factor, levels]) => [
      factor,
      Object.keys(levels)[0],
    ]),
  );
}

function ownLevels(template: TemplateCode, factor: Factor): Levels {
  const { levels }: TemplateWords = TEMPLATE_WORDS[template];
  return factor === 'length' ? {} : (levels[factor] ?? {});
}

function inside(levels: Levels, level: string): string | undefined {
  return Object.hasOwn(levels, level) ? levels[level] : undefined;
}
