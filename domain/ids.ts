import { z } from 'zod';

/** Branded ids: a variant's can't be passed where a group's is meant. All are UUIDs in lower case. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type GroupId = Branded<'GroupId'>;
export type VariantId = Branded<'VariantId'>;
export type JobId = Branded<'JobId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function isGroupId(text: string): text is GroupId {
  return isUuid(text);
}

export function isVariantId(text: string): text is VariantId {
  return isUuid(text);
}

export function isJobId(text: string): text is JobId {
  return isUuid(text);
}

/** For ids that come from our own tables: a value of another shape is a defect, not an input error. */
export function groupId(text: string): GroupId {
  if (!isGroupId(text)) throw new TypeError(`not a group id: ${text}`);
  return text;
}

export function variantId(text: string): VariantId {
  if (!isVariantId(text)) throw new TypeError(`not a variant id: ${text}`);
  return text;
}

export function jobId(text: string): JobId {
  if (!isJobId(text)) throw new TypeError(`not a job id: ${text}`);
  return text;
}

export const idField = z
  .string()
  .toLowerCase()
  .refine(isGroupId, { error: 'a UUID' })
  .meta({ format: 'uuid' })
  .describe('The id of the group, used once. Left out: a new one.');
