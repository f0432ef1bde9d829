import type { EstimateReport, GroupBudgetReport, VentureBudgetReport } from '../client/spending.ts';
import type { GroupSpend, MonthSpend } from '../database/spend-queries.ts';
import type { BudgetReport } from '../database/venture-budgets.ts';
import { formatUsd, type MicroUsd, sumUsd } from '../domain/money.ts';
import type { PriceRow } from '../domain/prices.ts';
import { table } from './tables.ts';

/** `5 variants, 20 s of video, $2.00` */
export function describeCost({ variants, seconds, cost }: EstimateReport): string {
  return `${variants.length} variants, ${seconds} s of video, ${formatUsd(cost)}`;
}

/** What a brief would make: a line a file, and whether the budgets leave room for it. */
export function describeEstimate(report: EstimateReport, venture: string): string {
  const { variants, provider } = report;
  const rows = variants.flatMap(({ name, videos }) =>
    videos.map((video, index) => [
      index === 0 ? name : '',
      video.rendition,
      video.model,
      video.size,
      `${video.seconds} s`,
      unitPrice(video),
      formatUsd(video.cost),
    ]),
  );
  const total = ['total', '', '', '', `${report.seconds} s`, '', formatUsd(report.cost)];
  return [
    `${describeCost(report)}, made by ${provider}`,
    '',
    table(['variant', 'file', 'model', 'size', 'length', 'price', 'cost'], [...rows, total]),
    '',
    ...describeRoom(report, venture),
  ].join('\n');
}

/** What the budgets leave, and how much of it fits; a sentence a line. */
export function describeRoom(report: EstimateReport, venture: string): readonly string[] {
  const { groupBudget, monthlyBudget, variants, fitting, fits } = report;
  const verdict = fits
    ? 'All of it fits.'
    : `${fitting} of ${variants.length} variants fit; the others would not be ordered.`;
  return [
    `The group's budget: ${groupBudget === undefined ? 'no limit' : inWords(groupBudget)}.`,
    monthlyBudget === undefined
      ? `The budget of ${venture}: not known without a database (DATABASE_URL).`
      : `The budget of ${venture} for ${monthlyBudget.month} (UTC): ${inWords(monthlyBudget)}.`,
    verdict,
  ];
}

function unitPrice({ perSecond, perVideo }: { perSecond: MicroUsd; perVideo: MicroUsd }): string {
  const parts = [
    ...(perSecond > 0 || perVideo === 0 ? [`${formatUsd(perSecond)}/s`] : []),
    ...(perVideo > 0 ? [`${formatUsd(perVideo)} each`] : []),
  ];
  return parts.join(' + ');
}

export function describePrices(rows: readonly PriceRow[]): string {
  return table(
    ['provider', 'model', 'up to', 'a second', 'a video', 'from'],
    rows.map(({ provider, model, maxPixels, perSecond, perVideo, isPublished }) => [
      provider,
      model === '*' ? 'any other' : model,
      maxPixels === undefined ? 'any size' : `${maxPixels.toLocaleString('en-US')} pixels`,
      formatUsd(perSecond),
      perVideo === 0 ? '' : formatUsd(perVideo),
      isPublished ? 'published' : 'the prices file',
    ]),
  );
}

export function describeMonthSpend(rows: readonly MonthSpend[]): string {
  if (rows.length === 0) return NOTHING_SPENT;
  return table(
    ['month', 'venture', 'orders', ...AMOUNTS],
    [...rows.map((row) => [row.month, row.venture, String(row.orders), ...amounts(row)]), totals(rows, 1)],
  );
}

export function describeGroupSpend(rows: readonly GroupSpend[]): string {
  if (rows.length === 0) return NOTHING_SPENT;
  return table(
    ['group', 'name', 'venture', 'orders', ...AMOUNTS],
    [
      ...rows.map((row) => [row.id.slice(0, 8), row.name, row.venture, String(row.orders), ...amounts(row)]),
      totals(rows, 2),
    ],
  );
}

const NOTHING_SPENT = 'Nothing was ordered.';
const AMOUNTS = ['spent', 'reserved', 'released', 'words', 'budget', 'left'];

type Row = MonthSpend | GroupSpend;

function amounts({ spent, reserved, released, writing, cap, left }: Row): string[] {
  return [
    formatUsd(spent),
    formatUsd(reserved),
    formatUsd(released),
    formatUsd(writing),
    cap === undefined ? 'no limit' : formatUsd(cap),
    left === undefined ? '' : formatUsd(left),
  ];
}

function totals(rows: readonly Row[], columnsBetween: number): string[] {
  const sum = (amount: (row: Row) => MicroUsd) => formatUsd(sumUsd(rows.map(amount)));
  return [
    'total',
    ...Array<string>(columnsBetween).fill(''),
    String(rows.reduce((count, { orders }) => count + orders, 0)),
    sum(({ spent }) => spent),
    sum(({ reserved }) => reserved),
    sum(({ released }) => released),
    sum(({ writing }) => writing),
    '',
    '',
  ];
}

export function describeVentureBudget(budget: VentureBudgetReport): string {
  const { venture, month, isDefault, setAt, setBy, reason } = budget;
  const source = isDefault
    ? budget.cap === undefined
      ? 'None is set.'
      : 'This is the default, from SCREENTEST_MONTHLY_CAP_USD.'
    : `Set by ${setBy ?? 'somebody who was removed'} at ${setAt?.toISOString()}${reason === undefined ? '' : `: ${reason}`}.`;
  return `The budget of ${venture} for ${month} (UTC): ${inWords(budget)}.\n${source}`;
}

export function describeGroupBudget(budget: GroupBudgetReport): string {
  return `The budget of the group ${budget.groupId}: ${inWords(budget)}.`;
}

/** `$5.00, of which $2.00 is spent, $0.40 is reserved and $2.60 is left` */
export function inWords({ cap, spent, reserved, left }: BudgetReport): string {
  const committed = `${formatUsd(spent)} is spent`;
  if (cap === undefined || left === undefined) {
    return `no limit; ${committed} and ${formatUsd(reserved)} is reserved`;
  }
  return `${formatUsd(cap)}, of which ${committed}, ${formatUsd(reserved)} is reserved and ${formatUsd(left)} is left`;
}
