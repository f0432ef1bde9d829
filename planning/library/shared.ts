import type { Factor } from '../../domain/mutations.ts';

/**
 * Words for levels that mean the same in any ad. Each is whole sentences about its own factor and nothing else, so
 * that it can stand beside any level of the others: light is said in LIGHTING alone, moves of the camera in CAMERA
 * alone. Nothing here makes a model invent a figure, a rival's name or a customer's praise.
 */

/** By level, the words for it. */
export type Levels = Readonly<Record<string, string>>;

export const STYLE = {
  commercial: 'Present-day commercial with clean compositions, true skin and materials, a restrained grade.',
  documentary: 'Observational documentary in natural colour, nothing tidied up for the lens.',
  phone: 'Phone footage with deep focus and automatic exposure, ungraded.',
  film: '16 mm film with visible grain, soft highlights and muted colour.',
  editorial: 'A magazine photograph that moves, in two colours with a great deal of empty space.',
  monochrome: 'Black and white with deep blacks, one clear highlight and fine grain.',
  vintage: 'A television advertisement of the 1970s on faded warm stock, everything centred.',
} as const satisfies Levels;

export const TONE = {
  warm: 'Warm and unhurried; small smiles, nobody performs.',
  urgent: 'Urgent; quick hands, no pauses, everyone has somewhere to be.',
  playful: 'Playful; one small visual joke, played straight.',
  confident: 'Calm and certain; still faces, no selling.',
  deadpan: 'Deadpan; whatever happens is taken seriously, nobody smiles.',
  tender: 'Tender; held looks, slow hands, a breath before each action.',
} as const satisfies Levels;

/** For what has no face in it. */
export const OBJECT_TONE = {
  confident: 'Calm and certain; exact movements, nothing in frame that is not needed.',
  warm: 'Warm; things look used and cared for, and move gently.',
  playful: 'Playful; one object behaves as if it had a mind of its own.',
  urgent: 'Urgent; each thing arrives a moment before it is expected.',
} as const satisfies Levels;

export const PACING = {
  steady: 'One idea to a shot; cuts fall on movement.',
  fast: 'Quick cuts, a new angle every second.',
  slow: 'One continuous take, no cuts.',
  accelerating: 'The first shot is held; each one after it is shorter.',
} as const satisfies Levels;

export const CAMERA = {
  locked: 'Locked-off tripod at eye level, 50 mm; the frame never moves.',
  handheld: "Handheld, 35 mm, an arm's length away; the frame breathes and refocuses.",
  push_in: 'One slow dolly push, 35 mm, from a medium shot to a close-up.',
  orbit: 'A slow quarter-circle around the product at its own height, 85 mm, shallow focus.',
  overhead: 'Straight down from above, 35 mm; the whole table top is in frame.',
  macro: "Macro lens a hand's breadth away; focus travels across the surface.",
  tracking: 'A gimbal follows two steps behind at waist height, 28 mm.',
  selfie: "Front camera at arm's length, wide lens, face in the upper third.",
  low: 'Low angle from table height, 24 mm, verticals kept straight.',
} as const satisfies Levels;

export const LIGHTING = {
  studio: 'A large soft key from the upper left, a white card opposite; the background falls off to grey.',
  daylight: 'Soft daylight from one side; the far side is left in its own shadow.',
  golden_hour: 'Low sun from behind, with long shadows and a warm rim on every edge.',
  overcast: 'The even light of a grey day, without hard shadows, true to colour.',
  practical: 'Evening, lit only by the lamps that stand in frame; warm pools, dark corners.',
  neon: 'Night, lit by one magenta tube and one cyan, black between them.',
  candle: "Two candles in frame; beyond an arm's reach it is dark.",
  spot: 'One hard spotlight from above, a sharp shadow, the rest black.',
} as const satisfies Levels;

export const SETTING = {
  home: 'A lived-in living room with a worn sofa, books, a half-finished cup.',
  kitchen: 'A small kitchen in use, with a wooden board, a drying rack, crumbs on the counter.',
  hallway: 'A narrow hallway with coats on hooks, shoes in a row, keys in a bowl.',
  office: 'A shared office with two desks pushed together, cables, a plant that needs water.',
  street: 'A city pavement with shop fronts, parked bicycles, people passing behind.',
  cafe: 'A corner table in a café, with a saucer, a folded newspaper, chairs pushed back.',
  train: 'A commuter train with a seat by the aisle, a folding table, coats swaying.',
  nature: 'A path at the edge of a wood, with long grass, a wooden fence, hills far off.',
  garden: 'A small back garden with a table with peeling paint, pots, washing on a line.',
  workshop: 'A workshop with a scarred bench, tools on hooks, shavings on the floor.',
  shop: 'A small shop before it opens, with full shelves, a counter, a bell on the door.',
  studio: 'A bare studio, one colour from floor to wall and nothing else.',
  tabletop: 'A plain oak table with a wall in one quiet colour behind it.',
} as const satisfies Levels;

export const SUBJECT = {
  product: 'Framed on the product; hands enter only to use it.',
  hands: 'Framed on hands and the product; faces stay out of frame.',
  person: 'Framed on one person, the product never out of their reach.',
  pair: 'Framed on two people with the product between them.',
} as const satisfies Levels;

export const PERSONA = {
  peer: 'On screen: a customer in their thirties, own clothes, no make-up.',
  expert: 'On screen: a specialist in their fifties, work clothes, hands that know the job.',
  newcomer: 'On screen: someone who has never held one, curious and a little clumsy.',
  sceptic: 'On screen: someone with folded arms who expects to be let down.',
  elder: 'On screen: a customer in their sixties, unhurried, glasses pushed up.',
  student: 'On screen: a customer of about twenty, headphones round the neck, in a hurry.',
} as const satisfies Levels;

export const PROOF = {
  demonstration: 'It is used once from start to finish, with nothing hidden.',
  measured: 'A plain stopwatch in frame is started and stopped by a thumb.',
  scrutiny: 'It is turned over, searched for the catch, and set down again with a nod.',
  detail: 'Everything waits on the one part that makes the difference.',
  crowd: 'One person after another repeats the same gesture with it.',
} as const satisfies Levels;

/** `{offer}` is where the brief's own words go. */
export const OFFER = {
  caption: 'Small lettering under the product gives the offer: {offer}.',
  card: 'A plain card fills the frame with the offer: {offer}.',
  tag: 'A paper tag tied to the product gives the offer: {offer}.',
  handwritten: 'A hand writes the offer on a slip of paper: {offer}.',
} as const satisfies Levels;

export const CALL_TO_ACTION = {
  learn_more: 'The last words on screen: "Learn more".',
  order_now: 'The last words on screen: "Order now".',
  try_it: 'The last words on screen: "Try it yourself".',
  see_it: 'The last words on screen: "See it up close".',
  silent: 'No words after that; the product holds the last frame.',
} as const satisfies Levels;

export const AUDIO = {
  natural: 'Only the sounds of what is seen, recorded close; no music.',
  music: 'A sparse track of bass and hand percussion from the first frame to the last.',
  voice: 'The line is spoken as a voice-over, close to the microphone; the place is soft beneath it.',
  beat: 'One percussion hit on every change of shot, near silence between.',
  hush: 'Near silence; the first full sound comes with the product.',
} as const satisfies Levels;

/** Beneath a voice-over. */
export const VOICE_AUDIO = {
  natural: 'Beneath the voice only the sounds of what is seen, recorded close; no music.',
  music: 'Beneath the voice a sparse track of bass and hand percussion, first frame to last.',
  hush: 'The voice stands in near silence; one full sound, when the product comes.',
} as const satisfies Levels;

/** For people who speak on screen. */
export const SPEECH_AUDIO = {
  natural: 'The voice as the room gives it, with the small sounds of hands and things; no music.',
  music: 'The voice in front; a soft, sparse track of bass and hand percussion beneath it.',
  close: 'The voice close to the microphone, breath included; the room is almost silent.',
} as const satisfies Levels;

const HOOK = {
  scene: 'Opens in the middle of the action, without an introduction.',
  question: 'Large plain lettering fills the frame: "Still doing it the old way?"',
  bold_claim: 'Large plain lettering fills the frame: "It can be this simple."',
  confession: 'Someone leans in to the lens, glances aside, and begins as if admitting something.',
  problem: 'Opens on the problem at its worst.',
} as const satisfies Levels;

const ANGLE = {
  ease: 'One thing less to think about.',
  time: 'And on with the day.',
  craft: 'Somebody took their time over this.',
  belonging: 'So that is what everyone meant.',
} as const satisfies Levels;

/** What a template has no words of its own for. A length is a number of seconds, and has no words. */
export const SHARED: Readonly<Record<Factor, Levels>> = {
  hook: HOOK,
  angle: ANGLE,
  persona: PERSONA,
  proof: PROOF,
  offer: OFFER,
  call_to_action: CALL_TO_ACTION,
  tone: TONE,
  pacing: PACING,
  length: {},
  camera: CAMERA,
  lighting: LIGHTING,
  setting: SETTING,
  subject: SUBJECT,
  style: STYLE,
  audio: { ...AUDIO, close: SPEECH_AUDIO.close },
};

/** These levels of a factor, in this order. */
export function pick<L extends Levels, K extends keyof L & string>(
  levels: L,
  ...names: readonly K[]
): Levels {
  return Object.fromEntries(names.map((name) => [name, levels[name] ?? '']));
}
