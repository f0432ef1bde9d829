import { encode } from './encode.ts';
import { sceneOf } from './scene.ts';

export interface FilmOrder {
  /** What tells this film from others: the prompt and the job's id. */
  readonly key: string;
  /** A whole number. */
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
}

export interface FilmLibrary {
  /** Waits its turn: one film is encoded at a time. Rejects once the library is closed. */
  film(order: FilmOrder): Promise<Uint8Array>;
  close(): void;
}

/**
 * @param mostDifferent films made for one length and size; after so many, they are shown again in turn. A film of
 * 4 s at 720x1280 takes 0.6 s of a core, so a thousand jobs a minute can't each have a new one.
 */
export function createFilmLibrary(mostDifferent: number): FilmLibrary {
  const shelves = new Map<string, { films: Promise<Uint8Array>[]; orders: number }>();
  let queue: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  function make({ key, seconds, width, height }: FilmOrder): Promise<Uint8Array> {
    const film = queue.then(() => {
      if (isClosed) throw new Error('the film library is closed');
      return encode(sceneOf(key, width, height), seconds);
    });
    queue = film.catch(() => undefined);
    return film;
  }

  return {
    film(order) {
      const name = `${order.seconds} s, ${order.width}x${order.height}`;
      const shelf = shelves.get(name) ?? { films: [], orders: 0 };
      shelves.set(name, shelf);
      const slot = shelf.orders % mostDifferent;
      shelf.orders += 1;
      const film = shelf.films[slot] ?? make(order);
      shelf.films[slot] = film;
      return film;
    },
    close() {
      isClosed = true;
    },
  };
}

/**
 * A `free` box (ISO/IEC 14496-12, 8.1.2), which players pass over: two jobs that show the same film still are
 * different files.
 */
export function labelBox(text: string): Uint8Array {
  const body = Buffer.from(text, 'utf8');
  const box = Buffer.alloc(8 + body.length);
  box.writeUInt32BE(box.length, 0);
  box.write('free', 4, 'latin1');
  body.copy(box, 8);
  return box;
}

/** The file without its top-level boxes of this type; what follows them keeps its bytes. */
export function withoutBox(file: Buffer, type: string): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at + 8 <= file.length; ) {
    const size = file.readUInt32BE(at);
    if (size < 8) break;
    if (file.toString('latin1', at + 4, at + 8) !== type) kept.push(file.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat(kept);
}
