import {
  AUDIO,
  CALL_TO_ACTION,
  CAMERA,
  LIGHTING,
  OFFER,
  PACING,
  PERSONA,
  pick,
  SETTING,
  SPEECH_AUDIO,
  STYLE,
  TONE,
} from './shared.ts';
import type { TemplateWords } from './template-words.ts';

/** Templates that one person carries, by what they say or do. */
export const PEOPLE = {
  FOUNDER_STORY: {
    speaker: 'The founder, to the lens',
    story: 'The founder sets down a rough first version and, beside it, the finished product.',
    further: 'They turn the rough one round to where it failed, and push it out of frame.',
    levels: {
      hook: {
        scene: 'The founder is bent over the work and looks up, as if we had just walked in.',
        confession: 'The founder leans in to the lens, glances aside, and begins as if admitting something.',
        question:
          'Handwritten lettering fills the frame: "Why would anyone make this?" The founder steps in front of it.',
        problem: "An early version comes apart in the founder's hands; they look up at the lens.",
      },
      angle: {
        need: 'I made the first one because I needed it.',
        craft: "I'd rather make fewer and get them right.",
        stubborn: "Everyone told me to leave it. I couldn't.",
      },
      persona: {
        maker: 'On screen: the founder, in their forties, work apron, sleeves pushed up.',
        beginner:
          'On screen: the founder, in their twenties, a borrowed desk, a jumper with a hole at the elbow.',
        veteran: 'On screen: the founder, in their sixties, glasses on a cord, slow sure hands.',
      },
      proof: {
        versions: 'Three earlier versions stand in a row behind it, each a little closer.',
        demonstration: 'The founder uses the finished one once, from start to finish.',
        detail: 'The founder lays a finger on the one part that took longest.',
      },
      offer: pick(OFFER, 'caption', 'handwritten', 'card'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'try_it', 'order_now'),
      tone: pick(TONE, 'warm', 'confident', 'deadpan', 'urgent', 'playful'),
      pacing: {
        steady: PACING.steady,
        slow: 'One continuous take; the founder is never cut away from.',
        fast: 'Jump cuts in a single set-up; every breath is taken out.',
      },
      camera: pick(CAMERA, 'handheld', 'locked', 'push_in'),
      lighting: pick(LIGHTING, 'daylight', 'practical', 'golden_hour'),
      setting: pick(SETTING, 'workshop', 'kitchen', 'office', 'street'),
      subject: {
        person: 'Framed on the founder from the waist up, the product within reach.',
        hands: "Framed on the founder's hands; the face comes only when they speak.",
      },
      style: pick(STYLE, 'documentary', 'film', 'phone'),
      audio: SPEECH_AUDIO,
    },
    contradicts: { setting: ['studio'], camera: ['macro', 'overhead', 'orbit'] },
  },

  CUSTOMER_TESTIMONIAL: {
    speaker: 'The customer, just off the lens',
    story:
      'The customer stops in the middle of the sentence, looks at the product, and starts again more simply.',
    further: 'A glimpse of the moment they mean: the product in their hands, on an ordinary day.',
    levels: {
      hook: {
        scene: 'The customer is caught before the first word, settling on the chair.',
        confession: 'The customer laughs, shakes their head, and admits it.',
        question: 'Small lettering under an empty chair: "Would you buy it again?" The customer sits down.',
        problem: 'The customer holds up the thing they used before, and lets it drop.',
      },
      angle: {
        doubt: "Honestly, I didn't think I'd keep it.",
        habit: 'I reach for it without thinking now.',
        sharing: "I've stopped lending it to my sister.",
      },
      persona: {
        ...pick(PERSONA, 'peer', 'elder', 'student'),
        sceptic: 'On screen: a customer who says no to most things, arms still folded.',
      },
      proof: {
        use: 'The customer does the thing they talk about, once, without looking up.',
        detail: 'A thumb finds the part they like best and stays on it.',
        scrutiny: 'They turn it over once more, as on the first day, and put it down.',
      },
      offer: pick(OFFER, 'caption', 'card', 'handwritten'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'try_it', 'order_now'),
      tone: pick(TONE, 'warm', 'playful', 'confident', 'deadpan'),
      pacing: {
        steady: 'One set-up for the words, one for the moment they describe.',
        slow: 'One continuous take; the pause before the answer stays in.',
        fast: 'Jump cuts within the answer; only the strongest words are left.',
      },
      camera: pick(CAMERA, 'locked', 'handheld', 'push_in'),
      lighting: pick(LIGHTING, 'daylight', 'overcast', 'practical'),
      setting: pick(SETTING, 'home', 'street', 'office', 'garden'),
      subject: {
        person: 'Framed on the customer, head and shoulders, a little off centre.',
        pair: 'Framed on the customer and a friend beside them, who listens and nods once.',
      },
      style: pick(STYLE, 'documentary', 'film', 'commercial'),
      audio: SPEECH_AUDIO,
    },
    contradicts: { setting: ['studio'], camera: ['macro', 'overhead', 'orbit', 'selfie'], tone: ['urgent'] },
  },

  USER_GENERATED: {
    speaker: 'The customer, into their own phone',
    story: 'They tear off the last of the wrapping with one hand and use the product at once.',
    further: 'They hold the result up to the lens, too close, then pull it back.',
    levels: {
      hook: {
        confession: 'They whisper to the lens first, checking that nobody else is in the room.',
        question: 'Typed lettering over their raised eyebrow: "Am I the last to find this?"',
        bold_claim:
          'They hold the product right up to the lens, until it covers everything, then take it away.',
        problem: 'They show what they have been putting up with, and pull a face.',
      },
      angle: {
        surprise: 'Okay, I did not expect that.',
        telling: "I'm only telling you because I like you.",
        ease: 'That was it. That was the whole thing.',
      },
      persona: pick(PERSONA, 'peer', 'student', 'newcomer', 'elder'),
      proof: {
        demonstration: 'They use it again, start to finish, without looking at the lens.',
        friend: 'They hand it to someone out of frame; we hear a short, pleased sound.',
        detail: 'A fingernail taps the part that matters, twice.',
      },
      offer: {
        sticker: 'A typed label over the picture gives the offer: {offer}.',
        handwritten: 'They hold a slip of paper up to the lens with the offer on it: {offer}.',
        caption: OFFER.caption,
      },
      call_to_action: pick(CALL_TO_ACTION, 'try_it', 'order_now', 'learn_more'),
      tone: pick(TONE, 'playful', 'warm', 'deadpan', 'urgent'),
      pacing: {
        fast: 'Jump cuts at every breath, as if trimmed on the phone.',
        slow: 'One take, mistakes left in.',
        steady: 'Two takes, joined where a hand covers the lens.',
      },
      camera: {
        selfie: CAMERA.selfie,
        handheld: 'The phone in one hand, pointing away from them; slight shake, sudden reframing.',
        propped: 'The phone leans on something at table height; the head is cut off once, then fixed.',
      },
      lighting: pick(LIGHTING, 'daylight', 'practical', 'overcast'),
      setting: pick(SETTING, 'home', 'kitchen', 'hallway', 'street'),
      subject: {
        person: 'Framed on one person and their own new thing, the parcel still in view.',
        pair: 'Framed on two friends cheek to cheek, one of them holding the phone, the product between them.',
      },
      style: pick(STYLE, 'phone', 'documentary'),
      audio: {
        natural: "The phone's own microphone: the voice, the paper, a door somewhere; no music.",
        music: "The phone's own microphone, with a light drum loop laid under it afterwards.",
        close: 'Half whispered into the phone, every rustle loud.',
      },
    },
    contradicts: {
      style: ['commercial', 'editorial', 'film', 'vintage', 'monochrome'],
      camera: ['orbit', 'macro', 'push_in', 'tracking', 'locked', 'overhead', 'low'],
      lighting: ['studio', 'spot', 'candle', 'neon'],
      setting: ['studio', 'tabletop', 'shop'],
    },
  },

  EXPERT_EXPLAINS: {
    speaker: 'The expert, to the lens',
    story: 'The expert turns the product over and lays a fingertip on the part that matters.',
    further: 'They put it back together without looking down.',
    levels: {
      hook: {
        scene: 'The expert is in the middle of a job and answers without stopping.',
        question: 'Chalk lettering across the frame: "What is it actually doing?" The expert wipes it away.',
        bold_claim: 'The expert sets an ordinary one aside without a word and pulls the product closer.',
        problem: 'The expert holds up a worn-out part between two fingers and shows where it gave way.',
      },
      angle: {
        part: 'Most of it is good. This part is why.',
        trade: "I've seen enough of these to be picky.",
        simple: "There's no trick. It's just done properly.",
      },
      persona: {
        expert: PERSONA.expert,
        teacher: 'On screen: a patient teacher of the trade, in their forties, chalk on one sleeve.',
        apprentice:
          'On screen: a young specialist, in their twenties, sleeves rolled, a pencil behind the ear.',
      },
      proof: {
        demonstration: 'It is put to work once while the expert keeps both hands behind their back.',
        detail: 'The part alone, as large as the frame, doing what it does.',
        scrutiny: 'The expert tries to make it fail, twice, and shrugs.',
      },
      offer: pick(OFFER, 'caption', 'card', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'see_it', 'order_now'),
      tone: pick(TONE, 'confident', 'warm', 'deadpan', 'playful'),
      pacing: {
        steady: 'A shot for the face, a shot for the part, a shot for the result.',
        slow: 'One continuous take, from the face down to the part.',
        fast: 'Quick cuts between the face, the hand and the part.',
      },
      camera: pick(CAMERA, 'push_in', 'locked', 'handheld'),
      lighting: {
        practical: 'A single bench lamp in frame, pulled low over the work; the room behind is dim.',
        daylight: LIGHTING.daylight,
        overcast: LIGHTING.overcast,
      },
      setting: pick(SETTING, 'workshop', 'office', 'shop'),
      subject: {
        person: 'Framed on the expert behind the bench, the product in front of them.',
        hands: "Framed on the expert's hands; the face comes only for the line.",
      },
      style: pick(STYLE, 'documentary', 'commercial', 'film'),
      audio: SPEECH_AUDIO,
    },
    contradicts: { camera: ['selfie', 'overhead', 'orbit'], style: ['phone'], setting: ['train', 'nature'] },
  },

  DAY_IN_THE_LIFE: {
    story:
      'Morning: the product is reached for half asleep. Midday: the same reach, in the middle of something.',
    further: 'Evening: they reach for it once more, and this time look at it before they use it.',
    levels: {
      hook: {
        scene: 'A phone alarm buzzes on a bedside table; a hand misses it and finds the product.',
        question: 'Lettering over an unmade bed: "How many times a day?"',
        problem: 'Everything of the morning goes slightly wrong at once: a spilled cup, a lost shoe.',
        bold_claim: 'A clock on the wall; the product is set down under it like a full stop.',
      },
      angle: {
        ease: 'The part of the day that takes care of itself.',
        habit: 'Three times a day, without a thought.',
        time: 'Small things. All day long.',
      },
      persona: {
        ...pick(PERSONA, 'peer', 'student', 'elder'),
        parent: 'On screen: a parent of small children, one hand always busy.',
      },
      proof: {
        repetition: 'The three reaches are framed exactly alike, so that only the day changes.',
        demonstration: 'At midday it is used once from start to finish.',
        contrast: 'Around it things get worse through the day; the product does the same each time.',
      },
      offer: pick(OFFER, 'caption', 'card', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'try_it', 'order_now'),
      tone: pick(TONE, 'warm', 'playful', 'deadpan', 'confident'),
      pacing: {
        fast: 'Quick cuts, a new hour with each.',
        steady: 'One held shot for each part of the day.',
        slow: 'Long dissolves from one part of the day into the next.',
      },
      camera: pick(CAMERA, 'handheld', 'locked', 'tracking'),
      lighting: {
        daylight: 'The light tells the hour, blue and low, then high and white, then lamps.',
        golden_hour: 'Morning and evening both come in low and warm from the side, with plain light between.',
        overcast: 'A grey day throughout; the light hardly changes, only the clock does.',
      },
      setting: {
        home: 'One small flat, bedroom, kitchen, hallway, all lived in.',
        office: 'A flat, a shared office, and the flat again; the same bag in each.',
        street: 'A doorway, a pavement, a bus stop, and the doorway again.',
      },
      subject: {
        person: 'Framed on one person from waking to sleep, in the same clothes all day.',
        hands: "Framed on one person's hands, with a ring that tells us they are the same.",
      },
      style: pick(STYLE, 'film', 'documentary', 'phone', 'commercial'),
      audio: pick(AUDIO, 'music', 'natural', 'hush', 'beat'),
    },
    contradicts: {
      setting: ['studio', 'tabletop', 'workshop'],
      lighting: ['studio', 'candle', 'neon', 'spot'],
      camera: ['macro', 'orbit', 'overhead'],
    },
  },
} as const satisfies Readonly<Record<string, TemplateWords>>;
