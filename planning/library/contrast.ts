import {
  AUDIO,
  CALL_TO_ACTION,
  CAMERA,
  LIGHTING,
  OFFER,
  PERSONA,
  pick,
  SETTING,
  STYLE,
  TONE,
  VOICE_AUDIO,
} from './shared.ts';
import type { TemplateWords } from './template-words.ts';

/** Templates that argue: without and with, then and now, said and shown. */
export const CONTRAST = {
  PROBLEM_SOLUTION: {
    story: 'The annoyance happens once more; the product comes into the same frame, and it is gone.',
    further: 'Their shoulders drop; they look round for something better to do with the time.',
    levels: {
      hook: {
        problem: 'The annoyance at its worst: both hands full, something slipping, one long breath out.',
        question: 'Lettering over hands that have stopped trying: "Again?"',
        bold_claim: 'Lettering, the only thing in frame: "Last time." Then the annoyance.',
        scene: 'They are already in the middle of it, and it is clearly not the first time today.',
      },
      angle: {
        ease: 'That can just stop.',
        shared: 'Everybody has this. Nobody says so.',
        time: 'One thing less, every day.',
      },
      persona: pick(PERSONA, 'peer', 'sceptic', 'elder', 'student'),
      proof: {
        demonstration: 'The product is used once from start to finish, with nothing hidden.',
        same_frame: 'All of it stays in one frame, from one side, with the same hands.',
        repetition: 'They try to bring the annoyance back, on purpose, and cannot.',
      },
      offer: pick(OFFER, 'caption', 'card', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'order_now', 'learn_more', 'try_it'),
      tone: pick(TONE, 'playful', 'deadpan', 'warm', 'urgent'),
      pacing: {
        fast: 'Quick, crowded cuts for the annoyance; one long shot once the product is there.',
        steady: 'One shot for the annoyance, one for the turn, one for afterwards.',
        slow: 'One continuous take through the annoyance and out of it.',
      },
      camera: pick(CAMERA, 'handheld', 'locked', 'push_in'),
      lighting: pick(LIGHTING, 'daylight', 'overcast', 'practical'),
      setting: pick(SETTING, 'home', 'kitchen', 'hallway', 'office'),
      subject: {
        person: 'Framed on one person and one annoyance; the product comes in late and stays.',
        hands: 'Framed on hands and the annoyance; the face comes only with the relief.',
      },
      style: pick(STYLE, 'commercial', 'documentary', 'vintage'),
      audio: {
        natural: 'The annoyance is the loudest thing; after the product comes, only the room. No music.',
        music: 'A track that trips over itself, and falls into step when the product comes.',
        hush: AUDIO.hush,
      },
    },
    contradicts: {
      camera: ['selfie', 'macro', 'orbit'],
      setting: ['studio', 'tabletop'],
      subject: ['product'],
    },
  },

  BEFORE_AFTER: {
    story: 'One frame without the product; then exactly the same frame with it, changed.',
    further: 'Something small crosses both frames in the same place, so that we see it is the same spot.',
    levels: {
      hook: {
        scene: 'The frame without the product is held a moment longer than is comfortable.',
        question: 'Lettering over the frame without the product: "What is missing?"',
        bold_claim: 'The two frames flash past once, too fast to be sure, then the first one returns.',
        problem: 'The frame without the product, at the hour when it is worst.',
      },
      angle: {
        change: 'Same place. Same day.',
        ease: 'That was all it took.',
        pride: "You'll want people to see it.",
      },
      persona: {
        peer: 'On screen: the same ordinary customer in both frames, same clothes, same spot.',
        elder: 'On screen: the same customer in their sixties in both frames, same chair.',
        pair: 'On screen: the same two people in both frames, in the same places.',
      },
      proof: {
        same_frame: 'A clock, a plant and a cup stand in the same place in both frames.',
        wipe: 'A hand is drawn across the frame, and the change follows its edge.',
        return: 'The first frame comes back for a moment, and then the second again.',
      },
      offer: pick(OFFER, 'caption', 'card', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'see_it', 'order_now', 'learn_more'),
      tone: pick(TONE, 'confident', 'playful', 'warm'),
      pacing: {
        steady: 'Two shots of the same length, one hard cut between them.',
        fast: 'The two frames alternate, a cut every second, and stop on the second.',
        slow: 'One very slow dissolve from the first frame into the second.',
      },
      camera: {
        locked: 'Locked-off tripod at eye level, 50 mm; both frames match to the edge.',
        push_in: 'The same slow dolly push in both frames, 35 mm, matched step for step.',
        overhead: 'Straight down from above, 35 mm; both frames match to the edge.',
      },
      lighting: pick(LIGHTING, 'daylight', 'overcast', 'studio'),
      setting: pick(SETTING, 'home', 'kitchen', 'garden', 'office'),
      subject: {
        place: 'Framed on a place, the same corner twice; the product is the only thing that is new.',
        person: 'Framed on a person, the same pose twice, the product within reach the second time.',
      },
      style: pick(STYLE, 'commercial', 'editorial', 'documentary'),
      audio: {
        natural: 'The same room twice: restless and full of hum, then quiet. No music.',
        music: 'The same four notes twice: out of tune, then in tune.',
        beat: 'One percussion hit on the change, near silence around it.',
      },
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'orbit', 'handheld', 'macro'],
      setting: ['street', 'train', 'nature'],
    },
  },

  COMPARISON: {
    speaker: 'Voice-over',
    story:
      'Split frame, the usual way on the left, the same task with the product on the right; the right side is done first.',
    further:
      'The left side is still busy. The hand on the right reaches across and straightens something there.',
    levels: {
      hook: {
        scene: 'Both halves begin on the same gesture, at the same instant.',
        question: 'Lettering on the line between the halves: "Left or right?"',
        bold_claim: 'The right half is already finished, and waits for the left.',
        problem: 'The left half alone fills the frame, struggling, until it is pushed aside.',
      },
      angle: {
        choice: 'Same job. You choose.',
        ease: 'One of these is how you do it now.',
        time: 'Watch the right side. Then watch it wait.',
      },
      persona: {
        twin: 'On screen: the same customer in both halves, in the same clothes.',
        peer: 'On screen: two ordinary customers, equally able, one to each half.',
        hands: 'On screen: two matching pairs of hands, one to each half.',
      },
      proof: {
        demonstration: 'Both halves are shown whole, from start to finish, neither sped up.',
        measured: 'A plain stopwatch stands in each half; only the right one is stopped.',
        swap: 'The halves change places, and the side with the product is first again.',
      },
      offer: pick(OFFER, 'caption', 'card'),
      call_to_action: pick(CALL_TO_ACTION, 'see_it', 'order_now', 'try_it'),
      tone: pick(TONE, 'playful', 'confident', 'deadpan'),
      pacing: {
        steady: 'Both halves run on without a cut until the right side is done.',
        fast: 'Quick cuts on the left, one unhurried shot on the right.',
        accelerating: 'The left half speeds up in panic; the right half stays as it is.',
      },
      camera: {
        locked: 'Two locked-off frames from the same height, 50 mm, matched to the edge.',
        overhead: 'Two frames straight down from above, 35 mm, matched to the edge.',
        handheld: 'Handheld on the left, restless; locked-off on the right, still.',
      },
      lighting: pick(LIGHTING, 'studio', 'daylight', 'overcast'),
      setting: {
        tabletop: 'Two plain oak tables, alike to the grain, one to each half.',
        kitchen: 'The same small kitchen in both halves, every object in the same place.',
        office: 'The same desk in both halves, every object in the same place.',
      },
      subject: {
        hands: 'Framed on the task, hands and objects, matched left and right.',
        person: 'Framed on a person in each half, in the same pose and the same size.',
      },
      style: pick(STYLE, 'commercial', 'editorial', 'vintage'),
      audio: {
        natural: 'Beneath the voice a clatter from the left and small exact sounds from the right; no music.',
        music: VOICE_AUDIO.music,
        hush: VOICE_AUDIO.hush,
      },
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'orbit', 'macro'],
      setting: ['street', 'train', 'nature'],
      offer: ['tag'],
      subject: ['pair', 'product'],
    },
  },

  SOCIAL_PROOF: {
    story:
      'One person after another, each in a place of their own, makes the same small gesture with the product.',
    further: 'Two who have never met hold the product up at the same instant.',
    levels: {
      hook: {
        scene: 'A gesture with the product is begun by one person and ended by another.',
        question: 'Lettering over the first face: "You too?" They nod.',
        bold_claim: 'A wall of small frames, everyone already doing it; the view closes in on one.',
        problem: 'Someone stands without the product among people who all have it, and looks down.',
      },
      angle: {
        belonging: 'Oh. You have one too.',
        spread: 'Somebody showed somebody.',
        ease: 'Everyone has their own way. It fits.',
      },
      persona: {
        mixed: 'On screen: six people who could not be more unlike each other, own clothes.',
        neighbours: 'On screen: people of one neighbourhood, of all ages, who know each other by sight.',
        colleagues: 'On screen: people of one trade, all in the same work clothes.',
      },
      proof: {
        crowd: 'A grid of small frames shows them all, and goes on beyond the edges of the picture.',
        handover: 'The product is passed from frame to frame, out on one side and in on the other.',
        wear: 'Each one is marked by its owner: a sticker, a ribbon, a dent.',
      },
      offer: pick(OFFER, 'card', 'caption', 'tag'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'try_it', 'order_now'),
      tone: pick(TONE, 'warm', 'playful', 'confident'),
      pacing: {
        fast: 'A new person with every cut, always on the same gesture.',
        steady: 'A held portrait for each person; the gesture comes at its end.',
        accelerating: 'The first person is held; then faces come faster and faster.',
      },
      camera: {
        locked: 'Locked-off portraits at eye level, 50 mm, every face the same size.',
        handheld: "Handheld, 35 mm, an arm's length from each of them.",
        tracking: 'A sideways dolly that seems to run on through every place, 35 mm.',
      },
      lighting: {
        daylight: 'Daylight as each place has it, always from the same side.',
        overcast: LIGHTING.overcast,
        golden_hour: 'The same low sun in every place, always from behind.',
      },
      setting: {
        everywhere: 'A kitchen, a bus stop, a stairwell, a garden: a different place for each person.',
        street: 'One street: a doorway, a shop, a bench, a parked van.',
        homes: 'One house: the same window on each floor, a different room behind it.',
      },
      subject: {
        people: 'Framed on one person at a time, the product at the height of the heart.',
        hands: 'Framed on one pair of hands after another, the same gesture; faces stay out of frame.',
      },
      style: pick(STYLE, 'documentary', 'commercial', 'film'),
      audio: pick(AUDIO, 'music', 'beat', 'natural'),
    },
    contradicts: {
      camera: ['macro', 'orbit', 'overhead', 'selfie'],
      pacing: ['slow'],
      setting: ['studio', 'tabletop'],
      lighting: ['candle', 'neon', 'spot', 'studio'],
      subject: ['product', 'person', 'pair'],
    },
  },

  MYTH_BUSTING: {
    speaker: 'The tester, to the lens',
    story:
      'The tester puts the sentence on the card to the test with the product, looks up, and tears the card in two.',
    further: 'The two halves fall on the table beside the product, and nobody picks them up.',
    levels: {
      hook: {
        bold_claim:
          'A card lettered by hand, "It can\'t be that simple", is held up to the lens, already half torn.',
        question: 'A card is turned over to the lens, lettered by hand: "Is it really that simple?"',
        confession: 'The tester holds up a card, "I\'ve always done it the hard way", lowers it, and shrugs.',
        scene: 'A cloth is pulled off a test that is already set up; a card leans on it: "Too simple?"',
      },
      angle: {
        doubt: 'I believed that too. So I tried it.',
        plain: "Don't take my word. Watch.",
        trade: 'Somebody had to check.',
      },
      persona: {
        peer: 'On screen: a tester in their thirties, own clothes, sleeves rolled.',
        expert: 'On screen: a tester in their fifties, work coat, pencil in the pocket.',
        sceptic: 'On screen: a tester with folded arms, who wants the belief to be true.',
      },
      proof: {
        demonstration: 'The whole test is in one frame, from the card to the result.',
        measured: 'A ruler lies along the test with its marks to the lens, and is read twice.',
        repetition: 'The test is done a second time by another hand, with the same result.',
      },
      offer: pick(OFFER, 'card', 'caption', 'handwritten'),
      call_to_action: pick(CALL_TO_ACTION, 'see_it', 'learn_more', 'try_it'),
      tone: pick(TONE, 'playful', 'confident', 'deadpan'),
      pacing: {
        steady: 'A shot for the card, a shot for the test, a shot for the tear.',
        slow: 'One continuous take, so that nothing can be hidden between shots.',
        fast: 'Quick cuts up to the test; the test itself is held.',
      },
      camera: pick(CAMERA, 'locked', 'handheld', 'push_in'),
      lighting: pick(LIGHTING, 'studio', 'daylight', 'practical'),
      setting: pick(SETTING, 'workshop', 'kitchen', 'studio'),
      subject: {
        person: 'Framed on the tester behind a table, with a card, the product and room for a test.',
        hands: 'Framed on hands, a card and the product; the face comes only for the line.',
      },
      style: pick(STYLE, 'commercial', 'film', 'vintage'),
      audio: {
        natural: 'The voice as the room gives it, and the tear of the card, loud; no music.',
        music: 'The voice in front, a dry drum pattern beneath that stops for the test.',
        close: 'The voice close to the microphone; silence while the test runs.',
      },
    },
    contradicts: {
      camera: ['macro', 'orbit', 'selfie', 'tracking'],
      setting: ['train', 'street'],
      subject: ['pair', 'product'],
    },
  },
} as const satisfies Readonly<Record<string, TemplateWords>>;
