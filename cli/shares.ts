import { InvalidArgumentError } from 'commander';

/** A share as people write it, `10%` or `0.1`; for a commander option. */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const value = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  if (!(value > 0)) throw new InvalidArgumentError('Allowed is a share above 0, such as 10% or 0.1.');
  return value;
}

/** A share below 1. */
export function parseProperShare(text: string): number {
  const value = parseShare(text);
  if (value >= 1)
    throw new InvalidArgumentError('Allowed is a share above 0 and below 1, such as 10% or 0.1.');
  return value;
}

/** A number above 0. */
export function parseAmount(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value > 0)) throw new InvalidArgumentError('Allowed is a number above 0.');
  return value;
}
