import {
  AUDIO,
  CALL_TO_ACTION,
  CAMERA,
  LIGHTING,
  OBJECT_TONE,
  OFFER,
  PACING,
  pick,
  SETTING,
  SPEECH_AUDIO,
  STYLE,
  TONE,
  VOICE_AUDIO,
} from './shared.ts';
import type { TemplateWords } from './template-words.ts';

/** Templates of a time, a place or a story: what the product belongs to. */
export const MOMENTS = {
  LIMITED_OFFER: {
    speaker: 'Voice-over',
    story:
      'A row of the product on a shelf; hands come in and take one after another, until a single one is left.',
    further: 'A hand reaches for the last one, hesitates, and closes around it.',
    levels: {
      hook: {
        scene: 'An empty space on a shelf, in the outline of the product; then the row as it was.',
        question: 'Lettering on the shelf edge: "One left?"',
        bold_claim: 'The number on a hanging paper calendar is torn off, and another, and another.',
        problem: 'A hand reaches for the shelf and finds nothing there.',
      },
      angle: {
        plain: 'When they are gone, they are gone.',
        calm: 'No rush. Well. A little.',
        chance: 'You were going to anyway.',
      },
      persona: {
        peer: "On screen: ordinary hands, each pair somebody else's, coat sleeves, shopping bags.",
        elder: 'On screen: an elderly customer who takes their time, with a string bag.',
        pair: 'On screen: two customers who reach for the same one, and are polite about it.',
      },
      proof: {
        detail: 'The last one is turned to the light, and it is as good as the first.',
        countdown: 'Fingers at the edge of frame count what is left: three, two, one.',
        crowd: 'Behind the shelf more hands are waiting than there are products.',
      },
      offer: pick(OFFER, 'tag', 'card', 'caption'),
      call_to_action: pick(CALL_TO_ACTION, 'order_now', 'see_it', 'learn_more'),
      tone: pick(OBJECT_TONE, 'urgent', 'playful', 'confident'),
      pacing: {
        fast: 'A cut for each one that is taken.',
        steady: 'One held shot of the shelf; the hands come and go in it.',
        accelerating: 'The first hand is slow, each one after it quicker; the last is slow again.',
      },
      camera: {
        locked: 'Locked-off, 50 mm, straight on to the shelf; the frame never moves.',
        push_in: 'One slow dolly push along the shelf, 35 mm, ending on the last one.',
        low: CAMERA.low,
      },
      lighting: {
        studio: LIGHTING.studio,
        daylight: 'The light of one whole day passes over the shelf from left to right.',
        practical: LIGHTING.practical,
      },
      setting: pick(SETTING, 'shop', 'studio', 'kitchen'),
      subject: {
        product: 'Framed on the row of products; hands come in only to take one.',
        hands: 'Framed on hands, a different pair each time; the product is what they leave with.',
      },
      style: pick(STYLE, 'commercial', 'vintage', 'editorial'),
      audio: {
        natural: 'Beneath the voice only the shelf: a scrape, a step, a bag; no music.',
        music: 'Beneath the voice a plucked pattern that loses one note with each one taken.',
        hush: VOICE_AUDIO.hush,
      },
    },
    contradicts: {
      camera: ['selfie', 'tracking', 'macro', 'orbit', 'overhead'],
      setting: ['street', 'nature', 'train'],
      subject: ['person'],
      call_to_action: ['silent'],
    },
  },

  SEASONAL: {
    story:
      'The product is passed from hand to hand in the middle of the season, as if it had always been part of it.',
    further: 'One of them keeps it a moment longer than the others, and smiles at being caught.',
    levels: {
      hook: {
        scene:
          'Something that only this season has crosses the lens, and the people come into focus behind it.',
        question: 'Lettering over a door dressed for the season: "Already?"',
        arrival: 'A door opens; the season comes in first, and then the people.',
        problem: 'Everything that should have been ready is not; one box stands unopened in the middle.',
      },
      angle: {
        belonging: "It's not the season without it.",
        giving: 'You know exactly who this is for.',
        calm: 'Stay a little longer.',
      },
      persona: {
        family: 'On screen: three generations of one family, none of them dressed up.',
        friends: 'On screen: four friends who have done this every year.',
        neighbours: 'On screen: neighbours who know each other a little, coats still on.',
      },
      proof: {
        ritual: 'Two of them make the same gesture with the product at once, without looking.',
        crowd: 'The circle opens, and one more person comes in and takes part.',
        detail: 'Close on the product, with one small thing of the season lying on it.',
      },
      offer: pick(OFFER, 'tag', 'handwritten', 'caption'),
      call_to_action: pick(CALL_TO_ACTION, 'order_now', 'learn_more', 'silent'),
      tone: pick(TONE, 'warm', 'tender', 'playful', 'confident'),
      pacing: pick(PACING, 'steady', 'slow', 'fast'),
      camera: pick(CAMERA, 'handheld', 'push_in', 'locked'),
      lighting: pick(LIGHTING, 'golden_hour', 'practical', 'overcast'),
      setting: {
        home: 'A living room dressed for the season, with a crowded table, coats over a chair, a wet dog.',
        street: 'A street dressed for the season, with a market stall and decorations that are not new.',
        garden:
          'A back garden in the season, with a long table, mismatched chairs and something on the fire.',
      },
      subject: {
        people: 'Framed on people close together; the product is what moves between them.',
        hands: 'Framed on hands, weathered and busy; faces are only guessed at.',
      },
      style: pick(STYLE, 'film', 'commercial', 'documentary'),
      audio: pick(AUDIO, 'music', 'natural', 'hush'),
    },
    contradicts: {
      camera: ['macro', 'overhead', 'selfie', 'orbit'],
      setting: ['studio', 'tabletop', 'office', 'train'],
      lighting: ['studio', 'spot', 'neon'],
      subject: ['product', 'person'],
    },
  },

  BEHIND_THE_SCENES: {
    speaker: 'Voice-over of the person at work',
    story: 'From raw material, by machine and by hand, the product takes shape and is checked by eye.',
    further: 'One is held up, found wanting, and put back; the next one passes.',
    levels: {
      hook: {
        scene: 'A door with a worn handle is pushed open from inside, and the noise comes out.',
        question: 'Chalk on the wall of the place: "Who makes it?" A sleeve wipes it away.',
        material: 'A heap of raw material that looks like nothing yet; a hand goes in.',
        problem: 'One that did not pass is dropped into a bin with others like it.',
      },
      angle: {
        craft: "You can't see this bit. I can.",
        people: 'There are people in this.',
        patience: 'It takes as long as it takes.',
      },
      persona: {
        maker: 'On screen: one person at work, an apron, forearms, no look at the lens.',
        team: 'On screen: three people who move around each other without speaking.',
        apprentice: 'On screen: a young worker, watched over the shoulder by an older one.',
      },
      proof: {
        check: 'A finger runs along an edge, stops, goes back, and moves on.',
        detail: 'The last small step is done by hand, and we see how small it is.',
        reject: 'A second one is turned down for something that we cannot see.',
      },
      offer: pick(OFFER, 'tag', 'handwritten', 'caption'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'see_it', 'order_now'),
      tone: pick(TONE, 'confident', 'tender', 'warm', 'deadpan'),
      pacing: {
        steady: 'One step of the work to a shot; cuts fall on a tool being put down.',
        slow: 'Long held shots; the work sets the time.',
        fast: 'Quick cuts in the rhythm of the machine.',
      },
      camera: {
        handheld: "Handheld, 35 mm, at the worker's shoulder; it waits for nobody.",
        macro: CAMERA.macro,
        tracking: 'A gimbal walks the length of the room, 28 mm, and ends on the product.',
      },
      lighting: {
        practical: 'The lamps of the place itself, hanging low over the work; the rest is dim.',
        daylight: 'High windows, soft daylight from above, dust in the air.',
        golden_hour: LIGHTING.golden_hour,
      },
      setting: {
        workshop: 'The place where it is made, with a bench, racks, a machine older than anyone here.',
        kitchen: 'A working kitchen with steel tables, tall pans, tape with dates on everything.',
        office: 'A room of drawings and models, paper to the ceiling, one long table.',
      },
      subject: {
        hands: 'Framed on hands and material; the product is whole only at the end.',
        person: 'Framed on one person at work; the product takes shape under their hands.',
      },
      style: pick(STYLE, 'documentary', 'film', 'monochrome'),
      audio: {
        natural: 'Beneath the voice the noise of the place, uneven and close; no music.',
        music: 'Beneath the voice the noise of the place, cut until it is a rhythm.',
        hush: 'The voice, and each tool by itself in near silence.',
      },
    },
    contradicts: {
      setting: ['studio', 'home', 'street', 'train', 'nature'],
      camera: ['selfie'],
      lighting: ['studio', 'candle', 'neon'],
    },
  },

  MINI_DRAMA: {
    speaker: 'One of them, to the other',
    story:
      'The one thing they wanted to get right goes wrong in their hands; with the product, in one simple act, it comes right.',
    further: 'One look between them says the rest.',
    levels: {
      hook: {
        scene: 'Two people stand too far apart, and one of them is about to say something.',
        problem: 'A bag splits, and everything in it rolls across the floor between them.',
        question: 'Lettering over a face about to speak: "Now or never?"',
        confession: 'One of them practises a sentence alone, in front of a mirror, and gives up.',
      },
      angle: {
        rescue: 'I thought that was it.',
        closeness: 'You remembered.',
        courage: 'Go on, then.',
      },
      persona: {
        couple: 'On screen: two people in their thirties who have not made up yet.',
        family: 'On screen: a parent and a grown-up child who are alike and will not admit it.',
        strangers: 'On screen: two strangers, one in a hurry and one not.',
      },
      proof: {
        turn: 'The act with the product is seen whole, and the faces change as it ends.',
        detail: 'Close on the product at the moment that it makes the difference.',
        echo: 'The first picture returns, and this time it goes well.',
      },
      offer: pick(OFFER, 'card', 'caption', 'handwritten'),
      call_to_action: pick(CALL_TO_ACTION, 'learn_more', 'order_now', 'silent'),
      tone: pick(TONE, 'tender', 'playful', 'deadpan', 'warm'),
      pacing: {
        steady: 'Three shots: the wish, the mishap, the turn.',
        slow: 'One continuous take, staged in depth; whoever matters steps forward.',
        fast: 'Quick cuts up to the turn; the look after it is held.',
      },
      camera: pick(CAMERA, 'push_in', 'handheld', 'locked'),
      lighting: pick(LIGHTING, 'daylight', 'practical', 'golden_hour', 'neon'),
      setting: pick(SETTING, 'hallway', 'cafe', 'train', 'garden'),
      subject: {
        pair: 'Framed on two people; the product stands unnoticed between them until it is needed.',
        person: 'Framed on one of them; the other is a shoulder and a voice, the product close at hand.',
      },
      style: pick(STYLE, 'film', 'commercial', 'vintage', 'monochrome'),
      audio: SPEECH_AUDIO,
    },
    contradicts: {
      camera: ['macro', 'overhead', 'orbit', 'selfie'],
      setting: ['studio', 'tabletop'],
      lighting: ['studio', 'spot'],
      subject: ['product', 'hands'],
    },
  },

  BRAND_MANIFESTO: {
    speaker: 'Voice-over',
    story: 'Small acts rhyme from shot to shot; a hand opens, a door opens, a window, and then the product.',
    further: 'The last act is the first one again, done by somebody younger.',
    levels: {
      hook: {
        scene: 'One small act, done with great care, by someone who does not know we are there.',
        question: 'Lettering on an empty road: "What for?"',
        bold_claim: 'Somebody walks against a crowd, unhurried, and the crowd parts.',
        problem: 'A row of identical things, identically lit, being passed by without a glance.',
      },
      angle: {
        care: 'Small things, done properly.',
        people: 'For whoever still takes the trouble.',
        courage: 'You can do it differently.',
      },
      persona: {
        mixed: 'On screen: people of all ages at what they do every day, none of them posing.',
        young: 'On screen: people in their twenties at the beginning of something.',
        makers: 'On screen: people who make, mend, cook and carry, in their own work clothes.',
      },
      proof: {
        echo: 'The same gesture comes back in three hands, each older than the last.',
        detail: 'One thing that is mended, not replaced, held for a moment.',
        crowd: 'The small acts come together in one wide view of a single place.',
      },
      offer: pick(OFFER, 'caption', 'card'),
      call_to_action: pick(CALL_TO_ACTION, 'silent', 'learn_more', 'see_it'),
      tone: pick(TONE, 'confident', 'tender', 'warm', 'playful'),
      pacing: {
        steady: 'One act to a shot; each cut continues the movement of the last.',
        slow: 'Long dissolves; one act grows out of another.',
        accelerating: PACING.accelerating,
      },
      camera: {
        push_in: 'The same slow push in every shot, 35 mm, so that they run on as one.',
        tracking: 'The camera walks at the same pace through every place, 28 mm.',
        locked: 'Locked-off wides, 24 mm, people small in them; then one close-up.',
      },
      lighting: {
        golden_hour: 'Low sun in every place, always from behind, wherever that may be.',
        overcast: LIGHTING.overcast,
        practical: 'Before dawn, lit by street lamps, a window, a stove; pools of light in the dark.',
      },
      setting: {
        places: 'A bakery, a harbour, a stairwell, a field; places where someone is up early.',
        city: 'One city from the river to the roofs, with bridges, stalls, courtyards.',
        land: 'Open country with a road, a barn, a kitchen table by a door.',
      },
      subject: {
        people: 'Framed on people and their small acts; the product is seen once, in use.',
        hands: 'Framed on one pair of hands after another; the product is what the last pair holds.',
      },
      style: pick(STYLE, 'film', 'documentary', 'commercial'),
      audio: pick(VOICE_AUDIO, 'music', 'natural', 'hush'),
    },
    contradicts: {
      camera: ['macro', 'overhead', 'orbit', 'selfie'],
      setting: ['studio', 'tabletop'],
      lighting: ['studio', 'spot', 'candle', 'neon'],
      subject: ['product', 'person', 'pair'],
      pacing: ['fast'],
    },
  },
} as const satisfies Readonly<Record<string, TemplateWords>>;
