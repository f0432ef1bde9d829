import { type Brief, BriefInvalid } from '../domain/brief.ts';
import type { Mutations } from '../domain/mutations.ts';
import { charactersAdded } from '../domain/renditions.ts';
import { promptLimitOf } from '../domain/video-models.ts';
import { contradictionIn } from './library/index.ts';
import { promptOf } from './prompt.ts';
import { renderPrompt } from './render-prompt.ts';
import type { Wording } from './wording.ts';

/**
 * What the provider is sent for a variant, but for what a rendition adds.
 * @param levels of every factor that the plan varies, as this variant has them
 * @param wording what a writer wrote for levels
 * @throws BriefInvalid naming the variant when its levels can't be in one video, or its prompt is longer than the
 * model takes
 */
export function promptTextOf(brief: Brief, name: string, levels: Mutations, wording?: Wording): string {
  const contradiction = contradictionIn(levels, brief.template);
  if (contradiction !== undefined) {
    throw new BriefInvalid([
      {
        path: 'factors',
        given: `${contradiction.join(' with ')}, in "${name}"`,
        allowed:
          'levels that can be in one video; leave one of the two out, or put it into words of your own',
      },
    ]);
  }
  return refuseTooLong(
    brief,
    name,
    renderPrompt(promptOf(brief, levels, wording), roomIn(brief)),
    'at its shortest',
  );
}

/** A prompt that a person wrote: sent as it is, or not at all. @throws BriefInvalid like `promptTextOf` */
export function ownPrompt(brief: Brief, name: string, prompt: string): string {
  return refuseTooLong(brief, name, prompt, 'as it is written');
}

function refuseTooLong(brief: Brief, name: string, text: string, how: string): string {
  const room = roomIn(brief);
  if (text.length <= room) return text;
  const added = charactersAdded(brief);
  throw new BriefInvalid([
    {
      path: 'variants',
      given: `a prompt of ${text.length} characters for "${name}", ${how}`,
      allowed:
        `at most ${room} for ${brief.video.model}` +
        `${added === 0 ? '' : `, beside ${added} for the renditions' own lines`}; say less of the product, the ` +
        'audience or the offer, or use shorter words for levels',
    },
  ]);
}

/** Characters that a variant's prompt may have, beside the lines that renditions add. */
export function roomIn(brief: Brief): number {
  return promptLimitOf(brief.video.model) - charactersAdded(brief);
}
