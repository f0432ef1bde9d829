/**
 * What a variant may change against the control, and the words each level puts into the prompt. A variant
 * differs from the control in named factors only, so that a result can be traced to what was changed.
 */
export const FACTOR_LEVELS = {
  hook: {
    scene: 'Open in the middle of the scene, without an introduction.',
    question: 'Open with a question put straight to the viewer.',
    bold_claim: 'Open with one bold claim, said plainly.',
    confession: 'Open with a personal confession to the lens.',
    problem: 'Open on the problem at its worst.',
  },
  tone: {
    warm: 'The tone is warm and close.',
    urgent: 'The tone is urgent, as if there were little time.',
    playful: 'The tone is light and playful.',
    confident: 'The tone is calm and sure of itself.',
  },
  persona: {
    peer: 'The person on screen is an ordinary customer.',
    expert: 'The person on screen is an expert with visible experience.',
    newcomer: 'The person on screen tries it for the first time.',
  },
  proof: {
    demonstration: 'The proof is a demonstration in one unbroken shot.',
    numbers: 'The proof is one number, shown large.',
    quote: 'The proof is a short quote from a customer.',
    crowd: 'The proof is how many people use it.',
  },
  call_to_action: {
    learn_more: 'The last shot invites the viewer to learn more.',
    order_now: 'The last shot asks the viewer to order now.',
    try_free: 'The last shot invites the viewer to try it for free.',
  },
  pacing: {
    steady: 'The pacing is steady, one idea a shot.',
    fast: 'The pacing is fast, with a cut every second.',
    slow: 'The pacing is slow, with long unbroken shots.',
  },
  camera: {
    locked: 'The camera is locked on a tripod.',
    handheld: 'The camera is handheld and close.',
    orbit: 'The camera orbits slowly around the subject.',
    overhead: 'The camera looks straight down from above.',
    macro: 'The camera stays in macro range.',
  },
  lighting: {
    studio: 'Clean studio light.',
    daylight: 'Soft daylight from a window.',
    golden_hour: 'Low golden-hour sun.',
    neon: 'Neon light at night.',
    candle: 'Candlelight.',
  },
  setting: {
    home: 'It takes place in a lived-in home.',
    kitchen: 'It takes place in a kitchen.',
    office: 'It takes place in an office.',
    street: 'It takes place on a city street.',
    nature: 'It takes place outdoors in nature.',
    workshop: 'It takes place in a workshop.',
    studio: 'It takes place in a bare studio.',
  },
  audio: {
    natural: 'Only natural sound.',
    music: 'A simple rhythmic track under the pictures.',
    voice: 'A single voice-over.',
  },
} as const satisfies Record<string, Record<string, string>>;

export type Factor = keyof typeof FACTOR_LEVELS;

export const FACTORS = Object.keys(FACTOR_LEVELS).filter(isFactor);

export function isFactor(name: string): name is Factor {
  return Object.hasOwn(FACTOR_LEVELS, name);
}

/** The library's words for a level; a level it doesn't know is taken as the words themselves. */
export function wordingOf(factor: Factor, level: string): string {
  const levels: Readonly<Record<string, string>> = FACTOR_LEVELS[factor];
  return Object.hasOwn(levels, level) ? (levels[level] ?? level) : level;
}

/** Levels by factor: what a variant is made of. */
export type Mutations = Readonly<Partial<Record<Factor, string>>>;
