import { createHash } from 'node:crypto';
import type { ErasureMode } from '../database/erasure.ts';
import type { RowCounts } from '../database/traces.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { type Extent, JSON_TYPE, type LeftOutside, nameOf, text } from './tombstones.ts';

/** What an erasure did, for whoever must show it: numbers and names of tables, and nothing of the person. */
export interface Facts {
  /** The same id as in the event that somebody was erased. */
  readonly erasure: string;
  readonly mode: ErasureMode;
  readonly requestedAt: string;
  readonly finishedAt: string;
  readonly before: Extent;
  readonly deleted: RowCounts;
  readonly changed: RowCounts;
  /** What there is now: all of it zero, or left out. */
  readonly after: Extent;
  /** Every column that could name somebody, in every table of the database. */
  readonly scan: {
    readonly tables: number;
    readonly columns: number;
    /** Tables that could not be read. */
    readonly unreadable: number;
    /** Rows found in tables that are not Screentest's. */
    readonly elsewhere: number;
  };
  readonly outside: LeftOutside | undefined;
  readonly account: 'deleted' | 'kept';
}

export interface Proof extends Facts {
  /** Of the file without this line: `jq 'del(.sha256)' <file> | sha256sum`. */
  readonly sha256: string;
}

/** Each erasure and each replay of it leaves one of its own. */
export async function writeProof(
  store: VideoStore,
  person: string,
  facts: Facts,
): Promise<{ readonly key: string; readonly proof: Proof }> {
  const proof = { ...facts, sha256: createHash('sha256').update(text(facts)).digest('hex') };
  const key = `${nameOf(person)}.proof-${facts.finishedAt.replaceAll(/[-:.]/g, '')}.json`;
  await store.keepBytes(key, Buffer.from(text(proof)), JSON_TYPE);
  return { key, proof };
}
