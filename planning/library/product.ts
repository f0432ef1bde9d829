import {
  AUDIO,
  CALL_TO_ACTION,
  CAMERA,
  LIGHTING,
  OBJECT_TONE,
  OFFER,
  PACING,
  PERSONA,
  pick,
  SETTING,
  STYLE,
  SUBJECT,
  TONE,
  VOICE_AUDIO,
} from './shared.ts';
import type { TemplateWords } from './template-words.ts';

/** Templates that the product carries: seen, opened, handled, used. */
export const PRODUCT = {
  PRODUCT_REVEAL: {
    story:
      'Fragments first, an edge, a seam, a curve; then the view clears and the whole product stands there.',
    further: 'A hand comes in, rests on it, and turns it a few degrees towards us.',
    levels: {
      hook: {
        scene: 'Opens so close on one edge of the product that it could be a landscape.',
        question: 'Lettering on an empty frame: "What is it?" It clears to a single edge.',
        bold_claim: 'Lettering on an empty frame: "Look closely." It clears to a single edge.',
        cover: 'A heavy cloth slides off and stops just short of showing everything.',
      },
      angle: {
        arrival: 'It was worth the wait.',
        restraint: 'Nothing on it that it does not need.',
        desire: 'You will make room for it.',
      },
      proof: {
        detail: 'One seam is held until the fit is plain.',
        demonstration: 'It does its one job once, in full.',
        scrutiny: 'A thumb runs along every edge and finds nothing to catch on.',
      },
      offer: pick(OFFER, 'caption', 'card', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'see_it', 'order_now', 'learn_more', 'silent'),
      tone: OBJECT_TONE,
      pacing: {
        steady: 'Three fragments, each held for a beat, then the whole.',
        fast: 'Fragments in quick cuts, then one held frame of the whole.',
        slow: 'One continuous move from fragment to whole, no cuts.',
      },
      camera: {
        pull_back: 'Starts in macro and pulls straight back on a slider until the whole product fits.',
        orbit: 'Starts in macro, then a slow quarter-circle around the product at its own height, 85 mm.',
        locked: 'Locked-off close-ups, then a locked-off wide, 85 mm; only the product turns.',
        low: 'Low from table height, 24 mm, rising until the product stands above us.',
      },
      lighting: {
        studio: LIGHTING.studio,
        golden_hour: 'A low warm beam from behind, as of late sun: long shadows and a rim on every edge.',
        neon: LIGHTING.neon,
        spot: LIGHTING.spot,
      },
      setting: pick(SETTING, 'studio', 'tabletop', 'kitchen', 'workshop'),
      subject: {
        product: 'Framed on the product alone, until a single hand comes in.',
        hands: 'Framed on two hands that hold the product throughout and uncover it; no face.',
      },
      style: pick(STYLE, 'commercial', 'editorial', 'film', 'monochrome'),
      audio: pick(AUDIO, 'hush', 'natural', 'music', 'beat'),
    },
    contradicts: { camera: ['selfie', 'tracking', 'macro', 'overhead'], style: ['phone'] },
  },

  UNBOXING: {
    story:
      'A blade goes through the tape, layers are lifted out one by one, and the product comes up into the hands.',
    further: 'It is set down where it will live, and the empty box is pushed out of frame.',
    levels: {
      hook: {
        scene: 'A parcel is put down on the table, and the hands do not wait.',
        question: 'Lettering on the closed box: "Guess." A blade goes in through the last letter.',
        bold_claim: 'The lid comes off at once, and the hands stop still above what is inside.',
        problem: 'A pile of torn filler and plastic is swept off the table to make room for one small box.',
      },
      angle: {
        arrival: 'The good part of the day.',
        care: 'Somebody packed this slowly.',
        ease: 'Out of the box, and working.',
      },
      persona: {
        peer: "On screen: one pair of hands, short nails, a watch strap, a jumper's cuff.",
        elder: 'On screen: one pair of older hands, a plain ring, in no hurry.',
        student: 'On screen: one pair of young hands, chipped nail varnish, impatient.',
      },
      proof: {
        first_use: 'The first use follows straight away, and it works.',
        detail: 'A finger presses along the place where two parts meet; no gap opens.',
        contents: 'Everything that came out is laid in a row and straightened.',
      },
      offer: {
        tag: OFFER.tag,
        note: 'A printed note at the bottom of the box gives the offer: {offer}.',
        caption: OFFER.caption,
      },
      call_to_action: pick(CALL_TO_ACTION, 'order_now', 'see_it', 'learn_more'),
      tone: pick(OBJECT_TONE, 'warm', 'confident', 'playful'),
      pacing: {
        slow: 'One continuous take; each layer gets its own moment.',
        steady: 'One layer to a shot; cuts fall as something is lifted.',
        fast: 'Quick cuts, a layer each, and one held shot of the product.',
      },
      camera: pick(CAMERA, 'overhead', 'handheld', 'macro'),
      lighting: pick(LIGHTING, 'daylight', 'studio', 'practical'),
      setting: pick(SETTING, 'tabletop', 'kitchen', 'home', 'office'),
      subject: {
        hands: SUBJECT.hands,
        product: 'Framed on the product and its box; fingertips come in only as far as they must.',
      },
      style: pick(STYLE, 'commercial', 'phone', 'editorial'),
      audio: {
        natural: 'Tape, card, paper, a soft click, recorded very close; no music.',
        music: AUDIO.music,
        percussion: 'Each thing that is lifted out falls on a percussion hit; near silence between.',
      },
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'orbit', 'low'],
      setting: ['street', 'nature', 'train'],
      subject: ['person', 'pair'],
    },
  },

  HOW_TO: {
    speaker: 'Voice-over',
    story:
      'Step one, step two, step three: each is one plain action with the product, and its result stays in view.',
    further: 'The finished result is turned towards us, with the product resting beside it.',
    levels: {
      hook: {
        scene: 'Opens on the finished result; a hand takes it away and the table is empty again.',
        question: 'Lettering on the empty table: "Three steps?" The hands come in.',
        bold_claim: 'Three fingers are held up over the table, then two, then one.',
        problem: 'A first attempt without the product has clearly gone wrong; it is slid out of frame.',
      },
      angle: {
        ease: 'Three steps. You already know two.',
        time: 'Short enough to remember.',
        confidence: 'You only need to be shown once.',
      },
      persona: {
        peer: 'On screen: a customer from the chin down, sleeves pushed up.',
        expert: 'On screen: practised hands, an apron, not one movement too many.',
        newcomer: 'On screen: a beginner from the chin down, who hesitates once and gets it right.',
      },
      proof: {
        result: 'What it was and what it is now lie side by side for a moment.',
        measured: 'A plain stopwatch at the edge of the table is started and stopped by a thumb.',
        repetition: 'The three steps are done a second time, at once, without a glance.',
      },
      offer: pick(OFFER, 'caption', 'card', 'handwritten'),
      call_to_action: pick(CALL_TO_ACTION, 'try_it', 'learn_more', 'order_now'),
      tone: pick(OBJECT_TONE, 'confident', 'warm', 'playful'),
      pacing: {
        steady: 'One step to a shot; cuts fall as a hand leaves the frame.',
        fast: 'Quick cuts, each step begun where the last one ends.',
        slow: 'One continuous take; the three steps follow without a cut.',
      },
      camera: pick(CAMERA, 'overhead', 'locked', 'handheld'),
      lighting: pick(LIGHTING, 'daylight', 'studio', 'overcast'),
      setting: pick(SETTING, 'tabletop', 'kitchen', 'workshop', 'office'),
      subject: {
        hands: SUBJECT.hands,
        product: 'Framed on the product, always in the middle; hands come to it from both sides.',
      },
      style: pick(STYLE, 'commercial', 'editorial', 'phone'),
      audio: pick(VOICE_AUDIO, 'natural', 'music', 'hush'),
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'orbit'],
      lighting: ['candle', 'neon', 'spot'],
      setting: ['street', 'train'],
    },
  },

  FEATURE_SPOTLIGHT: {
    speaker: 'Voice-over',
    story: 'The one part that matters fills the frame, is worked once slowly, and once at full speed.',
    further: 'Then the product is seen whole, so that we know where that part sits.',
    levels: {
      hook: {
        bold_claim: 'Everything but one part of the product is out of focus; that part moves.',
        question: 'Lettering beside a closed part of the product: "Why is it shaped like this?"',
        scene: 'A finger is already on the part, about to press, and waits.',
        problem: 'An ordinary one jams in the hand at the worst moment, and is put aside.',
      },
      angle: {
        part: 'One part. Watch it.',
        craft: 'This is the bit they argued about.',
        ease: "You'll notice it the first day, then never again.",
      },
      persona: {
        peer: 'On screen: an ordinary hand, a watch strap, no polish.',
        expert: 'On screen: a hand that knows the part, short nails, no hesitation.',
        newcomer: 'On screen: a hand that tries the part for the first time, and tries it again.',
      },
      proof: {
        demonstration: 'The part is worked three times in a row and does exactly the same each time.',
        measured: 'A plain stopwatch in the soft background stops as the part stops.',
        scrutiny: 'A coin is laid on the edge of the part; it stays where it is while the part works.',
      },
      offer: pick(OFFER, 'caption', 'card', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'see_it', 'learn_more', 'order_now'),
      tone: pick(OBJECT_TONE, 'confident', 'playful', 'urgent', 'warm'),
      pacing: {
        steady: 'The slow turn in one shot, the fast one in the next.',
        slow: 'One continuous take that lets the part come to rest.',
        accelerating: PACING.accelerating,
      },
      camera: {
        macro: CAMERA.macro,
        orbit: 'A slow quarter-circle around the part itself, 85 mm, shallow focus.',
        locked: 'Locked-off tripod, 100 mm, the part in the middle of the frame; only it moves.',
      },
      lighting: pick(LIGHTING, 'studio', 'daylight', 'spot', 'neon'),
      setting: pick(SETTING, 'studio', 'tabletop', 'workshop'),
      subject: {
        product: 'Framed on the one part; a fingertip comes in only to work it.',
        hands: SUBJECT.hands,
      },
      style: pick(STYLE, 'commercial', 'editorial', 'monochrome'),
      audio: pick(VOICE_AUDIO, 'natural', 'hush', 'music'),
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'overhead'],
      subject: ['person', 'pair'],
      setting: ['street', 'train'],
    },
  },

  SENSORY_CLOSEUP: {
    story: 'The surface, then the movement, then the sound, as a hand sets the product going, very slowly.',
    further: 'It comes to rest, and for the first time the whole of it is in frame.',
    levels: {
      hook: {
        scene: 'Opens on a texture that could be anything, until something moves across it.',
        question: 'Two words in small lettering on black: "Hear that?" Then the texture.',
        touch: 'A fingertip comes down on the surface and stops, a hair above it.',
        sound: 'Black; one sound of the product, then the picture it belongs to.',
      },
      angle: {
        touch: 'You can almost feel it.',
        quiet: 'Nothing else for a moment.',
        craft: 'Made by people who listen.',
      },
      proof: {
        detail: 'One grain, drop or thread is followed all the way.',
        demonstration: 'The slow action is seen once to its very end.',
        repetition: 'The same small movement comes three times, and each is as clean as the first.',
      },
      offer: pick(OFFER, 'caption', 'card'),
      call_to_action: pick(CALL_TO_ACTION, 'silent', 'see_it', 'order_now'),
      tone: pick(OBJECT_TONE, 'warm', 'confident', 'playful'),
      pacing: {
        slow: 'One continuous take in slow motion, no cuts.',
        steady: 'Three textures, each held until it has ended.',
        accelerating: PACING.accelerating,
      },
      camera: {
        macro: 'Macro lens, focus travelling across the surface, then straight back to a wide.',
        orbit: 'A slow quarter-circle, 100 mm, so close that the edge of the product is the horizon.',
        overhead: 'Straight down, 100 mm, close enough that the table is out of frame until the end.',
      },
      lighting: {
        studio: 'A hard strip from behind that rakes across the surface; everything else falls to black.',
        golden_hour: LIGHTING.golden_hour,
        candle: LIGHTING.candle,
        daylight: LIGHTING.daylight,
      },
      setting: {
        cloth: 'A dark linen cloth under the product, nothing behind it.',
        ...pick(SETTING, 'tabletop', 'kitchen'),
      },
      subject: {
        product: 'Framed on the material alone.',
        hands: 'Framed on the material and one fingertip, and nothing else.',
      },
      style: pick(STYLE, 'editorial', 'commercial', 'film', 'monochrome'),
      audio: {
        natural: 'One sound at a time, recorded so close that it is larger than life; no music.',
        music: 'A single sustained string note under close, dry sounds.',
        hush: 'Near silence, with one sound left in full.',
      },
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'handheld', 'push_in', 'low', 'locked'],
      subject: ['person', 'pair'],
      setting: ['street', 'office', 'train', 'shop'],
      style: ['phone'],
    },
  },

  APP_WALKTHROUGH: {
    speaker: 'Voice-over',
    story: 'Three taps in the product; after each, its result happens at once in the room around the phone.',
    further:
      'The phone is laid face up on the table, the last screen still lit, and they get on with the day.',
    levels: {
      hook: {
        problem: 'A thumb scrolls through a mess of tabs and notes, gives up, and opens the product.',
        question: 'Lettering over a locked phone: "How long should this take?" A thumb unlocks it.',
        bold_claim: 'A thumb hovers over one button, presses, and the room changes.',
        scene: 'The phone is already open in the hand, mid-task, walking through a door.',
      },
      angle: {
        ease: 'Three taps, and put it away.',
        time: 'And on with the day.',
        control: 'Everything where you left it.',
      },
      persona: {
        ...pick(PERSONA, 'peer', 'student', 'elder'),
        newcomer: 'On screen: someone who opens it for the first time, curious and a little clumsy.',
      },
      proof: {
        demonstration: 'The three taps are seen in full, no screen skipped.',
        measured: 'The clock at the top of the screen has not moved on by the last tap.',
        scrutiny: 'They undo the last tap and do it again; the room follows both times.',
      },
      offer: pick(OFFER, 'card', 'caption'),
      call_to_action: pick(CALL_TO_ACTION, 'try_it', 'learn_more', 'see_it'),
      tone: pick(TONE, 'confident', 'playful', 'urgent', 'warm'),
      pacing: {
        fast: 'A tap, a cut, a result, three times.',
        steady: 'Screen and result share each shot; cuts fall on the tap.',
        slow: 'One continuous take, focus moving between screen and room.',
      },
      camera: {
        handheld: 'Over the shoulder, handheld, 35 mm, the screen sharp and readable in the lower half.',
        overhead: 'Straight down on phone and table, 35 mm; the results happen around the edges.',
        locked: 'Locked-off, 50 mm, the phone propped upright in the foreground, the room behind it.',
      },
      lighting: pick(LIGHTING, 'daylight', 'practical', 'overcast'),
      setting: pick(SETTING, 'home', 'train', 'cafe', 'office'),
      subject: {
        hands: 'Framed on a phone and a thumb, the room behind them.',
        person:
          'Framed on one person and their phone, close enough to see the face change with the last tap.',
      },
      style: pick(STYLE, 'commercial', 'documentary', 'phone'),
      audio: pick(VOICE_AUDIO, 'natural', 'music', 'hush'),
    },
    contradicts: {
      camera: ['macro', 'orbit', 'low', 'selfie'],
      style: ['vintage', 'monochrome', 'film'],
      setting: ['studio', 'tabletop'],
      offer: ['tag'],
    },
  },
} as const satisfies Readonly<Record<string, TemplateWords>>;
