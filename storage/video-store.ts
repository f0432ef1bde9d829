/** Where videos are kept. */
export interface VideoStore {
  /** What people call it: the folder, or the bucket and its endpoint. */
  readonly place: string;
  /**
   * Streams a file to a local place of its own, where it can be looked at before it counts.
   * @throws BadInput when it grows beyond `maxBytes`; nothing is left behind.
   */
  receive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ReceivedFile>;
  /** Keeps a few kilobytes that are made here, such as a picture; durable when it returns. */
  keepBytes(key: string, bytes: Uint8Array, contentType: string): Promise<StoredFile>;
  /**
   * Takes a person's file in, so that a worker with the same store can fetch it. It does not count as a video.
   * One that nobody fetches is removed after a week.
   * @returns the reference to hand on (domain/video-source.ts)
   * @throws BadInput when it grows beyond `maxBytes`
   */
  stage(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string>;
  /** @throws NotFound when nothing is staged under it; BadInput when it is no reference of a store's. */
  openStaged(reference: string): Promise<AsyncIterable<Uint8Array>>;
  /** May be called again, and then does nothing. */
  removeStaged(reference: string): Promise<void>;
  /** The keys of all files that are kept here, staged ones left out. A place that others use too may hold theirs. */
  keys(): AsyncIterable<string>;
  /** Every file in a folder and in the folders in it, in no order; none where there is no such folder. */
  list(folder: string): AsyncIterable<FoundFile>;
  /** A file of any size, a piece at a time; undefined where there is none. */
  open(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** All of a small file; undefined where there is none. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Gone when it returns, with every folder that it leaves empty. May be called again, and then does nothing. */
  remove(key: string): Promise<void>;
  /** @throws Unavailable, saying what to do, when no file can be kept here. */
  examine(): Promise<void>;
}

/** A file that has arrived and does not count yet: it is kept or discarded. */
export interface ReceivedFile {
  /** A local path, for as long as the file is neither kept nor discarded. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the whole file, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Durable when it returns. Keeping the same bytes under the same key again changes nothing. */
  keep(key: string, contentType: string): Promise<StoredFile>;
  /** May be called after `keep`, and then does nothing. */
  discard(): Promise<void>;
}

export interface StoredFile {
  readonly key: string;
  readonly url: string;
}

export interface FoundFile {
  readonly key: string;
  readonly sizeBytes: number;
}
