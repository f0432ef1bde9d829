import { Document, isScalar, visit } from 'yaml';
import { z } from 'zod';
import { briefSchema } from '../domain/brief.ts';
import { briefFields } from '../domain/brief-json-schema.ts';
import { type TemplateCode, templateOf } from '../domain/templates.ts';

const { venture, name, product, audience, offer, template, platforms, variants, budget } = briefSchema.shape;

/** What a new brief says; what is left out is written as a comment, with the default. */
export const newBriefSchema = z.strictObject({
  venture,
  name,
  product,
  audience: audience.unwrap().optional(),
  offer: offer.unwrap().optional(),
  template,
  platforms: platforms.unwrap().optional(),
  variants: variants.unwrap().optional(),
  budget,
});

export type NewBrief = z.output<typeof newBriefSchema>;

/** Where a new brief's schema is, seen from the brief. */
export const SCHEMA_FILE = 'brief.schema.json';

/** Ready to be filled in: it can be started as it is. */
export function exampleBrief(template: TemplateCode): NewBrief {
  return {
    venture: 'My company',
    name: `${templateOf(template).name} test`,
    template,
    product: 'our product, in a few words',
    platforms: ['instagram', 'tiktok'],
    variants: 4,
  };
}

/** A brief as commented YAML: every field that people change, each with what it is for. */
export function writeBrief(brief: NewBrief, hasSchema: boolean): string {
  const { template, budget } = brief;
  const levels = templateOf(template).mutations;
  return [
    ...(hasSchema ? [`# yaml-language-server: $schema=./${SCHEMA_FILE}`] : []),
    '# A brief for Screentest. Lines that begin with "# " are notes; lines with "#" and a field are defaults to change.',
    '# To check it: screentest validate <this file>. To see what it costs: screentest start <this file> --dry-run',
    '',
    ...field('venture', brief.venture),
    ...field('name', brief.name),
    '',
    ...field('product', brief.product),
    ...field('audience', brief.audience),
    ...field('offer', brief.offer),
    '',
    ...field('template', template),
    `# ${templateOf(template).name}: ${templateOf(template).description}`,
    ...field('variants', brief.variants),
    ...field('factors', levels),
    '',
    ...field('platforms', brief.platforms),
    ...field('primaryMetric', 'conversion_rate'),
    ...field('decision', { smallestLift: 0.1, falseCallLimit: 0.05 }),
    '',
    ...field('video', { model: 'sora-2', seconds: 4, size: '720x1280' }),
    ...example('renditions', [{ name: 'wide', size: '1280x720' }]),
    ...(budget === undefined ? example('budget', { generationUsd: 20 }) : field('budget', budget)),
    ...example('media', { budgetUsd: 3000, usdPerThousandImpressions: 8, baselineRate: 0.012 }),
    '',
    ...example('brand', {
      mustSay: ['Your slogan'],
      mustNotSay: ['cheap'],
      colours: ['#2e7d32'],
      claims: [{ claim: 'twice as fast', proof: 'lab report 12' }],
    }),
    ...example('disclosure', { onScreen: 'Made with AI' }),
    ...example('rights', [{ to: 'music', whose: 'the title song', until: '2099-12-31' }]),
    '',
    ...field('deadlines', { generating: '24h', testing: '28d', deciding: '14d' }),
    '',
  ].join('\n');
}

/** With its note; as a default to change where the brief says nothing of it. */
function field(name: string, value: unknown): string[] {
  const known = FIELDS.get(name);
  const note = known === undefined || known.description === undefined ? [] : [`# ${known.description}`];
  if (value !== undefined) return [...note, yaml({ [name]: value })];
  const byDefault: unknown = JSON.parse(known?.default ?? 'null');
  return [...note, commented(yaml({ [name]: byDefault }))];
}

/** Of a field that has no default: what it might say. */
function example(name: string, value: unknown): string[] {
  return field(name, value).map(commented);
}

const FIELDS = new Map(briefFields().map((one) => [one.path, one]));

function commented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.startsWith('#') ? line : `#${line}`))
    .join('\n');
}

/** With short lists in one line. */
function yaml(value: object): string {
  const document = new Document(value);
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every(isScalar);
    },
  });
  return document.toString({ lineWidth: 110, flowCollectionPadding: false }).trimEnd();
}
