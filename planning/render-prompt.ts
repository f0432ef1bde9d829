import type { Factor } from '../domain/mutations.ts';
import { beatsOf } from './beats.ts';
import type { Prompt } from './prompt.ts';

/**
 * What is left out of a prompt that is too long, one after the other, until it fits: what the picture lacks least
 * comes first. What the plan varies stays, and so do the product, the opening, the story and the end.
 */
const LEFT_OUT_FIRST = [
  'further',
  'audio',
  'tone',
  'pacing',
  'proof',
  'style',
  'persona',
  'angle',
  'lighting',
  'subject',
  'camera',
  'setting',
] as const satisfies readonly (Factor | 'further')[];

/**
 * The text that a provider is sent: the look first, the scene in prose, how it is shot, what happens when, what is
 * said, what is heard, and what every video of the test has.
 * @param limit characters. What is still longer without all that may go is as short as it gets: a sentence is never
 * cut.
 */
export function renderPrompt(prompt: Prompt, limit: number): string {
  let left = prompt;
  let text = textOf(left);
  for (const part of LEFT_OUT_FIRST) {
    if (text.length <= limit) break;
    if (part !== 'further' && prompt.varied.includes(part)) continue;
    left = without(left, part);
    text = textOf(left);
  }
  return text;
}

function textOf(prompt: Prompt): string {
  const { style, scene, cinematography, dialogue, sound, always } = prompt;
  const beats = beatsOf(prompt);
  return [
    [labelled('Style', style.look), labelled('Mood', style.tone)],
    [
      `Product: ${scene.product}`,
      `Audience: ${scene.audience}`,
      labelled('Scene', [scene.setting, scene.persona, scene.subject].filter(isSaid).join(' ')),
    ],
    [
      labelled('Camera', cinematography.camera),
      labelled('Light', cinematography.lighting),
      labelled('Editing', cinematography.pacing),
    ],
    ['Actions:', ...beats.map(({ from, to, text }) => `- ${from}-${to} s: ${text}`)],
    [lineOf(prompt)],
    [labelled('Sound', sound)],
    always,
  ]
    .map((lines) => lines.filter(isSaid).join('\n'))
    .filter(isSaid)
    .join('\n\n');

  function lineOf({ seconds, varied }: Prompt): string {
    if (dialogue.line === '') return '';
    if (dialogue.speaker !== undefined) return `Dialogue:\n- ${dialogue.speaker}: "${dialogue.line}"`;
    // A short video has other words on screen already.
    return seconds >= SECONDS_FOR_LETTERING || varied.includes('angle')
      ? `On screen, before the offer: "${dialogue.line}"`
      : '';
  }
}

const SECONDS_FOR_LETTERING = 8;

function labelled(label: string, text: string): string {
  return text === '' ? '' : `${label}: ${text}`;
}

function isSaid(text: string): boolean {
  return text !== '';
}

function without(prompt: Prompt, part: (typeof LEFT_OUT_FIRST)[number]): Prompt {
  const { style, scene, cinematography, actions, dialogue } = prompt;
  switch (part) {
    case 'further':
      return { ...prompt, actions: { ...actions, further: '' } };
    case 'proof':
      return { ...prompt, actions: { ...actions, proof: '' } };
    case 'audio':
      return { ...prompt, sound: '' };
    case 'angle':
      return { ...prompt, dialogue: { ...dialogue, line: '' } };
    case 'tone':
      return { ...prompt, style: { ...style, tone: '' } };
    case 'style':
      return { ...prompt, style: { ...style, look: '' } };
    case 'camera':
    case 'lighting':
    case 'pacing':
      return { ...prompt, cinematography: { ...cinematography, [part]: '' } };
    case 'setting':
    case 'persona':
    case 'subject':
      return { ...prompt, scene: { ...scene, [part]: '' } };
  }
}
