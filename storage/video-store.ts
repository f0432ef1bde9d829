/** Where videos are kept. */
export interface VideoStore {
  /**
   * Streams a file to a place of its own, where it can be looked at before it counts.
   * @throws BadInput when it grows beyond `maxBytes`; nothing is left behind.
   */
  receive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ReceivedFile>;
}

/** A file that has arrived and does not count yet: it is kept or discarded. */
export interface ReceivedFile {
  /** A local path, for as long as the file is neither kept nor discarded. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the whole file, in lower-case hexadecimal. */
  readonly sha256: string;
  /** Durable when it returns. Keeping the same bytes under the same key again changes nothing. */
  keep(key: string): Promise<StoredFile>;
  /** May be called after `keep`, and then does nothing. */
  discard(): Promise<void>;
}

export interface StoredFile {
  readonly key: string;
  readonly url: string;
}
