/** Money is counted in whole micro-dollars (1 USD = 1,000,000), exact up to nine billion dollars. */
declare const micro: unique symbol;
export type MicroUsd = number & { readonly [micro]: true };

const MICROS_PER_USD = 1_000_000;

/** @throws TypeError for an amount that is not a whole number of micro-dollars a double can hold. */
export function microUsd(amount: number): MicroUsd {
  if (!isMicroUsd(amount)) throw new TypeError(`not a whole number of micro-dollars: ${amount}`);
  return amount;
}

function isMicroUsd(amount: number): amount is MicroUsd {
  return Number.isSafeInteger(amount);
}

const MOST_USD = 1_000_000;
/** What people may write as an amount. */
export const USD_ALLOWED = `US dollars, 0 to ${MOST_USD}, to the millionth`;

/** An amount as people write it: no more than a million, and nothing that would have to be rounded. */
export function isUsd(usd: number): boolean {
  const micros = usd * MICROS_PER_USD;
  // A decimal fraction in binary is off by a hair.
  return usd >= 0 && usd <= MOST_USD && Math.abs(micros - Math.round(micros)) < 0.001;
}

/** Rounded to the nearest micro-dollar. */
export function fromUsd(usd: number): MicroUsd {
  return microUsd(Math.round(usd * MICROS_PER_USD));
}

export function sumUsd(amounts: Iterable<MicroUsd>): MicroUsd {
  let total = 0;
  for (const amount of amounts) total += amount;
  return microUsd(total);
}

/** With at least two decimals, and as many more as the amount needs: `$0.40`, `$0.0125`. */
export function formatUsd(amount: MicroUsd): string {
  const sign = amount < 0 ? '-' : '';
  const [whole, fraction] = usdDecimal(microUsd(Math.abs(amount))).split('.');
  const cents = (fraction ?? '').replace(/0+$/, '').padEnd(2, '0');
  return `${sign}$${whole}.${cents}`;
}

/** A decimal string with six places, as Postgres and Prisma take it without loss. */
export function usdDecimal(amount: MicroUsd): string {
  const digits = Math.abs(amount).toString().padStart(7, '0');
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
