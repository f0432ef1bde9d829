import type { Factor } from './mutations.ts';

/**
 * The 21 use cases a test can be planned from. `skeleton` is the control's prompt, with {product},
 * {audience} and {offer} to be filled in; `mutations` are the factors worth varying first for this kind of
 * ad, each with its levels, the control's first. Their rows in `use_case_templates` are written from here.
 */
export interface Template {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly skeleton: string;
  readonly mutations: Readonly<Partial<Record<Factor, readonly string[]>>>;
}

export const TEMPLATES = [
  {
    code: 'FOUNDER_STORY',
    name: 'Founder story',
    description: 'The person behind the product tells why it exists.',
    skeleton:
      'A founder speaks to camera in their own workspace about why they made {product}. Cut to the first rough version, then to {audience} using the finished one. End on the product and {offer}.',
    mutations: {
      hook: ['scene', 'confession', 'question'],
      tone: ['warm', 'urgent', 'playful'],
      setting: ['workshop', 'kitchen', 'street'],
    },
  },
  {
    code: 'PRODUCT_REVEAL',
    name: 'Product reveal',
    description: 'The product is held back, then shown in full for the first time.',
    skeleton:
      'Close details of {product} in half-light: an edge, a texture, a reflection. The camera pulls back and the whole product is revealed. {audience} reach for it. End on {offer}.',
    mutations: {
      hook: ['scene', 'question', 'bold_claim'],
      pacing: ['steady', 'fast', 'slow'],
      lighting: ['studio', 'golden_hour', 'neon'],
    },
  },
  {
    code: 'PROBLEM_SOLUTION',
    name: 'Problem and solution',
    description: 'An everyday annoyance, then its end.',
    skeleton:
      'Someone like {audience} struggles with an everyday annoyance. {product} enters and the annoyance is gone within one shot. Relief on their face. End on {offer}.',
    mutations: {
      hook: ['problem', 'question', 'bold_claim'],
      tone: ['playful', 'urgent', 'warm'],
      pacing: ['fast', 'steady', 'slow'],
    },
  },
  {
    code: 'BEFORE_AFTER',
    name: 'Before and after',
    description: 'The same place or person without and with the product.',
    skeleton:
      'A matched pair of shots: the same frame before and after {product}. The change is plain without words. {audience} notice it. End on {offer}.',
    mutations: {
      pacing: ['steady', 'fast', 'slow'],
      camera: ['locked', 'handheld', 'orbit'],
      hook: ['scene', 'bold_claim', 'question'],
    },
  },
  {
    code: 'CUSTOMER_TESTIMONIAL',
    name: 'Customer testimonial',
    description: 'A customer says in plain words what changed.',
    skeleton:
      'One customer from {audience} sits by a window and says in one sentence what {product} changed for them. Cut to the moment they describe. End on {offer}.',
    mutations: {
      persona: ['peer', 'expert', 'newcomer'],
      setting: ['home', 'street', 'office'],
      tone: ['warm', 'playful', 'confident'],
    },
  },
  {
    code: 'USER_GENERATED',
    name: 'User-generated style',
    description: 'Looks as if a customer had filmed it on a phone.',
    skeleton:
      'Vertical phone footage, slightly shaky: a person from {audience} unpacks and uses {product} at home, talking to the lens as to a friend. End on {offer}.',
    mutations: {
      hook: ['confession', 'question', 'bold_claim'],
      persona: ['peer', 'newcomer', 'expert'],
      setting: ['home', 'kitchen', 'street'],
    },
  },
  {
    code: 'UNBOXING',
    name: 'Unboxing',
    description: 'The first minute with the product, from parcel to first use.',
    skeleton:
      'Hands open a parcel on a clean table. {product} comes out layer by layer, with crisp sounds. First use within seconds, as {audience} would. End on {offer}.',
    mutations: {
      camera: ['overhead', 'handheld', 'macro'],
      pacing: ['slow', 'steady', 'fast'],
      audio: ['natural', 'music', 'voice'],
    },
  },
  {
    code: 'HOW_TO',
    name: 'How-to',
    description: 'Three steps that a viewer can repeat.',
    skeleton:
      'Three clear steps with {product}, each one shot, hands in frame, the result visible at once. Made for {audience}. End on the finished result and {offer}.',
    mutations: {
      camera: ['overhead', 'locked', 'handheld'],
      pacing: ['steady', 'fast', 'slow'],
      audio: ['voice', 'natural', 'music'],
    },
  },
  {
    code: 'FEATURE_SPOTLIGHT',
    name: 'Feature spotlight',
    description: 'One feature, shown from close up, and what it is good for.',
    skeleton:
      'One feature of {product} fills the frame. It is used once, slowly, then at full speed. {audience} see at once what it is good for. End on {offer}.',
    mutations: {
      camera: ['macro', 'orbit', 'locked'],
      lighting: ['studio', 'daylight', 'neon'],
      hook: ['bold_claim', 'question', 'scene'],
    },
  },
  {
    code: 'COMPARISON',
    name: 'Comparison',
    description: 'The old way and the new way side by side.',
    skeleton:
      'Split screen: on the left the old way, slow and clumsy; on the right the same task with {product}. The right side finishes first. {audience} pick it. End on {offer}.',
    mutations: {
      tone: ['playful', 'confident', 'urgent'],
      pacing: ['fast', 'steady', 'slow'],
      proof: ['demonstration', 'numbers', 'quote'],
    },
  },
  {
    code: 'SOCIAL_PROOF',
    name: 'Social proof',
    description: 'Many people, one product.',
    skeleton:
      'A quick series of different people from {audience}, each with {product} in their own place, the same gesture in every shot. End on all of them together and {offer}.',
    mutations: {
      proof: ['crowd', 'numbers', 'quote'],
      pacing: ['fast', 'steady', 'slow'],
      audio: ['music', 'voice', 'natural'],
    },
  },
  {
    code: 'LIMITED_OFFER',
    name: 'Limited offer',
    description: 'A reason to act now, without shouting.',
    skeleton:
      '{product} on a plain background while the light of a day passes over it. A hand takes the last one. {audience} understand: {offer}, and not for long.',
    mutations: {
      tone: ['urgent', 'playful', 'confident'],
      call_to_action: ['order_now', 'learn_more', 'try_free'],
      pacing: ['fast', 'steady', 'slow'],
    },
  },
  {
    code: 'SEASONAL',
    name: 'Seasonal moment',
    description: 'The product in the season or holiday it belongs to.',
    skeleton:
      'A seasonal scene: weather, light and clothes say when it is. {audience} share {product} in the middle of it. End on the product, a seasonal detail and {offer}.',
    mutations: {
      setting: ['home', 'street', 'nature'],
      lighting: ['golden_hour', 'daylight', 'candle'],
      tone: ['warm', 'playful', 'confident'],
    },
  },
  {
    code: 'BEHIND_THE_SCENES',
    name: 'Behind the scenes',
    description: 'How the product is made, by whom, from what.',
    skeleton:
      'Inside the place where {product} is made: raw material, hands, a machine, a check by eye. Nothing staged. {audience} see the care in it. End on {offer}.',
    mutations: {
      camera: ['handheld', 'macro', 'orbit'],
      audio: ['natural', 'voice', 'music'],
      pacing: ['steady', 'slow', 'fast'],
    },
  },
  {
    code: 'DAY_IN_THE_LIFE',
    name: 'A day in the life',
    description: 'Morning to evening with the product in it where it matters.',
    skeleton:
      'Morning to evening with one person from {audience}. {product} appears three times, each time where it makes the day easier. End at night with {offer}.',
    mutations: {
      persona: ['peer', 'newcomer', 'expert'],
      pacing: ['fast', 'steady', 'slow'],
      audio: ['music', 'natural', 'voice'],
    },
  },
  {
    code: 'EXPERT_EXPLAINS',
    name: 'Expert explains',
    description: 'Someone who knows says why it works.',
    skeleton:
      'An expert at their bench explains in one breath why {product} works, pointing at the part that matters. {audience} nod. End on the part, sharp, and {offer}.',
    mutations: {
      persona: ['expert', 'peer', 'newcomer'],
      proof: ['demonstration', 'numbers', 'quote'],
      setting: ['workshop', 'office', 'studio'],
    },
  },
  {
    code: 'MYTH_BUSTING',
    name: 'Myth busting',
    description: 'A common belief, tested in front of the camera.',
    skeleton:
      'A belief that {audience} hold about things like {product} is written on a card. It is tested in one shot. The card is torn. End on the result and {offer}.',
    mutations: {
      hook: ['bold_claim', 'question', 'confession'],
      tone: ['playful', 'confident', 'urgent'],
      proof: ['demonstration', 'numbers', 'quote'],
    },
  },
  {
    code: 'MINI_DRAMA',
    name: 'Mini drama',
    description: 'A tiny story with a turn in the middle.',
    skeleton:
      'A tiny story in three shots: someone from {audience} wants something, it goes wrong, {product} turns it around. One look says the rest. End on {offer}.',
    mutations: {
      tone: ['playful', 'warm', 'confident'],
      lighting: ['daylight', 'golden_hour', 'neon'],
      hook: ['scene', 'problem', 'question'],
    },
  },
  {
    code: 'SENSORY_CLOSEUP',
    name: 'Sensory close-up',
    description: 'Sound and texture first, words last.',
    skeleton:
      'Extreme close-ups of {product}: surface, movement, sound. No speech. {audience} could almost touch it. End wide, still, with {offer}.',
    mutations: {
      camera: ['macro', 'orbit', 'overhead'],
      lighting: ['studio', 'golden_hour', 'candle'],
      audio: ['natural', 'music', 'voice'],
    },
  },
  {
    code: 'APP_WALKTHROUGH',
    name: 'App walkthrough',
    description: 'A screen, a thumb, a result.',
    skeleton:
      'A phone in a hand of someone from {audience}: three taps in {product}, each with its result in the real world right after. End on the screen and {offer}.',
    mutations: {
      pacing: ['fast', 'steady', 'slow'],
      hook: ['problem', 'question', 'bold_claim'],
      audio: ['voice', 'music', 'natural'],
    },
  },
  {
    code: 'BRAND_MANIFESTO',
    name: 'Brand manifesto',
    description: 'What the brand stands for, in pictures that belong together.',
    skeleton:
      'A chain of pictures that belong together: people from {audience}, places, small acts, each echoing the last. {product} appears once, in the middle. End on one line and {offer}.',
    mutations: {
      tone: ['confident', 'warm', 'playful'],
      pacing: ['slow', 'steady', 'fast'],
      audio: ['music', 'voice', 'natural'],
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
