import { type Brief, parseBrief } from '../domain/brief.ts';
import type { Prisma } from './generated/client.ts';

/** A value as JSON would carry it: without what is undefined. */
export function asJson(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value));
}

/** The brief a group was started with, from `variant_group_settings`. */
export function briefIn(settings: Prisma.JsonValue): Brief {
  const isObject = typeof settings === 'object' && settings !== null && !Array.isArray(settings);
  return parseBrief(isObject ? settings.brief : undefined);
}
