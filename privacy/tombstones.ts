import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ERASED_PERSON } from '../database/traces.ts';
import type { VideoStore } from '../storage/video-store.ts';

/**
 * The list of people who were erased, kept beside the videos and not in the database: a restored backup has them back,
 * and does not know that they left.
 */

const FOLDER = 'erasures';
/** SHA-256 of the person's id, in hexadecimal. Proofs lie beside it. */
const TOMBSTONE = new RegExp(`^${FOLDER}/[0-9a-f]{64}\\.json$`);
export const JSON_TYPE = 'application/json';

const counts = z.record(z.string(), z.number());
const outsideSchema = z.object({
  filesLeft: z.number(),
  /** Ids of workflows that were still running. */
  historiesPending: z.array(z.string()),
  /** Jobs whose video the provider keeps for as long as it keeps any. */
  providerJobsLeft: z.number(),
});
const extentSchema = z.object({
  groups: z.number(),
  rows: counts,
  traces: counts,
  files: z.number(),
  bytes: z.number(),
  histories: z.number(),
  providerJobs: z.number(),
});
const tombstoneSchema = z.object({
  /** A random id of this erasure, which leads to nobody. */
  erasure: z.uuid(),
  /** The person's id: what a restored database is searched for. */
  person: z.uuid(),
  /** Whether an address is the person's can be checked, and not read. */
  email: z.object({ salt: z.string(), scrypt: z.string() }),
  mode: z.enum(['delete', 'keep-results']),
  at: z.iso.datetime(),
  by: z.string(),
  /** Ids of groups that must not come back. */
  groups: z.array(z.string()),
  before: extentSchema,
  /** What was left outside the database, once all else there was erased. */
  outside: outsideSchema.optional(),
  finishedAt: z.iso.datetime().optional(),
});

export type Tombstone = z.output<typeof tombstoneSchema>;
export type LeftOutside = z.output<typeof outsideSchema>;
/** How much there is of a person. */
export type Extent = z.output<typeof extentSchema>;

/** Where the tombstone of a person is, without its ending. */
export function nameOf(person: string): string {
  return `${FOLDER}/${createHash('sha256').update(person).digest('hex')}`;
}

export async function writeTombstone(store: VideoStore, tombstone: Tombstone): Promise<void> {
  await store.keepBytes(`${nameOf(tombstone.person)}.json`, Buffer.from(text(tombstone)), JSON_TYPE);
}

export async function readTombstone(store: VideoStore, person: string): Promise<Tombstone | undefined> {
  return parsed(store, `${nameOf(person)}.json`);
}

/** In no order. */
export async function* tombstones(store: VideoStore): AsyncGenerator<Tombstone> {
  for await (const { key } of store.list(FOLDER)) {
    const tombstone = TOMBSTONE.test(key) ? await parsed(store, key) : undefined;
    if (tombstone !== undefined) yield tombstone;
  }
}

/** Of somebody whose account is gone; the newest, where the address belonged to several in turn. */
export async function tombstoneOf(store: VideoStore, email: string): Promise<Tombstone | undefined> {
  let found: Tombstone | undefined;
  for await (const tombstone of tombstones(store)) {
    if (isOf(tombstone, email) && (found === undefined || tombstone.at > found.at)) found = tombstone;
  }
  return found;
}

/** Takes somebody who erased others out of the list. */
export async function forgetWhoErased(store: VideoStore, email: string): Promise<void> {
  for await (const tombstone of tombstones(store)) {
    if (tombstone.by.toLowerCase() !== email.toLowerCase()) continue;
    await writeTombstone(store, { ...tombstone, by: ERASED_PERSON });
  }
}

/** Slow to try addresses against, and salted, so that the list can't be read backwards. */
export function sealed(email: string): Tombstone['email'] {
  const salt = randomBytes(16).toString('hex');
  return { salt, scrypt: hashed(email, salt).toString('hex') };
}

function isOf({ email: { salt, scrypt } }: Tombstone, email: string): boolean {
  const expected = Buffer.from(scrypt, 'hex');
  const given = hashed(email, salt);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function hashed(email: string, salt: string): Buffer {
  return scryptSync(email.toLowerCase(), salt, 32);
}

/** As `jq` writes it, so that a person can check a proof's sum with it. */
export function text(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** @throws TypeError for a file that is no tombstone: whoever it names would come back unseen */
async function parsed(store: VideoStore, key: string): Promise<Tombstone | undefined> {
  const bytes = await store.read(key);
  if (bytes === undefined) return undefined;
  try {
    return tombstoneSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw new TypeError(`${key} in ${store.place} is no tombstone of ours`, { cause });
  }
}
