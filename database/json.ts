import { type Brief, parseBrief } from '../domain/brief.ts';
import { type ChosenMode, readMode } from '../domain/generation-mode.ts';
import type { Prisma } from './generated/client.ts';

/** A value as JSON would carry it: without what is undefined, and with texts that Postgres can keep. */
export function asJson(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'string' ? storable(part) : part,
  );
}

/**
 * What people and providers wrote, without what Postgres refuses for ever: the character NUL, and halves of
 * characters, which a text that was cut can end in.
 */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '').replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

/** The brief a group was started with, from `variant_group_settings`. */
export function briefIn(settings: Prisma.JsonValue): Brief {
  return parseBrief(partOf(settings, 'brief'));
}

/** Where a group's videos come from, likewise. */
export function generationIn(settings: Prisma.JsonValue): ChosenMode {
  return readMode(partOf(settings, 'generation'));
}

function partOf(settings: Prisma.JsonValue, name: string): unknown {
  const isObject = typeof settings === 'object' && settings !== null && !Array.isArray(settings);
  return isObject ? settings[name] : undefined;
}
