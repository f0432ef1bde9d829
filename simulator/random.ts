import { createHash } from 'node:crypto';

/** A stream of numbers in [0, 1), 53 bits each. */
export type Random = () => number;

/**
 * xoshiro128** 1.1 (Blackman and Vigna, 2018, prng.di.unimi.it/xoshiro128starstar.c). Its state is the SHA-256
 * of the key, so that streams of different keys have nothing in common and one more variant changes no other's numbers.
 */
export function randomOf(...key: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(key)).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let d = digest.readUInt32LE(12);

  function next(): number {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  }

  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
