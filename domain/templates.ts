import type { Factor } from './mutations.ts';

/**
 * The 21 use cases a test can be planned from. `mutations` are the factors worth varying first for this kind of ad,
 * each with its levels, the control's first; the words for them, and more levels, are in the planning library.
 */
export interface Template {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly mutations: Readonly<Partial<Record<Factor, readonly string[]>>>;
}

export const TEMPLATES = [
  {
    code: 'FOUNDER_STORY',
    name: 'Founder story',
    description: 'The person behind the product tells why it exists.',
    mutations: {
      hook: ['scene', 'confession', 'question', 'problem'],
      tone: ['warm', 'confident', 'deadpan'],
      setting: ['workshop', 'kitchen', 'street'],
    },
  },
  {
    code: 'PRODUCT_REVEAL',
    name: 'Product reveal',
    description: 'The product is held back, then shown in full for the first time.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'cover'],
      pacing: ['steady', 'fast', 'slow'],
      lighting: ['studio', 'golden_hour', 'neon'],
    },
  },
  {
    code: 'PROBLEM_SOLUTION',
    name: 'Problem and solution',
    description: 'An everyday annoyance, then its end.',
    mutations: {
      hook: ['problem', 'question', 'bold_claim', 'scene'],
      tone: ['playful', 'deadpan', 'warm'],
      pacing: ['fast', 'steady', 'slow'],
    },
  },
  {
    code: 'BEFORE_AFTER',
    name: 'Before and after',
    description: 'The same place or person without and with the product.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      pacing: ['steady', 'fast', 'slow'],
      camera: ['locked', 'push_in', 'overhead'],
    },
  },
  {
    code: 'CUSTOMER_TESTIMONIAL',
    name: 'Customer testimonial',
    description: 'A customer says in plain words what changed.',
    mutations: {
      persona: ['peer', 'elder', 'student', 'sceptic'],
      angle: ['doubt', 'habit', 'sharing'],
      setting: ['home', 'street', 'office'],
    },
  },
  {
    code: 'USER_GENERATED',
    name: 'User-generated style',
    description: 'Looks as if a customer had filmed it on a phone.',
    mutations: {
      hook: ['confession', 'question', 'bold_claim', 'problem'],
      persona: ['peer', 'student', 'newcomer'],
      camera: ['selfie', 'handheld', 'propped'],
    },
  },
  {
    code: 'UNBOXING',
    name: 'Unboxing',
    description: 'The first minute with the product, from parcel to first use.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      camera: ['overhead', 'handheld', 'macro'],
      audio: ['natural', 'music', 'percussion'],
    },
  },
  {
    code: 'HOW_TO',
    name: 'How-to',
    description: 'Three steps that a viewer can repeat.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      camera: ['overhead', 'locked', 'handheld'],
      audio: ['natural', 'music', 'hush'],
    },
  },
  {
    code: 'FEATURE_SPOTLIGHT',
    name: 'Feature spotlight',
    description: 'One feature, shown from close up, and what it is good for.',
    mutations: {
      hook: ['bold_claim', 'question', 'scene', 'problem'],
      camera: ['macro', 'orbit', 'locked'],
      lighting: ['studio', 'daylight', 'spot'],
    },
  },
  {
    code: 'COMPARISON',
    name: 'Comparison',
    description: 'The old way and the new way side by side.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      tone: ['playful', 'confident', 'deadpan'],
      proof: ['demonstration', 'measured', 'swap'],
    },
  },
  {
    code: 'SOCIAL_PROOF',
    name: 'Social proof',
    description: 'Many people, one product.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      persona: ['mixed', 'neighbours', 'colleagues'],
      pacing: ['fast', 'steady', 'accelerating'],
    },
  },
  {
    code: 'LIMITED_OFFER',
    name: 'Limited offer',
    description: 'A reason to act now, without shouting.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      offer: ['tag', 'card', 'caption'],
      call_to_action: ['order_now', 'see_it', 'learn_more'],
    },
  },
  {
    code: 'SEASONAL',
    name: 'Seasonal moment',
    description: 'The product in the season or holiday it belongs to.',
    mutations: {
      tone: ['warm', 'tender', 'playful', 'confident'],
      setting: ['home', 'street', 'garden'],
      lighting: ['golden_hour', 'practical', 'overcast'],
    },
  },
  {
    code: 'BEHIND_THE_SCENES',
    name: 'Behind the scenes',
    description: 'How the product is made, by whom, from what.',
    mutations: {
      hook: ['scene', 'question', 'material', 'problem'],
      camera: ['handheld', 'macro', 'tracking'],
      audio: ['natural', 'music', 'hush'],
    },
  },
  {
    code: 'DAY_IN_THE_LIFE',
    name: 'A day in the life',
    description: 'Morning to evening with the product in it where it matters.',
    mutations: {
      persona: ['peer', 'student', 'elder', 'parent'],
      pacing: ['fast', 'steady', 'slow'],
      audio: ['music', 'natural', 'hush'],
    },
  },
  {
    code: 'EXPERT_EXPLAINS',
    name: 'Expert explains',
    description: 'Someone who knows says why it works.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim', 'problem'],
      persona: ['expert', 'teacher', 'apprentice'],
      proof: ['demonstration', 'detail', 'scrutiny'],
    },
  },
  {
    code: 'MYTH_BUSTING',
    name: 'Myth busting',
    description: 'A common belief, tested in front of the camera.',
    mutations: {
      hook: ['bold_claim', 'question', 'confession', 'scene'],
      tone: ['playful', 'confident', 'deadpan'],
      proof: ['demonstration', 'measured', 'repetition'],
    },
  },
  {
    code: 'MINI_DRAMA',
    name: 'Mini drama',
    description: 'A tiny story with a turn in the middle.',
    mutations: {
      hook: ['scene', 'problem', 'question', 'confession'],
      tone: ['tender', 'playful', 'deadpan'],
      lighting: ['daylight', 'practical', 'golden_hour'],
    },
  },
  {
    code: 'SENSORY_CLOSEUP',
    name: 'Sensory close-up',
    description: 'Sound and texture first, words last.',
    mutations: {
      lighting: ['studio', 'golden_hour', 'candle', 'daylight'],
      camera: ['macro', 'orbit', 'overhead'],
      audio: ['natural', 'music', 'hush'],
    },
  },
  {
    code: 'APP_WALKTHROUGH',
    name: 'App walkthrough',
    description: 'A screen, a thumb, a result.',
    mutations: {
      hook: ['problem', 'question', 'bold_claim', 'scene'],
      pacing: ['fast', 'steady', 'slow'],
      audio: ['natural', 'music', 'hush'],
    },
  },
  {
    code: 'BRAND_MANIFESTO',
    name: 'Brand manifesto',
    description: 'What the brand stands for, in pictures that belong together.',
    mutations: {
      tone: ['confident', 'tender', 'warm', 'playful'],
      pacing: ['steady', 'slow', 'accelerating'],
      audio: ['music', 'natural', 'hush'],
    },
  },
] as const satisfies readonly Template[];

export type TemplateCode = (typeof TEMPLATES)[number]['code'];

export const TEMPLATE_CODES = TEMPLATES.map((template) => template.code);

const templatesByCode: ReadonlyMap<string, Template> = new Map(
  TEMPLATES.map((template) => [template.code, template]),
);

export function isTemplateCode(code: string): code is TemplateCode {
  return templatesByCode.has(code);
}

/** Total over the codes: every `TemplateCode` has its template. */
export function templateOf(code: TemplateCode): Template {
  const template = templatesByCode.get(code);
  if (template === undefined) throw new TypeError(`no template ${code}`);
  return template;
}

/**
 * What a brief varies, each factor's levels with the control's first: its own factors, or else its template's, but for
 * the tone where the brief has set it.
 */
export function factorsOf({
  factors,
  template,
  tone,
}: {
  readonly factors?: Template['mutations'] | undefined;
  readonly template: TemplateCode;
  readonly tone?: string | undefined;
}): Template['mutations'] {
  if (factors !== undefined) return factors;
  const { mutations } = templateOf(template);
  if (tone === undefined) return mutations;
  return Object.fromEntries(Object.entries(mutations).filter(([factor]) => factor !== 'tone'));
}
