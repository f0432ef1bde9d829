import { fromUsd, type MicroUsd } from '../domain/money.ts';
import {
  type PriceTable,
  type Pricing,
  PUBLISHED_PRICES,
  pricingOf,
  withPricesOf,
} from '../domain/prices.ts';
import { type MoneySettings, readPricingSettings } from './environment.ts';
import { readYamlFile } from './text-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The prices in force: the published ones, and those of the file that SCREENTEST_PRICES_FILE names in their place.
 * @throws NotFound for a file that can't be read; BadInput naming each entry that can't be used
 */
export async function readPrices({ SCREENTEST_PRICES_FILE: path }: MoneySettings): Promise<PriceTable> {
  if (path === undefined) return PUBLISHED_PRICES;
  return withPricesOf(await readYamlFile(path, 'PRICES_UNREADABLE'), path);
}

/** What estimates are made at: the same prices as a worker with this environment would order at. */
export async function readPricing(environment: Environment): Promise<Pricing> {
  const settings = readPricingSettings(environment);
  return pricingOf(settings.VIDEO_PROVIDER, await readPrices(settings));
}

/** Undefined for no limit. */
export function defaultMonthlyCap({ SCREENTEST_MONTHLY_CAP_USD: usd }: MoneySettings): MicroUsd | undefined {
  return usd === undefined ? undefined : fromUsd(usd);
}
