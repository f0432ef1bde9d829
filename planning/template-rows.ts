import { parseBrief } from '../domain/brief.ts';
import { TEMPLATES, type Template } from '../domain/templates.ts';
import { promptOf } from './prompt.ts';
import { renderPrompt } from './render-prompt.ts';

export interface TemplateRow extends Template {
  /** The control's prompt for a video of the usual length, with {product}, {audience} and {offer} in it. */
  readonly skeleton: string;
}

/** The templates as `use_case_templates` shows them to people. */
export function templateRows(): readonly TemplateRow[] {
  return TEMPLATES.map((template) => ({ ...template, skeleton: skeletonOf(template) }));
}

function skeletonOf({ code, name }: (typeof TEMPLATES)[number]): string {
  const brief = parseBrief({
    venture: name,
    name,
    template: code,
    product: '{product}',
    audience: '{audience}',
    offer: '{offer}',
  });
  return renderPrompt(promptOf(brief, {}), Number.POSITIVE_INFINITY);
}
